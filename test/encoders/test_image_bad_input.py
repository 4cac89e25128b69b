# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An image that cannot be used is refused with the field and the cause."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from sensor_messages import Image, image

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.image import decode_image


def plain(**changes: object) -> Image:
    message = image(np.zeros((4, 6, 3), np.uint8), 'rgb8')
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def test_unknown_encoding_names_those_expected() -> None:
    with pytest.raises(InputError) as refused:
        decode_image(plain(encoding='yuv422_foo'))
    text = str(refused.value)
    assert "'yuv422_foo'" in text
    for known in ('rgb8', 'bgra16', 'mono16', 'bayer_grbg16', 'uyvy', 'nv24', '16UC1'):
        assert known in text


@pytest.mark.parametrize('encoding', ['', '8UC5', '16UC1 ', '8FC3', 'RGB8', 'jpeg'])
def test_near_misses_are_not_guessed_at(encoding: str) -> None:
    with pytest.raises(InputError, match='encoding'):
        decode_image(plain(encoding=encoding))


@pytest.mark.parametrize('changes', [{'height': 0}, {'width': 0}, {'height': 0, 'width': 0}])
def test_zero_size(changes: dict[str, int]) -> None:
    with pytest.raises(InputError, match='height, width: expected at least 1 x 1'):
        decode_image(plain(**changes))


def test_absurd_size_is_refused_before_anything_is_allocated() -> None:
    with pytest.raises(InputError, match='height, width: expected at most'):
        decode_image(plain(height=2**31, width=2**31, step=2**33))


@pytest.mark.parametrize('step', [0, 17])
def test_step_shorter_than_a_row(step: int) -> None:
    with pytest.raises(InputError, match=f'step {step}: shorter than a row of 6 rgb8.*18 bytes'):
        decode_image(plain(step=step))


@pytest.mark.parametrize('length', [0, 71, 73])
def test_data_of_another_length_than_height_times_step(length: int) -> None:
    with pytest.raises(InputError, match=f'data: expected height .* 72 bytes, got {length}'):
        decode_image(plain(data=array('B', bytes(length))))


@pytest.mark.parametrize('encoding', ['nv12', 'nv21', 'nv24'])
def test_planes_of_the_wrong_length(encoding: str) -> None:
    message = image(np.zeros((4, 6), np.uint8), encoding)  # luma rows only
    with pytest.raises(InputError, match=f'data: expected .* chroma plane of {encoding}, got 24'):
        decode_image(message)


def test_odd_width_of_paired_pixels() -> None:
    with pytest.raises(InputError, match='width 5: yuyv'):
        decode_image(image(np.zeros((4, 5, 2), np.uint8), 'yuyv'))


def test_odd_size_of_shared_chroma() -> None:
    with pytest.raises(InputError, match='height, width: nv21.*3 x 4'):
        decode_image(image(np.zeros((3, 4), np.uint8), 'nv21'))


def test_mosaic_smaller_than_its_tile() -> None:
    with pytest.raises(InputError, match='height, width: a Bayer mosaic'):
        decode_image(image(np.zeros((1, 8), np.uint8), 'bayer_rggb8'))


@pytest.mark.parametrize('data', ['text', None, 3, [0, 300]])
def test_payload_that_is_no_buffer_of_bytes(data: object) -> None:
    with pytest.raises(InputError, match='data: expected'):
        decode_image(plain(data=data))
