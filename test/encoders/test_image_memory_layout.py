# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Rows may be padded, payloads may be any buffer, and what needs no copy is not copied."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from sensor_messages import image

from mpnp_ros.encoders.image import decode_image

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    'encoding', ['rgb8', 'bgr8', 'mono8', 'bayer_grbg8', 'rgb16', 'mono16', '16UC1', '32FC3'])
@pytest.mark.parametrize('padding', [1, 5, 64])
def test_row_padding_is_skipped(encoding: str, padding: int) -> None:
    dtype = 'f4' if encoding == '32FC3' else 'u2' if '16' in encoding else 'u1'
    pixels = PIXELS.astype(dtype)
    if encoding[:3] not in ('rgb', 'bgr', '32F'):
        pixels = pixels[..., 0]
    np.testing.assert_array_equal(
        decode_image(image(pixels, encoding, padding=padding)),
        decode_image(image(pixels, encoding)))


@pytest.mark.parametrize(
    'kind', [bytes, bytearray, memoryview, list, lambda b: np.frombuffer(b, np.uint8)])
def test_every_kind_of_buffer_is_read(kind: object) -> None:
    message = image(PIXELS, 'bgr8')
    message.data = kind(message.data.tobytes())  # type: ignore[operator]
    np.testing.assert_array_equal(decode_image(message), PIXELS[..., ::-1])


def test_tight_rgb8_aliases_the_message() -> None:
    message = image(PIXELS, 'rgb8')
    rgb = decode_image(message)
    message.data[0] ^= 0xFF
    assert rgb[0, 0, 0] == message.data[0]


@pytest.mark.parametrize('encoding', ['bgr8', 'mono8', 'rgb16'])
def test_other_encodings_do_not_depend_on_the_message_afterwards(encoding: str) -> None:
    pixels = {'bgr8': PIXELS, 'mono8': PIXELS[..., 0], 'rgb16': PIXELS.astype(np.uint16) * 257}
    message = image(pixels[encoding], encoding)
    before = decode_image(message)
    kept = before.copy()
    message.data[:] = array('B', bytes(len(message.data)))
    np.testing.assert_array_equal(before, kept)
