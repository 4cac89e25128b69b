# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a head is to say of each cell: painted from the objects that a sensor gets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mpnp_ros.encoders.object_head import COLORS, OBJECTS, STATES
from mpnp_ros.world.truth import Seen

NONE, UNSURE = -1, 2.0    # of a cell: no such attribute; not to be judged
_LIKE = 0.6               # cells this near the middle are told what the object is like
_SPREAD = 0.25            # standard deviation over the object's extent
_NARROWEST = 0.5          # cells


@dataclass(frozen=True)
class Spot:
    """Where the map of a view shows an object, and how much of it, in cells.

    :ivar sure: whether the sensor gets enough of it; otherwise neither yes nor no is wrong.
    """

    row: float
    column: float
    height: float
    width: float
    seen: Seen
    metres: float
    sure: bool


@dataclass(frozen=True)
class Targets:
    """Of B views with maps of h x w cells.

    :ivar heat: [B, OBJECTS, h, w] float16: 1 at an object's middle, less around it, UNSURE.
    :ivar color: [B, h, w] int8 index, or NONE; `state` likewise.
    :ivar distance: [B, h, w] float16, log(1 + metres), NONE where there is no object.
    """

    heat: Tensor
    color: Tensor
    state: Tensor
    distance: Tensor

    def __len__(self) -> int:
        return len(self.heat)

    def of(self, which: Tensor) -> Targets:
        """Return those with these indices."""
        return Targets(self.heat[which], self.color[which], self.state[which],
                       self.distance[which])

    @classmethod
    def joined(cls, parts: Sequence[Targets]) -> Targets:
        """Return several behind each other."""
        return cls(*(torch.cat([getattr(part, name) for part in parts])
                     for name in cls.__dataclass_fields__))


def paint(spots: Iterable[Spot], size: tuple[int, int], circular: bool = False) -> Targets:
    """Return the targets of one view, B = 1; of two objects in a cell the nearer one is told."""
    rows, columns = size
    heat = np.zeros((len(OBJECTS), rows, columns), dtype=np.float32)
    color, state = (np.full(size, NONE, dtype=np.int8) for _ in range(2))
    distance = np.full(size, NONE, dtype=np.float32)
    for spot in sorted(spots, key=lambda spot: -spot.metres):
        row = min(max(int(spot.row), 0), rows - 1)
        column = int(spot.column) % columns if circular else (
            min(max(int(spot.column), 0), columns - 1))
        down = np.arange(rows) - row
        across = np.arange(columns) - column
        if circular:
            across = (across + columns // 2) % columns - columns // 2
        near = np.exp(
            -0.5 * (down / max(_SPREAD * spot.height, _NARROWEST)) ** 2)[:, None] * np.exp(
            -0.5 * (across / max(_SPREAD * spot.width, _NARROWEST)) ** 2)[None]
        kind = heat[OBJECTS.index(spot.seen.kind)]
        if not spot.sure:
            kind[(near > _LIKE) & (kind < 1.0)] = UNSURE
            continue
        np.maximum(kind, near, out=kind, where=kind < UNSURE)
        kind[row, column] = 1.0
        like = near > _LIKE
        color[like] = COLORS.index(spot.seen.color) if spot.seen.color in COLORS else NONE
        state[like] = STATES.index(spot.seen.status) if spot.seen.status in STATES else NONE
        distance[like] = np.log1p(spot.metres)
    return Targets(
        torch.from_numpy(heat).half()[None], torch.from_numpy(color)[None],
        torch.from_numpy(state)[None], torch.from_numpy(distance).half()[None])
