# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Sweeps of recorded scenes as the lidar encoder reads them, with what stands where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mpnp_ros.core.transforms import TransformTree
from mpnp_ros.encoders.base import View
from mpnp_ros.encoders.lidar_range_view import LidarRangeView
from mpnp_ros.encoders.range_statistics import NAMES, PARTS
from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.view_geometry import take_transforms
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.lidar_network.targets import sector_targets
from mpnp_ros.world.geometry import apply
from mpnp_ros.world.recording import BAG, TRANSFORMS_TOPIC, TRUTH
from mpnp_ros.world.sensors import BASE_FRAME
from mpnp_ros.world.truth_file import read_truth

_TURNED = tuple((NAMES.index(f'{name}_{x}'), NAMES.index(f'{name}_{y}')) for name, x, y in (
    ('nearest', 'x', 'y'), ('nearest', 'cos', 'sin'), ('azimuth', 'cos', 'sin')))
_OFFSET = NAMES.index('nearest_offset')
_PARTS = [NAMES.index(f'part_{part}_proximity') for part in range(PARTS)]
_X, _Y = 1, 2  # channels of the network's input


@dataclass(frozen=True)
class Sweeps:
    """B sweeps.

    :ivar inputs: of the network, [B, INPUTS, H, W].
    :ivar statistics: of the cells, [B, sectors, bands, NAMES].
    :ivar presence: [B, sectors, CLASSES], 1 where an object of the class is in the sector.
    :ivar distance: [B, sectors, CLASSES], metres to the nearest of them, 0 where there is none.
    """

    inputs: Tensor
    statistics: Tensor
    presence: Tensor
    distance: Tensor

    def __len__(self) -> int:
        return len(self.inputs)

    def of(self, which: Tensor) -> Sweeps:
        """Return those with these indices."""
        return Sweeps(self.inputs[which], self.statistics[which], self.presence[which],
                      self.distance[which])

    def turned(self, sectors: int) -> Sweeps:
        """Return them as they were with the vehicle turned right by as many sectors.

        The inputs' x and y are bounded: those of what lies beyond the bound are turned as bounded,
        and exact for quarters of a circle only.
        """
        total = self.presence.shape[1]
        angle = 2.0 * math.pi * sectors / total
        cos, sin = math.cos(angle), math.sin(angle)
        inputs = self.inputs.roll(sectors * (self.inputs.shape[3] // total), 3)
        x, y = inputs[:, _X].clone(), inputs[:, _Y].clone()
        inputs[:, _X], inputs[:, _Y] = cos * x - sin * y, sin * x + cos * y
        statistics = self.statistics.roll(sectors, 1)
        for first, second in _TURNED:
            x, y = statistics[..., first].clone(), statistics[..., second].clone()
            statistics[..., first], statistics[..., second] = cos * x - sin * y, sin * x + cos * y
        return Sweeps(inputs, statistics, self.presence.roll(sectors, 1),
                      self.distance.roll(sectors, 1))

    def mirrored(self) -> Sweeps:
        """Return them with left and right exchanged."""
        total = self.presence.shape[1]
        inputs = self.inputs.flip(3).roll(self.inputs.shape[3] // total, 3)
        inputs[:, _Y] *= -1.0
        statistics = self.statistics.flip(1).roll(1, 1)
        for index in (_OFFSET, *(second for _, second in _TURNED)):
            statistics[..., index] *= -1.0
        statistics[..., _PARTS] = statistics[..., _PARTS[::-1]]
        return Sweeps(inputs, statistics, self.presence.flip(1).roll(1, 1),
                      self.distance.flip(1).roll(1, 1))


def read_sweeps(folder: Path, encoder: LidarRangeView, topic: str,
                progress: Callable[[int, int], None]) -> Sweeps:
    """Read every moment of the recordings in a folder (`python -m mpnp_ros.world.generate`).

    Raises TrainError where there is none, or a recording lacks the lidar; BagError and ValueError
    for one that cannot be read.
    """
    parts = sorted(path.parent for path in folder.glob(f'*/{TRUTH}'))
    if not parts:
        raise TrainError(f'{folder}: no folder in it has a {TRUTH}')
    found = []
    for done, part in enumerate(parts, 1):
        found += _read_part(part, encoder, topic)
        progress(done, len(parts))
    return Sweeps(*(torch.stack(column) for column in zip(*found)))


def _read_part(part: Path, encoder: LidarRangeView, topic: str) -> list[tuple[Tensor, ...]]:
    truths = {moment.stamp_ns: moment.truth for moment in read_truth(part / TRUTH)}
    sectors, bands = int(encoder.options.sectors), int(encoder.options.bands)
    tree = TransformTree()
    found: list[tuple[Tensor, ...]] = []
    with Bag(part / BAG, Problems()) as bag:
        for message in bag.messages([TRANSFORMS_TOPIC, topic]):
            decoded = bag.decode(message)
            if message.topic == TRANSFORMS_TOPIC:
                take_transforms(tree, decoded)
                continue
            if message.stamp_ns not in truths:
                continue
            pose = tree.lookup(BASE_FRAME, decoded.header.frame_id)
            if pose is None:
                raise TrainError(
                    f'{part / BAG}: no transform of frame {decoded.header.frame_id!r}')
            points = encoder.decode(decoded)
            inputs, statistics = encoder.read(points, View('top', base_from_sensor=pose))
            presence, distance = sector_targets(
                truths[message.stamp_ns].objects, apply(pose, points[:, :3].astype(float)),
                sectors)
            found.append((inputs, statistics.unflatten(0, (sectors, bands)),
                          torch.from_numpy(presence.astype(np.float32)),
                          torch.from_numpy(distance)))
    if not found:
        raise TrainError(f'{part / BAG}: no sweep on {topic} at a moment of {TRUTH}')
    return found
