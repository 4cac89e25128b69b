# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Rays into a scene, a sector of the surroundings at a time.

MuJoCo asks every geom about every ray. What lies in no direction of a sector's rays is made clear
as glass for them, which it skips at once: a sweep costs a third.
"""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import Array
from mpnp_ros.world.hits import Hits

_SECTORS = 16
_FEW = 512  # rays that are not worth sorting
_LUMINANCE = np.array([0.30, 0.59, 0.11])


class RayCaster:
    """Cast rays into a compiled scene; `owner` [geoms + 1] is the actor of each geom, or -1."""

    def __init__(
        self, model: mujoco.MjModel, data: mujoco.MjData, owner: NDArray[np.int16]
    ) -> None:
        self._model, self._data, self._owner = model, data, owner
        # How much light each geom gives back, from its colour.
        shown: Array = model.geom_rgba[:, :3] @ _LUMINANCE
        self._reflectivity = np.clip(0.05 + 0.75 * shown, 0.0, 1.0)

    def cast(self, origin: Array, directions: Array, max_range_m: float) -> Hits:
        """Return what rays meet: `origin` [3] and unit `directions` [S, 3] in the world."""
        rays = len(directions)
        geoms, distances = np.full(rays, -1, np.int32), np.zeros(rays)
        normals = np.zeros((rays, 3))
        for chosen, clear in self._sectors(origin, directions):
            opacity = self._model.geom_rgba[:, 3].copy()
            self._model.geom_rgba[clear, 3] = 0.0
            found = np.empty(len(chosen), np.int32)
            away, normal = np.empty(len(chosen)), np.empty(3 * len(chosen))
            mujoco.mj_multiRay(
                self._model, self._data, np.asarray(origin, float),
                np.ascontiguousarray(directions[chosen], float).ravel(), None, 1, -1, found, away,
                normal, len(chosen), max_range_m)
            self._model.geom_rgba[:, 3] = opacity
            geoms[chosen], distances[chosen] = found, away
            normals[chosen] = normal.reshape(-1, 3)
        met = (geoms >= 0) & (distances <= max_range_m)
        cosine = np.abs(np.einsum('sk,sk->s', normals, directions))
        return Hits(
            distance=np.where(met, distances, np.nan),
            actor=np.where(met, self._owner[geoms], np.int16(-1)),
            cosine=np.where(met, np.minimum(cosine, 1.0), 0.0),
            reflectivity=np.where(met, self._reflectivity[geoms], 0.0))

    def _sectors(
        self, origin: Array, directions: Array
    ) -> list[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
        """Return the rays of each sector, and which geoms none of them can meet."""
        if len(directions) < _FEW:
            return [(np.arange(len(directions)), np.zeros(self._model.ngeom, bool))]
        offset = self._data.geom_xpos[:, :2] - np.asarray(origin)[:2]
        away, radius = np.hypot(*offset.T), self._model.geom_rbound
        azimuth = np.arctan2(offset[:, 1], offset[:, 0])
        # Of a plane, whose radius is 0, and of what is around the origin every sector has a part.
        everywhere = (radius <= 0.0) | (away <= radius)
        half = np.arcsin(np.where(everywhere, 0.0, radius / np.maximum(away, 1e-9)))
        wide = np.pi / _SECTORS
        sector = ((np.arctan2(directions[:, 1], directions[:, 0]) + np.pi) / (2.0 * wide))
        number = sector.astype(np.int64) % _SECTORS
        parts = []
        for index in range(_SECTORS):
            off = azimuth - ((2 * index + 1) * wide - np.pi)
            apart = np.abs((off + np.pi) % (2.0 * np.pi) - np.pi)
            parts.append((np.flatnonzero(number == index),
                          ~everywhere & (apart > half + wide + 1e-6)))
        return [part for part in parts if len(part[0])]
