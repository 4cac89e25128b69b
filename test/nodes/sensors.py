# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Real sensor messages for node tests."""

from __future__ import annotations

import numpy as np
from rclpy.time import Time
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

LIDAR = {'modality': 'lidar', 'encoder': 'lidar_range_view', 'views': ['top'],
         'view__top__topic': 'points', 'status_period_s': 0.1}


def ring_of_points(distance: float = 8.0, count: int = 400, seed: int = 0) -> np.ndarray:
    """Return points [count, 4] (m, intensity) around the sensor, with a lidar's noise."""
    angle = np.linspace(-np.pi, np.pi, count, endpoint=False)
    distance = distance + np.random.default_rng(seed).normal(0.0, 0.01, count)
    return np.stack([distance * np.cos(angle), distance * np.sin(angle),
                     np.full(count, 0.5), np.full(count, 10.0)], axis=1)


def cloud(stamp: Time, points: np.ndarray | None = None, frame: str = 'lidar_top') -> PointCloud2:
    """Return a PointCloud2 with x, y, z and intensity as float32; others at other stamps."""
    points = ring_of_points(seed=abs(stamp.nanoseconds)) if points is None else points
    data = np.ascontiguousarray(points, dtype='<f4')
    message = PointCloud2(
        header=Header(stamp=stamp.to_msg(), frame_id=frame),
        height=1, width=len(data), point_step=16, row_step=16 * len(data), is_dense=True,
        fields=[PointField(name=name, offset=4 * index, datatype=PointField.FLOAT32, count=1)
                for index, name in enumerate(('x', 'y', 'z', 'intensity'))])
    message.data.frombytes(data.tobytes())
    return message
