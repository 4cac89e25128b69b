# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The real ROS message classes, whose uint8[] fields are array.array, decode as plain data do."""

from __future__ import annotations

from array import array
import io

import numpy as np
from PIL import Image as Pillow
import pytest

from mpnp_ros.encoders.compressed_image import decode_compressed_image
from mpnp_ros.encoders.image import decode_image
from mpnp_ros.encoders.point_cloud import decode_point_cloud

pytestmark = pytest.mark.ros
messages = pytest.importorskip('sensor_msgs.msg', exc_type=ImportError)

RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


def test_image() -> None:
    message = messages.Image(
        height=6, width=8, encoding='bgr8', step=24, data=array('B', RGB[..., ::-1].tobytes()))
    assert isinstance(message.data, array)
    np.testing.assert_array_equal(decode_image(message), RGB)


def test_image_is_not_copied_where_it_need_not_be() -> None:
    message = messages.Image(height=6, width=8, encoding='rgb8', step=24)
    message.data.frombytes(RGB.tobytes())
    rgb = decode_image(message)
    message.data[0] ^= 0xFF
    assert rgb[0, 0, 0] == message.data[0]


def test_big_endian_depth_image() -> None:
    depth = np.array([[5000, 0]], '>u2')
    message = messages.Image(
        height=1, width=2, encoding='16UC1', step=4, is_bigendian=1,
        data=array('B', depth.tobytes()))
    assert decode_image(message)[0, :, 0].tolist() == [128, 0]


def test_compressed_image() -> None:
    stream = io.BytesIO()
    Pillow.fromarray(RGB).save(stream, 'PNG')
    message = messages.CompressedImage(format='rgb8; png compressed bgr8')
    message.data.frombytes(stream.getvalue())
    np.testing.assert_array_equal(decode_compressed_image(message), RGB)


def test_point_cloud() -> None:
    points = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    message = messages.PointCloud2(
        height=1, width=50, point_step=16, row_step=800, is_dense=True,
        fields=[messages.PointField(
            name=name, offset=4 * k, datatype=messages.PointField.FLOAT32, count=1)
            for k, name in enumerate(('x', 'y', 'z', 'intensity'))])
    message.data.frombytes(points.tobytes())
    np.testing.assert_array_equal(decode_point_cloud(message), points)
