# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Planar poses and upright boxes, in frames with x forward, y left, z up (REP 103)."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """A place on the ground: x and y in metres, yaw in radians counter-clockwise from +x."""

    x: float
    y: float
    yaw: float = 0.0

    def matrix(self) -> Array:
        """Return the transform [4, 4] from this pose's frame to the frame it is given in."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return np.array(
            [[c, -s, 0.0, self.x], [s, c, 0.0, self.y], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
        )

    def to_local(self, other: Pose) -> Pose:
        """Return `other`, given in the same frame as this pose, as seen from this pose."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        dx, dy = other.x - self.x, other.y - self.y
        return Pose(c * dx + s * dy, c * dy - s * dx, wrap(other.yaw - self.yaw))

    def ahead(self, distance: float) -> Pose:
        """Return the pose `distance` metres further along this pose's own heading."""
        return Pose(
            self.x + distance * math.cos(self.yaw),
            self.y + distance * math.sin(self.yaw),
            self.yaw,
        )


@dataclass(frozen=True)
class Box:
    """An upright box that stands on the ground: its pose and (length, width, height) in metres."""

    pose: Pose
    size: tuple[float, float, float]

    def footprint(self) -> Array:
        """Return the corners [4, 2] on the ground, counter-clockwise from front left."""
        half = np.array([self.size[0], self.size[1]]) / 2.0
        local = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * half
        c, s = math.cos(self.pose.yaw), math.sin(self.pose.yaw)
        rotated: Array = local @ np.array([[c, s], [-s, c]]) + [self.pose.x, self.pose.y]
        return rotated

    def corners(self) -> Array:
        """Return the corners [8, 3]: the footprint at the ground, then at the top."""
        ground = self.footprint()
        bottom = np.column_stack([ground, np.zeros(4)])
        top = np.column_stack([ground, np.full(4, self.size[2])])
        return np.concatenate([bottom, top])

    def contains(self, points: Array, margin: float = 0.0) -> NDArray[np.bool_]:
        """Return which of the points [P, 3] lie inside the box grown by `margin` metres."""
        c, s = math.cos(self.pose.yaw), math.sin(self.pose.yaw)
        offset = points[:, :2] - [self.pose.x, self.pose.y]
        along = offset @ np.array([c, s])
        across = offset @ np.array([-s, c])
        inside: NDArray[np.bool_] = (
            (np.abs(along) <= self.size[0] / 2.0 + margin)
            & (np.abs(across) <= self.size[1] / 2.0 + margin)
            & (points[:, 2] >= -margin)
            & (points[:, 2] <= self.size[2] + margin)
        )
        return inside

    def distance_to(self, x: float, y: float) -> float:
        """Return the distance in metres from (x, y) to the footprint, 0 inside it."""
        here = self.pose.to_local(Pose(x, y))
        return math.hypot(
            max(abs(here.x) - self.size[0] / 2.0, 0.0), max(abs(here.y) - self.size[1] / 2.0, 0.0)
        )

    def overlaps(self, other: Box, clearance: float = 0.0) -> bool:
        """Say whether the footprints come closer than `clearance` metres to each other.

        Separating axes: two convex footprints are apart if and only if an edge normal of one of
        them separates their projections (the clearance is exact along those normals).
        """
        mine, theirs = self.footprint(), other.footprint()
        for yaw in (self.pose.yaw, other.pose.yaw):
            for axis in ((math.cos(yaw), math.sin(yaw)), (-math.sin(yaw), math.cos(yaw))):
                a, b = mine @ axis, theirs @ axis
                if a.min() - b.max() >= clearance or b.min() - a.max() >= clearance:
                    return False
        return True


def wrap(angle: float) -> float:
    """Return the angle in (-pi, pi]."""
    wrapped = math.remainder(angle, 2.0 * math.pi)
    return math.pi if wrapped == -math.pi else wrapped


def invert(transform: Array) -> Array:
    """Return the inverse of the rigid transform [4, 4]."""
    inverse = np.eye(4)
    inverse[:3, :3] = transform[:3, :3].T
    inverse[:3, 3] = -transform[:3, :3].T @ transform[:3, 3]
    return inverse


def apply(transform: Array, points: Array) -> Array:
    """Return the points [P, 3] moved by the rigid transform [4, 4]."""
    moved: Array = points @ transform[:3, :3].T + transform[:3, 3]
    return moved
