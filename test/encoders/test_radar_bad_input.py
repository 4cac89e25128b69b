# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A radar scan that cannot be used is refused with the field and the cause."""

from __future__ import annotations

import numpy as np
import pytest
from sensor_messages import cloud, PointCloud2, PointField, radar_cloud

from mpnp_ros.encoders.base import create, InputError, View
from mpnp_ros.encoders.radar_cloud import decode_radar_cloud


def ten_echoes() -> PointCloud2:
    return radar_cloud(np.arange(80, dtype=np.float32).reshape(10, 8))


def test_a_cloud_without_velocities_is_no_radar_scan() -> None:
    with pytest.raises(InputError, match='no velocity, expected doppler_velocity.*got x, y, z'):
        decode_radar_cloud(cloud(np.ones((10, 4), np.float32)))


@pytest.mark.parametrize('kept', [[0, 1, 3, 4, 5], [], [4, 5, 6, 7]])
def test_missing_coordinates(kept: list[int]) -> None:
    message = ten_echoes()
    message.fields = [message.fields[k] for k in kept]
    with pytest.raises(InputError, match='fields: no .*expected x, y and z'):
        decode_radar_cloud(message)


def test_nan_only() -> None:
    with pytest.raises(InputError, match='none of the 10 echoes is finite'):
        decode_radar_cloud(radar_cloud(np.full((10, 8), np.nan)))


def test_single_echoes_with_nan_are_left_out() -> None:
    echoes = np.ones((10, 8), np.float32)
    echoes[3, 6] = np.nan
    echoes[4, 0] = np.inf
    assert decode_radar_cloud(radar_cloud(echoes)).shape == (8, 6)


def test_data_too_short() -> None:
    message = ten_echoes()
    message.data = message.data[:-1]
    with pytest.raises(InputError, match='data: expected at least 320 bytes.*got 319'):
        decode_radar_cloud(message)


def test_point_step_too_small_for_a_field() -> None:
    message = ten_echoes()
    message.point_step = 31
    with pytest.raises(InputError, match='point_step 31: too small for vy_comp'):
        decode_radar_cloud(message)


def test_row_step_shorter_than_a_row() -> None:
    message = ten_echoes()
    message.height, message.width, message.row_step = 2, 5, 159
    with pytest.raises(InputError, match='row_step 159: shorter than a row of 5 points'):
        decode_radar_cloud(message)


@pytest.mark.parametrize('datatype', [0, 9])
def test_unknown_datatype(datatype: int) -> None:
    message = ten_echoes()
    message.fields[1].datatype = datatype
    with pytest.raises(InputError, match=f'fields: y has datatype {datatype}, expected 1'):
        decode_radar_cloud(message)


def test_a_doppler_field_is_taken_before_a_vector() -> None:
    message = ten_echoes()
    message.fields[3] = PointField('doppler', 12, 7)
    decoded = decode_radar_cloud(message)
    np.testing.assert_array_equal(decoded[:, 4], np.arange(3, 80, 8))
    np.testing.assert_array_equal(decoded[:, 3], 0.0)


def test_a_big_endian_cloud_reads_the_same() -> None:
    echoes = np.arange(80, dtype=np.float32).reshape(10, 8)
    message = radar_cloud(echoes)
    message.data, message.is_bigendian = echoes.astype('>f4').tobytes(), True
    np.testing.assert_array_equal(
        decode_radar_cloud(message), decode_radar_cloud(radar_cloud(echoes)))


@pytest.mark.parametrize(('sample', 'words'), [
    (np.ones((4, 3)), r"view 'left': expected echoes \[P, 6\], got \[4, 3\]"),
    (np.full((4, 6), np.nan), "view 'left': an echo is not finite"),
])
def test_samples_of_another_kind_are_refused_by_their_view(
    sample: np.ndarray, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        create('radar_sectors').encode([sample], [View('left')])
