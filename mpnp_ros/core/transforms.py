# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Static transforms between frames: what `/tf_static` says, without tf2's compiled part."""

from __future__ import annotations

from collections import deque

import numpy as np


class TransformTree:
    """Hold static transforms and chain them from any frame to any other.

    Transforms are 4x4 matrices (float64, metres) that take a point from the child frame to the
    parent frame, as `geometry_msgs/TransformStamped` defines them.
    """

    def __init__(self) -> None:
        self._edges: dict[str, dict[str, np.ndarray]] = {}

    def set(self, parent: str, child: str, parent_from_child: np.ndarray) -> None:
        """Add or replace one transform; raises ValueError when it is not a rigid motion."""
        matrix = np.asarray(parent_from_child, dtype=np.float64)
        rotation = matrix[:3, :3] if matrix.shape == (4, 4) else np.full((3, 3), np.nan)
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3):
            raise ValueError(f'transform {parent!r} <- {child!r} is not a rigid 4x4 transform')
        self._edges.setdefault(parent, {})[child] = matrix
        self._edges.setdefault(child, {})[parent] = np.linalg.inv(matrix)

    def lookup(self, target: str, source: str) -> np.ndarray | None:
        """Return the [4, 4] matrix target_from_source, or None where no chain connects them."""
        if target == source:
            return np.eye(4)
        queue: deque[tuple[str, np.ndarray]] = deque([(target, np.eye(4))])
        seen = {target}
        while queue:
            frame, target_from_frame = queue.popleft()
            for neighbour, frame_from_neighbour in self._edges.get(frame, {}).items():
                if neighbour in seen:
                    continue
                target_from_neighbour = target_from_frame @ frame_from_neighbour
                if neighbour == source:
                    return target_from_neighbour
                seen.add(neighbour)
                queue.append((neighbour, target_from_neighbour))
        return None


def matrix_from(translation: np.ndarray, quaternion_xyzw: np.ndarray) -> np.ndarray:
    """Return the [4, 4] matrix of a translation [3] (m) and a quaternion [4] (x, y, z, w)."""
    quaternion = np.asarray(quaternion_xyzw, dtype=np.float64)
    norm = np.linalg.norm(quaternion)
    if not np.isfinite(norm) or norm < 1e-9:
        raise ValueError(f'quaternion {quaternion.tolist()} has no direction')
    x, y, z, w = quaternion / norm
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = translation
    return matrix


def quaternion_from(matrix: np.ndarray) -> np.ndarray:
    """Return the quaternion [4] (x, y, z, w) of a rotation matrix's upper-left 3x3 part."""
    m = np.asarray(matrix, dtype=np.float64)[:3, :3]
    # The eigenvector of the largest eigenvalue is exact for rotations and the closest
    # quaternion for matrices that are slightly off (Bar-Itzhack 2000).
    k = np.array([
        [m[0, 0] - m[1, 1] - m[2, 2], m[1, 0] + m[0, 1], m[2, 0] + m[0, 2], m[2, 1] - m[1, 2]],
        [m[1, 0] + m[0, 1], m[1, 1] - m[0, 0] - m[2, 2], m[2, 1] + m[1, 2], m[0, 2] - m[2, 0]],
        [m[2, 0] + m[0, 2], m[2, 1] + m[1, 2], m[2, 2] - m[0, 0] - m[1, 1], m[1, 0] - m[0, 1]],
        [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], np.trace(m)],
    ]) / 3.0
    _, vectors = np.linalg.eigh(k)
    quaternion = vectors[:, -1]
    return quaternion if quaternion[3] >= 0 else -quaternion
