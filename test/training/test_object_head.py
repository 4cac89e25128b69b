# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Heads that find objects: what they are taught, that they learn, and how that is judged."""

from __future__ import annotations

from collections.abc import Collection
import math
from pathlib import Path
import sys
from typing import Any

import numpy as np
import pytest
import torch

from mpnp_ros import messages as made
from mpnp_ros.core.transforms import TransformTree
from mpnp_ros.encoders.base import View
from mpnp_ros.encoders.object_head import COLORS, OBJECTS, STATES
from mpnp_ros.encoders.range_detector import COARSEST, INPUTS, RangeDetector, STRIDE
from mpnp_ros.encoders.range_view import RangeView
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.object_head import __main__ as command
from mpnp_ros.training.object_head.examples import Examples
from mpnp_ros.training.object_head.learning import loss_of, train
from mpnp_ros.training.object_head.pictures import spots as picture_spots
from mpnp_ros.training.object_head.recordings import messages, read_parts
from mpnp_ros.training.object_head.scores import score
from mpnp_ros.training.object_head.sources import Source
from mpnp_ros.training.object_head.sweeps import spots as sweep_spots, turned
from mpnp_ros.training.object_head.targets import NONE, paint, Spot, Targets, UNSURE
from mpnp_ros.world.conditions import LIGHTS
from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.recording import BAG, TRUTH
from mpnp_ros.world.sensors import six_cameras
from mpnp_ros.world.truth import EgoMotion, Seen, Truth
from mpnp_ros.world.truth_file import TruthAt, write_truth

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


def recording(part: Path, *lights: str) -> Path:
    """Write a bag with a message a second, each of a moment in some light."""
    part.mkdir(parents=True)
    with BagWriter(part / BAG) as bag:
        for second in range(len(lights)):
            bag.write_message('/seen', 'tf2_msgs/msg/TFMessage', second * 10 ** 9,
                              made.transforms(second * 10 ** 9, []))
    write_truth(part / TRUTH, [TruthAt(second * 10 ** 9, second, Truth(
        1.5, EgoMotion(Pose(0.0, 0.0, 0.0)), (), (light, 'fog')))
        for second, light in enumerate(lights)])
    return part


def test_what_is_seen_at_other_times_of_day_has_no_truth(tmp_path) -> None:
    part = recording(tmp_path / 'part', 'day', 'night', 'dusk', 'day')
    told = [truth.conditions[0] if truth else None
            for _, _, truth in messages(part, ['/seen'], TransformTree(), ['day', 'dusk'])]
    assert told == ['day', None, 'dusk', 'day']


def test_recordings_without_such_a_time_of_day_are_left_out(tmp_path) -> None:
    recording(tmp_path / 'dark', 'night', 'night')
    recording(tmp_path / 'light', 'night', 'day')
    read = []

    def take(part: Path) -> list[Examples]:
        read.append(part.name)
        return [example(5, 'car')]

    assert len(read_parts(tmp_path, take, ['day'], lambda *_: None)) == 1
    assert read == ['light']
    with pytest.raises(TrainError, match='no moment in it at dusk'):
        read_parts(tmp_path, take, ['dusk'], lambda *_: None)


@pytest.mark.parametrize(('times', 'card'), [
    (['night', 'day'], ['the simulated world, only by day or night, 1 epochs',
                        '--seed 0 --times day night\n']),
    ([], ['the simulated world, 1 epochs', '--seed 0\n'])])
def test_the_times_of_day_that_are_learned_from_stand_on_the_card(
        tmp_path, monkeypatch, times, card) -> None:
    read: list[tuple[str, set[str]]] = []

    def take(folder: Path, wanted: Collection[str], _: Any) -> Examples:
        read.append((folder.name, set(wanted)))
        return example(5, 'car')

    monkeypatch.setattr(command, 'source_of', lambda given: Source(
        take, RangeDetector, True, 'sweeps'))
    monkeypatch.setattr(sys, 'argv', [
        'object_head', 'lidar', 'learned', '--held-out', 'other', '--out',
        str(tmp_path / 'head.safetensors'), '--epochs', '1', '--hidden', '16', '--blocks', '1',
        *(['--times', *times] if times else [])])
    assert command.main() == 0
    text = (tmp_path / 'head.md').read_text()
    assert all(part in text for part in card)
    assert read == [('learned', set(times or LIGHTS)), ('other', set(LIGHTS))]
