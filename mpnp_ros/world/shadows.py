# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Shadows of the sun, found in one picture of distances that is taken from it.

MuJoCo draws shadows anew for each picture, which costs more than all else together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import Array
from mpnp_ros.world.sky import SHADOWS_M

Image = NDArray[np.float32]

IN_SHADOW = 0.42  # share of the light that is left there
_NEAR_M = 0.25  # what is nearer than this behind what the sun sees is that itself


@dataclass(frozen=True)
class ShadowMap:
    """What the sun sees.

    :ivar depth: [n, n] metres along its rays, with rows from its picture's top, as `softened`.
    :ivar eye: [3] where the picture is taken, in the world.
    :ivar axes: [3, 3] columns: the picture's right, its up, and back along the rays.
    """

    depth: Image
    eye: Array
    axes: Array

    def lit(self, places: Image) -> Image:
        """Return how much of its light reaches places [..., 3] in the world: IN_SHADOW to 1."""
        seen = (places - self.eye.astype(np.float32)) @ self.axes.astype(np.float32)
        size = len(self.depth)
        scale = np.float32(size / (2.0 * SHADOWS_M))
        columns = (seen[..., 0] * scale + size / 2.0).astype(np.int32)
        rows = (size / 2.0 - seen[..., 1] * scale).astype(np.int32)
        inside = (columns >= 0) & (columns < size) & (rows >= 0) & (rows < size)
        first = self.depth[np.clip(rows, 0, size - 1), np.clip(columns, 0, size - 1)]
        shaded = inside & (-seen[..., 2] > first + np.float32(_NEAR_M))
        return np.where(shaded, np.float32(IN_SHADOW), np.float32(1.0))


def softened(depth: Image) -> Image:
    """Return the farthest of each pixel and its eight neighbours.

    Walls along the sun's rays would shade themselves in stripes.
    """
    wide = np.pad(depth, 1, mode='edge')
    rows = np.maximum(np.maximum(wide[:-2], wide[1:-1]), wide[2:])
    far: Image = np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
    return far


def places_of(
    depth: Image, world_from_camera: Array, intrinsics: Array, step: int = 1
) -> Image:
    """Return where in the world each pixel's surface is [rows, columns, 3], every `step`-th.

    :param depth: [height, width] metres along the optical axis; the sky counts as 500 m away.
    """
    coarse = depth[::step, ::step]
    v, u = np.mgrid[0:coarse.shape[0], 0:coarse.shape[1]].astype(np.float32) * np.float32(step)
    x = (u - np.float32(intrinsics[0, 2])) / np.float32(intrinsics[0, 0])
    y = (v - np.float32(intrinsics[1, 2])) / np.float32(intrinsics[1, 1])
    away = np.minimum(coarse, np.float32(500.0))
    rotation = world_from_camera[:3, :3].T.astype(np.float32)
    seen: Image = np.stack([x * away, y * away, away], axis=-1) @ rotation
    return seen + world_from_camera[:3, 3].astype(np.float32)
