# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A PointCloud2 is read whatever its field order, number types, byte order and padding."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from sensor_messages import cloud, PointCloud2, PointField

from mpnp_ros.encoders.point_cloud import decode_point_cloud

# Whole numbers that every PointField type can hold: x, y, z, intensity.
POINTS = np.array(
    [[1, 2, 3, 40], [5, 6, 7, 80], [9, 10, 11, 120], [12, 13, 14, 7], [15, 0, 1, 0], [2, 2, 8, 9]],
    np.float32)
TYPES = {1: 'i1', 2: 'u1', 3: 'i2', 4: 'u2', 5: 'i4', 6: 'u4', 7: 'f4', 8: 'f8'}


def packed(
    fields: list[tuple[str, int, int]],
    point_step: int,
    *,
    height: int = 1,
    row_padding: int = 0,
    big_endian: bool = False,
    intensity: str = 'intensity',
) -> PointCloud2:
    """Lay POINTS out: fields of (name, offset, datatype); every other byte is 0xFF."""
    width = len(POINTS) // height
    data = np.full((height, width * point_step + row_padding), 0xFF, np.uint8)
    for name, offset, datatype in fields:
        if name not in ('x', 'y', 'z', intensity):
            continue
        dtype = np.dtype(('>' if big_endian else '<') + TYPES[datatype])
        column = {'x': 0, 'y': 1, 'z': 2, intensity: 3}[name]
        values = POINTS[:, column].astype(dtype).reshape(height, width)
        for point in range(width):
            place = point * point_step + offset
            data[:, place:place + dtype.itemsize] = np.frombuffer(
                values[:, point].tobytes(), np.uint8).reshape(height, -1)
    return PointCloud2(
        height=height, width=width, point_step=point_step,
        row_step=width * point_step + row_padding, is_bigendian=big_endian,
        fields=[PointField(*field) for field in fields], data=array('B', data.tobytes()))


XYZI = [('x', 0, 7), ('y', 4, 7), ('z', 8, 7), ('intensity', 12, 7)]


@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize('datatype', sorted(TYPES))
def test_every_number_type_in_either_byte_order(datatype: int, big_endian: bool) -> None:
    size = np.dtype(TYPES[datatype]).itemsize
    fields = [(name, k * size, datatype) for k, name in enumerate(('x', 'y', 'z', 'intensity'))]
    points = decode_point_cloud(packed(fields, 4 * size, big_endian=big_endian))
    np.testing.assert_array_equal(points, POINTS)
    assert points.dtype == np.float32


@pytest.mark.parametrize('fields', [
    [('intensity', 0, 7), ('z', 4, 7), ('y', 8, 7), ('x', 12, 7)],
    [('ring', 0, 4), ('y', 2, 7), ('t', 6, 6), ('x', 10, 8), ('intensity', 18, 2), ('z', 19, 7)],
    [('z', 20, 7), ('x', 3, 7), ('intensity', 15, 3), ('y', 9, 7)],
], ids=['reversed', 'mixed types, unaligned', 'gaps, not in order of offset'])
def test_any_field_order_and_offset(fields: list[tuple[str, int, int]]) -> None:
    np.testing.assert_array_equal(decode_point_cloud(packed(fields, 24)), POINTS)


@pytest.mark.parametrize('height', [1, 2, 3])
@pytest.mark.parametrize(('point_step', 'row_padding'), [(16, 0), (32, 0), (16, 8), (19, 5)])
def test_padded_points_and_rows_of_organised_clouds(
    height: int, point_step: int, row_padding: int
) -> None:
    message = packed(XYZI, point_step, height=height, row_padding=row_padding)
    np.testing.assert_array_equal(decode_point_cloud(message), POINTS)


@pytest.mark.parametrize('name', ['intensity', 'i', 'reflectivity', 'remission'])
def test_intensity_under_any_of_its_names(name: str) -> None:
    fields = [*XYZI[:3], (name, 12, 4)]
    points = decode_point_cloud(packed(fields, 16, intensity=name))
    np.testing.assert_array_equal(points, POINTS)


def test_intensity_is_preferred_to_reflectivity() -> None:
    fields = [*XYZI[:3], ('reflectivity', 16, 4), ('intensity', 12, 7)]
    np.testing.assert_array_equal(decode_point_cloud(packed(fields, 20)), POINTS)


def test_without_intensity_it_is_zero() -> None:
    points = decode_point_cloud(packed(XYZI[:3], 16))
    np.testing.assert_array_equal(points[:, :3], POINTS[:, :3])
    np.testing.assert_array_equal(points[:, 3], 0)


def test_an_array_field_gives_its_first_element_and_count_zero_means_one() -> None:
    message = packed(XYZI, 24)
    message.fields[3].count = 3
    message.fields[0].count = 0
    np.testing.assert_array_equal(decode_point_cloud(message), POINTS)


def test_row_step_of_a_single_row_does_not_matter() -> None:
    message = packed(XYZI, 16)
    message.row_step = 0
    np.testing.assert_array_equal(decode_point_cloud(message), POINTS)


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('column', [0, 1, 2])
def test_points_that_are_not_finite_are_removed_whatever_is_dense_says(
    column: int, bad: float
) -> None:
    points = POINTS.copy()
    points[[0, 3], column] = bad
    message = cloud(points)
    message.is_dense = True
    np.testing.assert_array_equal(decode_point_cloud(message), POINTS[[1, 2, 4, 5]])


def test_opposite_infinities_do_not_cancel() -> None:
    points = POINTS.copy()
    points[2, :2] = [np.inf, -np.inf]
    assert len(decode_point_cloud(cloud(points))) == 5


def test_intensity_that_is_not_finite_is_zero_and_keeps_its_point() -> None:
    points = POINTS.copy()
    points[1, 3], points[2, 3] = np.nan, np.inf
    expected = POINTS.copy()
    expected[[1, 2], 3] = 0
    np.testing.assert_array_equal(decode_point_cloud(cloud(points)), expected)


def test_float64_beyond_float32_counts_as_infinite() -> None:
    fields = [(name, 8 * k, 8) for k, name in enumerate(('x', 'y', 'z'))]
    message = packed(fields, 24)
    values = np.frombuffer(message.data, '<f8').reshape(-1, 3).copy()
    values[0, 0] = 1e300
    message.data = values.tobytes()
    np.testing.assert_array_equal(decode_point_cloud(message)[:, :3], POINTS[1:, :3])


@pytest.mark.parametrize('kind', [bytes, bytearray, lambda b: np.frombuffer(b, np.uint8)])
def test_every_kind_of_buffer_is_read(kind: object) -> None:
    message = packed(XYZI, 16)
    message.data = kind(message.data.tobytes())  # type: ignore[operator]
    np.testing.assert_array_equal(decode_point_cloud(message), POINTS)


def test_the_result_does_not_depend_on_the_message_afterwards() -> None:
    message = packed(XYZI, 16)
    points = decode_point_cloud(message)
    message.data[:] = array('B', bytes(len(message.data)))
    np.testing.assert_array_equal(points, POINTS)
