# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Heads that find objects: what they are taught, that they learn, and how that is judged."""

from __future__ import annotations

import math

import numpy as np
import torch

from mpnp_ros.encoders.base import View
from mpnp_ros.encoders.object_head import COLORS, OBJECTS, STATES
from mpnp_ros.encoders.range_detector import COARSEST, INPUTS, RangeDetector, STRIDE
from mpnp_ros.encoders.range_view import RangeView
from mpnp_ros.training.object_head.examples import Examples
from mpnp_ros.training.object_head.learning import loss_of, train
from mpnp_ros.training.object_head.pictures import spots as picture_spots
from mpnp_ros.training.object_head.scores import score
from mpnp_ros.training.object_head.sweeps import spots as sweep_spots, turned
from mpnp_ros.training.object_head.targets import NONE, paint, Spot, Targets, UNSURE
from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.sensors import six_cameras
from mpnp_ros.world.truth import EgoMotion, Seen, Truth

CAR, CONE = OBJECTS.index('car'), OBJECTS.index('traffic cone')
SIZE = (8, 32)


def seen(kind: str = 'car', x: float = 10.0, y: float = 0.0, **given: object) -> Seen:
    return Seen(0, kind, 'red', 'parked', Box(Pose(x, y, 0.0), (4.0, 1.8, 1.5)),
                **given)  # type: ignore[arg-type]


def spot(row: float, column: float, metres: float = 10.0, sure: bool = True,
         kind: str = 'car') -> Spot:
    return Spot(row, column, 2.0, 4.0, seen(kind), metres, sure)


def test_the_middle_is_one_and_what_the_object_is_stands_around_it() -> None:
    targets = paint([spot(3.5, 10.5)], SIZE)
    assert (targets.heat[0] == 1.0).nonzero().tolist() == [[CAR, 3, 10]]
    assert 0.0 < targets.heat[0, CAR, 3, 11] < 1.0
    assert targets.color[0, 3, 10] == COLORS.index('red')
    assert targets.state[0, 3, 10] == STATES.index('parked')
    assert float(targets.distance[0, 3, 10]) == np.float16(math.log1p(10.0))
    assert targets.color[0, 0, 0] == NONE


def test_of_two_objects_in_a_cell_the_nearer_one_is_told() -> None:
    targets = paint([spot(3.5, 10.5, 5.0), spot(3.5, 10.5, 20.0)], SIZE)
    assert float(targets.distance[0, 3, 10]) == np.float16(math.log1p(5.0))


def test_what_the_sensor_hardly_gets_is_neither_right_nor_wrong() -> None:
    torch.manual_seed(0)
    detector = RangeDetector(16, 1)
    image = torch.rand(1, INPUTS, SIZE[0] * STRIDE[0], SIZE[1] * STRIDE[1])
    unsure = paint([spot(3.5, 10.5, sure=False)], SIZE)
    assert float(unsure.heat[0, CAR, 3, 10]) == UNSURE
    maps = detector([image])
    maps.heat.retain_grad()
    loss_of(maps, unsure).backward()
    assert maps.heat.grad is not None
    assert float(maps.heat.grad[0, CAR, 3, 10]) == 0.0
    assert float(maps.heat.grad[0, CONE, 3, 10]) > 0.0


def test_around_a_circle_an_object_reaches_over_the_first_column() -> None:
    around, flat = (paint([spot(3.5, 0.5)], SIZE, circular=one) for one in (True, False))
    assert float(around.heat[0, CAR, 3, -1]) > 0.1
    assert float(flat.heat[0, CAR, 3, -1]) == 0.0


def test_a_camera_shows_an_object_where_its_box_lies() -> None:
    front = next(camera for camera in six_cameras() if camera.name == 'front')
    view = View('front', front.base_from_sensor, front.intrinsics, (front.width, front.height))
    truth = Truth(0.0, EgoMotion(Pose(0.0, 0.0, 0.0)), (
        seen(x=20.0, pixels={'front': 400}), seen(x=20.0, y=5.0, pixels={'front': 400}),
        seen(x=20.0, y=-5.0, pixels={'front': 12}), seen(x=-20.0)))
    ahead, left, unsure = picture_spots(view, truth, (24, 40))
    assert 19.0 < ahead.column < 21.0
    assert left.column < ahead.column
    assert 10.0 < ahead.row < 15.0
    assert ahead.sure and not unsure.sure


def test_a_sweep_shows_an_object_where_its_box_lies() -> None:
    raster = RangeView(beams=32, columns=512)
    pose = np.eye(4)
    pose[2, 3] = 1.84
    truth = Truth(0.0, EgoMotion(Pose(0.0, 0.0, 0.0)), (
        seen(x=20.0, hits=50), seen(x=0.0, y=20.0, hits=50), seen(x=-20.0, hits=1), seen()))
    ahead, left, unsure = sweep_spots(pose, truth, raster)
    assert abs(ahead.column - 512 / 64 / STRIDE[1]) < 0.01     # the middle of the first sector
    assert abs(left.column - ahead.column - 512 / 4 / STRIDE[1]) < 0.01
    assert 0 < ahead.row < 16
    assert ahead.sure and not unsure.sure


def example(column: int, kind: str) -> Examples:
    """Return a range image with something that stands out, a car near and a cone far."""
    image = torch.zeros(1, INPUTS, SIZE[0] * STRIDE[0], SIZE[1] * STRIDE[1])
    left = column * STRIDE[1]
    image[0, 0 if kind == 'car' else 3, 6:10, left:left + STRIDE[1]] = 1.0
    return Examples((image,), paint(
        [spot(4.0, column + 0.5, 5.0 if kind == 'car' else 30.0, kind=kind)], SIZE,
        circular=True))


def test_a_network_learns_to_find_what_stands_out_and_tells_kinds_apart() -> None:
    torch.manual_seed(0)
    detector = RangeDetector(16, 1)
    examples = Examples.joined([example(column, kind) for column in range(0, 32, 2)
                                for kind in ('car', 'traffic cone')])
    losses = train(detector, examples, epochs=12, batch=8, rate=5e-3, turned=turned)
    assert losses[-1] < 0.3 * losses[0]
    unseen = Examples.joined([example(column, kind) for column in range(1, 32, 6)
                              for kind in ('car', 'traffic cone')])
    scores = score(detector, unseen, circular=True)
    assert scores.precision['car'] > 0.8
    assert scores.precision['traffic cone'] > 0.8
    assert math.isnan(scores.precision['bus'])
    assert scores.distance < 0.5
    assert '| car | 6 |' in scores.table()


def test_turning_moves_what_is_read_and_what_is_to_be_said_together() -> None:
    one = example(5, 'car')

    class Draws:
        """Turn by a quarter, mirrored or not."""

        def __init__(self, mirrored: bool) -> None:
            self._mirrored = mirrored

        def integers(self, most: int) -> int:
            return most // 4

        def random(self) -> float:
            return 0.0 if self._mirrored else 1.0

    for mirrored in (False, True):
        moved = turned(one, Draws(mirrored))  # type: ignore[arg-type]
        column = int((moved.targets.heat[0, CAR, 4] == 1.0).nonzero())
        lit = moved.inputs[0][0, 0, 8].nonzero()[:, 0] // STRIDE[1]
        assert lit.unique().tolist() == [column]
        assert column != 5
    assert SIZE[1] * STRIDE[1] % COARSEST[1] == 0
    assert len(Targets.joined([one.targets, one.targets])) == 2
