# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Static transforms chain in both directions and refuse what is no rigid motion."""

import numpy as np
import pytest

from mpnp_ros.core.transforms import matrix_from, quaternion_from, TransformTree


def yaw(angle: float, x: float = 0.0) -> np.ndarray:
    return matrix_from(
        np.array([x, 0.0, 0.0]), np.array([0.0, 0.0, np.sin(angle / 2), np.cos(angle / 2)]))


def test_chain_through_a_common_parent() -> None:
    tree = TransformTree()
    tree.set('base_link', 'mast', yaw(np.pi / 2, x=1.0))
    tree.set('mast', 'camera', yaw(0.0, x=2.0))
    tree.set('base_link', 'lidar', yaw(np.pi))
    point_in_base = tree.lookup('base_link', 'camera') @ [0.0, 0.0, 0.0, 1.0]
    assert point_in_base[:3] == pytest.approx([1.0, 2.0, 0.0])
    point_in_lidar = tree.lookup('lidar', 'camera') @ [0.0, 0.0, 0.0, 1.0]
    assert point_in_lidar[:3] == pytest.approx([-1.0, -2.0, 0.0])


def test_unconnected_frames_have_no_transform() -> None:
    tree = TransformTree()
    tree.set('base_link', 'camera', np.eye(4))
    assert tree.lookup('base_link', 'lidar') is None


def test_frame_to_itself_is_identity() -> None:
    assert np.array_equal(TransformTree().lookup('camera', 'camera'), np.eye(4))


@pytest.mark.parametrize('matrix', [np.zeros((4, 4)), np.eye(3), np.full((4, 4), np.nan)])
def test_non_rigid_transform_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match='base_link'):
        TransformTree().set('base_link', 'camera', matrix)


def test_zero_quaternion_is_refused() -> None:
    with pytest.raises(ValueError, match='direction'):
        matrix_from(np.zeros(3), np.zeros(4))


def test_quaternion_round_trip() -> None:
    generator = np.random.default_rng(0)
    for _ in range(50):
        quaternion = generator.normal(size=4)
        matrix = matrix_from(np.zeros(3), quaternion)
        assert np.allclose(matrix_from(np.zeros(3), quaternion_from(matrix)), matrix)
