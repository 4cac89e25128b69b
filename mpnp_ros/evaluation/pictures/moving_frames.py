# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where frames were at a stamp: what `/tf_static` and the last seconds of `/tf` say."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import Any

import numpy as np

from mpnp_ros.core.transforms import TransformTree
from mpnp_ros.suite.stamp import nanoseconds, NS
from mpnp_ros.suite.view_geometry import take_transforms

STATIC, MOVING = '/tf_static', '/tf'
TRANSFORMS_TYPE = 'tf2_msgs/msg/TFMessage'
_KEPT_NS = 5 * NS


class MovingFrames:
    """Follow the transforms of a bag; poses are not interpolated, the one before a stamp holds."""

    def __init__(self) -> None:
        self._tree = TransformTree()
        self._moved: dict[tuple[str, str], deque[tuple[int, np.ndarray]]] = {}

    def take(self, topic: str, message: Any) -> list[str]:
        """Take a tf2_msgs/msg/TFMessage, duck-typed; return what was ignored and why."""
        ignored = take_transforms(self._tree, message)
        if topic != MOVING or ignored:
            return ignored
        for transform in message.transforms:
            edge = transform.header.frame_id.lstrip('/'), transform.child_frame_id.lstrip('/')
            matrix = self._tree.lookup(*edge)
            if matrix is not None:
                self._remember(edge, nanoseconds(transform.header.stamp), matrix)
        return []

    def lookup(self, target: str, source: str, stamp_ns: int) -> np.ndarray | None:
        """Return target_from_source [4, 4] at a stamp, None where no chain connects them."""
        for (parent, child), poses in self._moved.items():
            place = bisect_right(poses, stamp_ns, key=lambda pose: pose[0])
            self._tree.set(parent, child, poses[max(place - 1, 0)][1])
        return self._tree.lookup(target.lstrip('/'), source.lstrip('/'))

    def _remember(self, edge: tuple[str, str], stamp_ns: int, matrix: np.ndarray) -> None:
        poses = self._moved.setdefault(edge, deque())
        if poses and stamp_ns <= poses[-1][0]:
            # Time went back or stood still: what came last holds.
            while poses and poses[-1][0] >= stamp_ns:
                poses.pop()
        poses.append((stamp_ns, matrix))
        while poses[0][0] < stamp_ns - _KEPT_NS:
            poses.popleft()


def move_points(points: np.ndarray, target_from_points: np.ndarray) -> np.ndarray:
    """Return points [P, 3 or more], x, y and z first, in another frame."""
    moved = points.copy()
    moved[:, :3] = points[:, :3] @ target_from_points[:3, :3].T + target_from_points[:3, 3]
    return moved
