# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Lines that are driven or walked along: straight pieces and arcs, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from mpnp_ros.world.geometry import Array, Pose, wrap

_TOUCHING_M = 1e-9


@dataclass(frozen=True)
class Course:
    """A line from `start` on; it goes straight on before its beginning and after its end.

    :ivar pieces: (length in metres, curvature in 1/m, positive to the left) of each piece.
    """

    start: Pose
    pieces: tuple[tuple[float, float], ...]

    @property
    def length(self) -> float:
        """Return how long it is, metres."""
        return sum(length for length, _ in self.pieces)

    def pose(self, along_m: float) -> Pose:
        """Return the place and the heading `along_m` metres after the beginning."""
        pose, left = self.start, along_m
        if left <= 0.0:
            return pose.ahead(left)
        for length, curvature in self.pieces:
            if left <= length:
                return _on(pose, left, curvature)
            pose, left = _on(pose, length, curvature), left - length
        return pose.ahead(left)

    def curvature(self, along_m: float) -> float:
        """Return the curvature there, 1/m."""
        for length, curvature in self.pieces:
            if along_m < length:
                return curvature if along_m >= 0.0 else 0.0
            along_m -= length
        return 0.0

    def beside(self, left_m: float) -> Course:
        """Return the line that runs `left_m` metres to the left of this one.

        Raises ValueError where an arc is tighter than that.
        """
        pieces = []
        for length, curvature in self.pieces:
            stretch = 1.0 - curvature * left_m
            if stretch <= _TOUCHING_M:
                raise ValueError(f'an arc of radius {1.0 / curvature:g} m has no line '
                                 f'{left_m:g} m beside it')
            pieces.append((length * stretch, curvature / stretch))
        return Course(sideways(self.start, left_m), tuple(pieces))

    def back(self) -> Course:
        """Return the same line the other way round."""
        end = self.pose(self.length)
        return Course(
            Pose(end.x, end.y, wrap(end.yaw + math.pi)),
            tuple((length, -curvature) for length, curvature in reversed(self.pieces)))

    def places(self, along_m: Array) -> Array:
        """Return the places [n, 2] at distances [n] along it."""
        found = np.empty((len(along_m), 2))
        pose, passed = self.start, 0.0
        for length, curvature in (*self.pieces, (math.inf, 0.0)):
            here = (along_m >= passed) if passed else np.ones(len(along_m), bool)
            left = along_m[here] - passed
            turn = np.minimum(curvature * left / 2.0, math.pi)
            chord = left if abs(curvature) < _TOUCHING_M else 2.0 * np.sin(turn) / curvature
            found[here, 0] = pose.x + chord * np.cos(pose.yaw + turn)
            found[here, 1] = pose.y + chord * np.sin(pose.yaw + turn)
            if math.isfinite(length):
                pose, passed = _on(pose, length, curvature), passed + length
        return found

    def nearest(self, pose: Pose) -> float:
        """Return where along it, to 2 m, it comes nearest to a place."""
        stations = np.arange(0.0, self.length + 1.0, 2.0)
        gaps = np.hypot(*(self.places(stations) - [pose.x, pose.y]).T)
        return float(stations[int(np.argmin(gaps))])

    def stations(self, begin_m: float, end_m: float, step_m: float) -> Array:
        """Return places along it [n] where a band along it may bend, both ends among them."""
        joints = [0.0, *np.cumsum([length for length, _ in self.pieces])]
        found = {begin_m, end_m, *(float(j) for j in joints if begin_m < j < end_m)}
        edges = sorted(found)
        places = []
        for first, last in zip(edges, edges[1:]):
            straight = self.curvature((first + last) / 2.0) == 0.0
            count = 1 if straight else math.ceil((last - first) / step_m)
            places += [first + (last - first) * i / count for i in range(count)]
        return np.array([*places, edges[-1]])


def sideways(pose: Pose, left_m: float) -> Pose:
    """Return the pose `left_m` metres to the left, with the same heading."""
    return Pose(pose.x - left_m * math.sin(pose.yaw), pose.y + left_m * math.cos(pose.yaw),
                pose.yaw)


def _on(pose: Pose, length: float, curvature: float) -> Pose:
    if abs(curvature) < _TOUCHING_M:
        return pose.ahead(length)
    turn = curvature * length
    chord = 2.0 * math.sin(turn / 2.0) / curvature
    middle = pose.yaw + turn / 2.0
    return Pose(pose.x + chord * math.cos(middle), pose.y + chord * math.sin(middle),
                wrap(pose.yaw + turn))
