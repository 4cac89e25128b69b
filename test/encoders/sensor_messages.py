# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Sensor messages as plain data: the fields of the .msg definitions, without ROS."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Image:
    """sensor_msgs/msg/Image, without its header."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


@dataclass
class CompressedImage:
    """sensor_msgs/msg/CompressedImage, without its header."""

    format: str
    data: Any


@dataclass
class PointField:
    """sensor_msgs/msg/PointField."""

    name: str
    offset: int
    datatype: int
    count: int = 1


@dataclass
class PointCloud2:
    """sensor_msgs/msg/PointCloud2, without its header."""

    height: int
    width: int
    fields: Sequence[PointField]
    point_step: int
    row_step: int
    data: Any
    is_bigendian: bool = False
    is_dense: bool = True


def image(pixels: np.ndarray, encoding: str, padding: int = 0, big_endian: bool = False) -> Image:
    """Make an Image of pixels [H, W(, C)] with `padding` bytes of 0xA5 after every row."""
    stored = pixels.astype(pixels.dtype.newbyteorder('>' if big_endian else '<'))
    height, width = pixels.shape[:2]
    rows = np.frombuffer(stored.tobytes(), np.uint8).reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xA5)
    return Image(
        height, width, encoding, int(big_endian), rows.shape[1], array('B', rows.tobytes()))


def cloud(points: np.ndarray) -> PointCloud2:
    """Make a PointCloud2 of points [P, 4] float32: x, y, z, intensity."""
    points = np.asarray(points, dtype='<f4')
    return PointCloud2(
        height=1, width=len(points), point_step=16, row_step=16 * len(points),
        fields=[PointField(name, 4 * k, 7) for k, name in enumerate(['x', 'y', 'z', 'intensity'])],
        data=array('B', points.tobytes()))
