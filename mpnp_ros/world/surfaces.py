# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Flat things that follow a road: bands with an edge, and sheets of painted marks."""

from __future__ import annotations

import numpy as np

from mpnp_ros.world.geometry import Array, Pose
from mpnp_ros.world.parts import Color, Parts
from mpnp_ros.world.roads import Road

_STEP_M = 3.0  # along an arc
_PAINT_M = 0.012  # above the road


def add_band(
    parts: Parts, road: Road, side: int, span: tuple[float, float],
    offsets: tuple[float, float], height: float, color: Color,
) -> None:
    """Add a raised band along a road: its top and the faces to the road and at both ends.

    :param span: from and to along the road's middle line, m.
    :param offsets: of the near and the far edge from the middle line, m, both positive.
    """
    near, far = (side * offset for offset in offsets)
    places = road.middle.stations(*span, _STEP_M)
    rows = np.array([
        [[*_place(road, s, near), 0.0], [*_place(road, s, near), height],
         [*_place(road, s, far), height], [*_place(road, s, far), 0.0]] for s in places])
    index = np.arange(rows.shape[0] * 4).reshape(-1, 4)
    faces: list[tuple[int, ...]] = []
    for a, b in zip(index, index[1:]):
        for low, high in ((0, 1), (1, 2), (2, 3)):
            faces += [(a[low], a[high], b[high]), (a[low], b[high], b[low])]
    first, last = index[0], index[-1]
    faces += [(first[0], first[2], first[1]), (first[0], first[3], first[2]),
              (last[0], last[1], last[2]), (last[0], last[2], last[3])]
    found = np.array(faces)
    parts.mesh(rows.reshape(-1, 3), found if side < 0 else found[:, ::-1], color)


class Paint:
    """Collect painted marks and add them as one piece."""

    def __init__(self) -> None:
        self._corners: list[Array] = []

    def line(self, road: Road, span: tuple[float, float], offset: float, width: float) -> None:
        """Paint a line along a road, `offset` metres to the left of its middle."""
        places = road.middle.stations(*span, _STEP_M)
        right, left = offset - width / 2.0, offset + width / 2.0
        for a, b in zip(places, places[1:]):
            self._add([_place(road, a, right), _place(road, b, right),
                       _place(road, b, left), _place(road, a, left)])

    def bar(self, pose: Pose, length: float, width: float) -> None:
        """Paint a bar with its middle at a pose, its length along the heading."""
        ahead = np.array([np.cos(pose.yaw), np.sin(pose.yaw)]) * length / 2.0
        left = np.array([-np.sin(pose.yaw), np.cos(pose.yaw)]) * width / 2.0
        middle = np.array([pose.x, pose.y])
        self._add([tuple(middle + a * ahead + b * left)
                   for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))])

    def put(self, parts: Parts, color: Color) -> None:
        """Add all of it."""
        if not self._corners:
            return
        corners = np.concatenate(self._corners)
        vertices = np.column_stack([corners, np.full(len(corners), _PAINT_M)])
        first = 4 * np.arange(len(self._corners))[:, None]
        faces = np.concatenate([first + [0, 1, 2], first + [0, 2, 3]])
        parts.mesh(vertices, faces, color)

    def _add(self, corners: list[tuple[float, ...]]) -> None:
        self._corners.append(np.array(corners, float))


def _place(road: Road, along: float, left: float) -> tuple[float, float]:
    pose = road.place(along, left)
    return pose.x, pose.y
