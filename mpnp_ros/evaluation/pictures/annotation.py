# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes around what is known to be there, as bags carry them: visualization_msgs/MarkerArray."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from mpnp_ros.core.transforms import matrix_from
from mpnp_ros.suite.stamp import nanoseconds

_CUBE, _ADD = 1, 0   # visualization_msgs/msg/Marker
# Corners of a box of size 1: the four of its ground from front left on, then those of its top.
_CORNERS = np.array([[x, y, z] for z in (-0.5, 0.5) for x, y in (
    (0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.5, -0.5))])
EDGES = ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6),
         (3, 7))
FRONT = ((3, 0), (7, 4), (0, 4), (3, 7))   # those of the EDGES that face ahead


@dataclass(frozen=True)
class Annotation:
    """A box: `pose` [4, 4] takes its own frame (x ahead, z up, its middle) to `frame_id`.

    :ivar kind: what the data set calls such objects, e.g. 'vehicle.car'.
    :ivar size: length, width and height, m.
    :ivar label: more on this one, e.g. 'car moving'; '' where there is none.
    :ivar color: red, green and blue, 0 to 255, or None where the bag says none.
    """

    kind: str
    frame_id: str
    stamp_ns: int
    pose: np.ndarray
    size: tuple[float, float, float]
    color: tuple[int, int, int] | None = None
    label: str = ''

    def corners(self) -> np.ndarray:
        """Return the corners [8, 3]: ground from front left counter-clockwise, then top."""
        return _CORNERS * self.size @ self.pose[:3, :3].T + self.pose[:3, 3]

    def moved(self, target_from_frame: np.ndarray, frame_id: str) -> Annotation:
        """Return the box in another frame."""
        return dataclasses.replace(self, pose=target_from_frame @ self.pose, frame_id=frame_id)


def read_annotations(message: Any) -> list[Annotation]:
    """Return the cubes of a MarkerArray, duck-typed; other markers and broken ones are left out.

    The kind is the namespace of a marker, or its text where it has none.
    """
    return list(_boxes(message.markers))


def _boxes(markers: Iterable[Any]) -> Iterable[Annotation]:
    for marker in markers:
        if marker.type != _CUBE or marker.action != _ADD:
            continue
        place, turn, size = marker.pose.position, marker.pose.orientation, marker.scale
        try:
            pose = matrix_from(np.array([place.x, place.y, place.z]),
                               np.array([turn.x, turn.y, turn.z, turn.w]))
        except ValueError:
            continue
        sides = (float(size.x), float(size.y), float(size.z))
        if not (np.isfinite(pose).all() and np.isfinite(sides).all() and min(sides) > 0.0):
            continue
        color = marker.color
        yield Annotation(
            kind=(marker.ns or marker.text).strip(), frame_id=marker.header.frame_id.lstrip('/'),
            stamp_ns=nanoseconds(marker.header.stamp), pose=pose, size=sides,
            color=None if not color.a > 0.0 else _rgb(color.r, color.g, color.b),
            label=marker.text.strip())


def _rgb(*parts: float) -> tuple[int, int, int]:
    red, green, blue = (int(round(255 * min(max(float(part), 0.0), 1.0))) for part in parts)
    return red, green, blue
