# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images are drawn on one fixed grey scale: near bright, far dark, no reading black."""

from __future__ import annotations

import numpy as np
import pytest
from sensor_messages import image

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.image import decode_image

METRES = np.array([[0.5, 2.5, 5.0], [9.0, 10.0, 30.0]])
GREY = np.rint(255 - 254 * np.minimum(METRES, 10.0) / 10.0)


@pytest.mark.parametrize(('encoding', 'pixels'), [
    ('16UC1', (METRES * 1000).astype(np.uint16)),
    ('16U', (METRES * 1000).astype(np.uint16)),
    ('32FC1', METRES.astype(np.float32)),
    ('32FC', METRES.astype(np.float32)),
    ('64FC1', METRES),
])
@pytest.mark.parametrize('big_endian', [False, True])
def test_millimetres_and_metres_give_the_same_grey(
    encoding: str, pixels: np.ndarray, big_endian: bool
) -> None:
    rgb = decode_image(image(pixels, encoding, padding=8, big_endian=big_endian))
    np.testing.assert_allclose(rgb[..., 0], GREY, atol=1)
    np.testing.assert_array_equal(rgb[..., 1], rgb[..., 0])
    np.testing.assert_array_equal(rgb[..., 2], rgb[..., 0])


def test_the_scale_does_not_depend_on_the_rest_of_the_image() -> None:
    alone = decode_image(image(np.array([[2.0]], np.float32), '32FC1'))
    beside = decode_image(image(np.array([[2.0, 9.0, 0.1]], np.float32), '32FC1'))
    assert alone[0, 0, 0] == beside[0, 0, 0]


def test_no_reading_is_black_and_out_of_reach_the_darkest_grey() -> None:
    values = [np.nan, -np.inf, -1.0, 0.0, np.inf, 4.0]
    rgb = decode_image(image(np.array([values], np.float32), '32FC1'))
    assert rgb[0, :5, 0].tolist() == [0, 0, 0, 0, 1]


def test_zero_millimetres_is_no_reading() -> None:
    rgb = decode_image(image(np.array([[0, 1]], np.uint16), '16UC1'))
    assert rgb[0, :, 0].tolist() == [0, 255]


def test_the_far_end_of_the_scale_can_be_set() -> None:
    message = image(np.array([[20.0]], np.float32), '32FC1')
    assert decode_image(message, max_depth_m=40.0)[0, 0, 0] == 128


@pytest.mark.parametrize(('encoding', 'pixels'), [
    ('32FC1', np.full((3, 4), np.nan, np.float32)),
    ('32FC1', np.full((3, 4), np.inf, np.float32)),
    ('64FC1', np.full((3, 4), -np.inf)),
    ('16UC1', np.zeros((3, 4), np.uint16)),
])
def test_depth_without_any_reading_is_refused(encoding: str, pixels: np.ndarray) -> None:
    with pytest.raises(InputError, match='data: no pixel has a depth reading.*3 x 4'):
        decode_image(image(pixels, encoding))


def test_float_colour_shows_nan_as_black_and_refuses_nothing_but_nan() -> None:
    pixels = np.full((2, 2, 3), np.nan, np.float32)
    with pytest.raises(InputError, match='data: no pixel has a finite value'):
        decode_image(image(pixels, '32FC3'))
    pixels[0, 0] = 1.0
    rgb = decode_image(image(pixels, '32FC3'))
    assert rgb[0, 0].tolist() == [255, 255, 255]
    assert rgb[1, 1].tolist() == [0, 0, 0]
