# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A cloud that cannot be used is refused with the field and the cause."""

from __future__ import annotations

import numpy as np
import pytest
from sensor_messages import cloud, PointCloud2

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.point_cloud import decode_point_cloud


def ten_points() -> PointCloud2:
    return cloud(np.ones((10, 4), np.float32))


@pytest.mark.parametrize(('height', 'width'), [(1, 0), (0, 10), (0, 0)])
def test_empty_cloud(height: int, width: int) -> None:
    message = ten_points()
    message.height, message.width = height, width
    with pytest.raises(InputError, match=f'the cloud is empty, {height} x {width} points'):
        decode_point_cloud(message)


def test_cloud_of_nan_only() -> None:
    with pytest.raises(InputError, match='none of the 10 points has finite coordinates'):
        decode_point_cloud(cloud(np.full((10, 4), np.nan)))


@pytest.mark.parametrize(('kept', 'missing'), [
    ([0, 1, 3], 'no z, expected x, y and z, got x, y, intensity'),
    ([2], 'no x, y, expected'),
    ([], 'no x, y, z, expected x, y and z, got none'),
])
def test_missing_coordinates(kept: list[int], missing: str) -> None:
    message = ten_points()
    message.fields = [message.fields[k] for k in kept]
    with pytest.raises(InputError, match=f'fields: {missing}'):
        decode_point_cloud(message)


def test_data_too_short() -> None:
    message = ten_points()
    message.data = message.data[:-1]
    with pytest.raises(InputError, match='data: expected at least 160 bytes.*got 159'):
        decode_point_cloud(message)


def test_no_data_at_all() -> None:
    message = ten_points()
    message.data = b''
    with pytest.raises(InputError, match='data: expected at least 160 bytes.*got 0'):
        decode_point_cloud(message)


def test_point_step_too_small_for_a_field() -> None:
    message = ten_points()
    message.point_step = 11
    with pytest.raises(InputError, match='point_step 11: too small for z, which ends at byte 12'):
        decode_point_cloud(message)


def test_array_field_that_leaves_the_point() -> None:
    message = ten_points()
    message.fields[3].count = 2
    with pytest.raises(InputError, match='too small for intensity, which ends at byte 20'):
        decode_point_cloud(message)


def test_row_step_shorter_than_a_row() -> None:
    message = ten_points()
    message.height, message.width, message.row_step = 2, 5, 79
    with pytest.raises(InputError, match='row_step 79: shorter than a row of 5 points'):
        decode_point_cloud(message)


@pytest.mark.parametrize('datatype', [0, 9, 255])
def test_unknown_datatype(datatype: int) -> None:
    message = ten_points()
    message.fields[1].datatype = datatype
    with pytest.raises(InputError, match=f'fields: y has datatype {datatype}, expected 1'):
        decode_point_cloud(message)


def test_absurd_size_is_refused_before_anything_is_allocated() -> None:
    message = ten_points()
    message.height, message.width, message.row_step = 2**31, 2**31, 2**40
    with pytest.raises(InputError, match='data: expected at least'):
        decode_point_cloud(message)
