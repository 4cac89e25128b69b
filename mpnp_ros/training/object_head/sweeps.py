# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Sweeps of recorded scenes as the lidar's network reads them, with what is in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
import math
from pathlib import Path

import numpy as np
import torch

from mpnp_ros.core.transforms import TransformTree
from mpnp_ros.encoders.base import View
from mpnp_ros.encoders.lidar_objects import LidarObjects
from mpnp_ros.encoders.range_detector import COARSEST, STRIDE
from mpnp_ros.encoders.range_view import RangeView
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.object_head.examples import Examples
from mpnp_ros.training.object_head.recordings import got, messages, read_parts
from mpnp_ros.training.object_head.targets import paint, Spot, Targets
from mpnp_ros.world.geometry import apply, Array, invert
from mpnp_ros.world.recording import BAG
from mpnp_ros.world.sensors import BASE_FRAME
from mpnp_ros.world.truth import Truth


def read_sweeps(folder: Path, encoder: LidarObjects, topic: str, times: Collection[str],
                progress: Callable[[int, int], None]) -> Examples:
    """Read the sweeps at `times` of a folder's recordings (`python -m mpnp_ros.world.generate`).

    Raises TrainError where there is none; BagError and ValueError for what cannot be read.
    """
    return read_parts(
        folder, lambda part: _read_part(part, encoder, topic, times), times, progress)


def _read_part(part: Path, encoder: LidarObjects, topic: str,
               times: Collection[str]) -> Iterator[Examples]:
    tree = TransformTree()
    raster = encoder.raster
    size = raster.beams // STRIDE[0], raster.columns // STRIDE[1]
    for _, message, truth in messages(part, [topic], tree, times):
        if truth is None:
            continue
        pose = tree.lookup(BASE_FRAME, message.header.frame_id)
        if pose is None:
            raise TrainError(f'{part / BAG}: no transform of frame {message.header.frame_id!r}')
        image = encoder.project(encoder.decode(message), View('top', base_from_sensor=pose))
        yield Examples((encoder.inputs(image)[None].half(),), paint(
            spots(pose, truth, raster), size, circular=True))


def spots(pose: Array, truth: Truth, raster: RangeView) -> Iterator[Spot]:
    """Yield where the maps of a lidar at `pose` [4, 4] in the base show a moment's objects."""
    from_base = invert(pose)
    up, down = math.radians(raster.fov_up), math.radians(raster.fov_down)
    for one, metres, sure in got(truth, lambda sensing, one: sensing.of('lidar', one)):
        corners = one.box.corners()                                            # [8, 3]
        middle = np.arctan2(one.box.pose.y, one.box.pose.x)
        # Relative to the middle, so that no box is cut where the circle closes.
        turns = np.arctan2(corners[:, 1], corners[:, 0]) - middle
        turns = (turns + math.pi) % (2.0 * math.pi) - math.pi
        across = (turns.min() + turns.max()) / 2.0 + middle
        seen = apply(from_base, corners)
        rises = np.arctan2(seen[:, 2], np.hypot(seen[:, 0], seen[:, 1]))
        rows = np.clip((up - rises) * ((raster.beams - 1) / (up - down)), 0, raster.beams - 1)
        row, height = (rows.min() + rows.max()) / 2.0, np.ptp(rows)
        column = across * (raster.columns / (2.0 * math.pi)) + raster.columns / (
            2.0 * raster.sectors)
        width = np.ptp(turns) * raster.columns / (2.0 * math.pi)
        yield Spot(row=float(row + 0.5) / STRIDE[0], column=float(column) / STRIDE[1],
                   height=float(height) / STRIDE[0], width=float(width) / STRIDE[1], seen=one,
                   metres=metres, sure=sure)


def turned(examples: Examples, draws: np.random.Generator) -> Examples:
    """Return a batch turned by some angle around the vehicle and, half of the time, mirrored."""
    columns = examples.inputs[0].shape[3]
    by = int(draws.integers(columns // COARSEST[1])) * COARSEST[1]
    mirrored = draws.random() < 0.5

    def moved(maps: torch.Tensor, stride: int) -> torch.Tensor:
        maps = maps.roll(by // stride, -1)
        return maps.flip(-1) if mirrored else maps

    given = examples.targets
    return Examples(
        (moved(examples.inputs[0], 1),),
        Targets(*(moved(getattr(given, name), STRIDE[1])
                  for name in Targets.__dataclass_fields__)))
