# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Compressed images in the forms that image_transport and others write."""

from __future__ import annotations

from array import array
import io

import numpy as np
from PIL import Image as Pillow
import pytest
from sensor_messages import CompressedImage

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.compressed_image import decode_compressed_image

HEIGHT, WIDTH = 48, 64
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH]
RGB = np.stack([5 * ROWS, 3 * COLUMNS, 200 - 2 * ROWS - COLUMNS], axis=2).astype(np.uint8)


def compress(pixels: np.ndarray, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


JPEG = compress(RGB, 'JPEG', quality=95)
PNG = compress(RGB, 'PNG')


@pytest.mark.parametrize(
    'form', ['jpeg', 'jpg', 'JPEG', '', 'bgr8; jpeg compressed bgr8', 'rgb8; jpeg compressed bgr8',
             'rgba8; jpeg compressed bgr8', 'yuv422_yuy2; jpeg compressed bgr8', 'rgb8;jpeg'])
@pytest.mark.parametrize('kind', [bytes, lambda data: array('B', data)])
def test_jpeg(form: str, kind: object) -> None:
    rgb = decode_compressed_image(CompressedImage(form, kind(JPEG)))  # type: ignore[operator]
    assert np.abs(rgb.astype(int) - RGB).mean() < 2
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous


@pytest.mark.parametrize('form', ['png', 'rgb8; png compressed bgr8'])
def test_png_is_exact(form: str) -> None:
    np.testing.assert_array_equal(decode_compressed_image(CompressedImage(form, PNG)), RGB)


def test_webp() -> None:
    data = compress(RGB, 'WEBP', lossless=True)
    np.testing.assert_array_equal(decode_compressed_image(CompressedImage('webp', data)), RGB)


@pytest.mark.parametrize('form', ['rgb8; png compressed rgb8', 'bgr8; png compressed '])
def test_files_not_written_from_bgr_have_red_and_blue_exchanged(form: str) -> None:
    rgb = decode_compressed_image(CompressedImage(form, PNG))
    np.testing.assert_array_equal(rgb, RGB[..., ::-1])


def test_alpha_is_dropped() -> None:
    data = compress(np.dstack([RGB, RGB[..., 0]]), 'PNG')
    np.testing.assert_array_equal(decode_compressed_image(CompressedImage('png', data)), RGB)


@pytest.mark.parametrize('form', ['jpeg', 'mono8; jpeg compressed '])
def test_grey_jpeg_fills_three_channels(form: str) -> None:
    data = compress(RGB[..., 0], 'JPEG', quality=95)
    rgb = decode_compressed_image(CompressedImage(form, data))
    assert rgb.shape == RGB.shape
    assert np.abs(rgb[..., 2].astype(int) - RGB[..., 0]).mean() < 2


def test_grey_png_named_after_a_mosaic_is_interpolated() -> None:
    mosaic = np.tile(np.array([[200, 90], [90, 30]], np.uint8), (4, 4))
    data = compress(mosaic, 'PNG')
    rgb = decode_compressed_image(CompressedImage('bayer_rggb8; png compressed ', data))
    np.testing.assert_array_equal(rgb, np.broadcast_to([200, 90, 30], (8, 8, 3)))


def test_16_bit_png_of_16uc1_is_depth() -> None:
    data = compress(np.array([[0, 5000], [10000, 1]], np.uint16), 'PNG')
    rgb = decode_compressed_image(CompressedImage('16UC1; png compressed ', data))
    assert rgb[..., 0].tolist() == [[0, 128], [1, 255]]


@pytest.mark.parametrize('form', ['png', 'mono16; png compressed '])
def test_16_bit_png_of_anything_else_is_grey(form: str) -> None:
    data = compress(np.array([[0, 257], [25700, 65535]], np.uint16), 'PNG')
    rgb = decode_compressed_image(CompressedImage(form, data))
    assert rgb[..., 0].tolist() == [[0, 1], [100, 255]]


def test_a_jpeg_may_come_out_smaller_but_not_below_min_side() -> None:
    big = compress(np.zeros((480, 640, 3), np.uint8), 'JPEG')
    message = CompressedImage('jpeg', big)
    assert decode_compressed_image(message, min_side=100).shape == (120, 160, 3)
    assert decode_compressed_image(message, min_side=240).shape == (240, 320, 3)
    assert decode_compressed_image(message, min_side=241).shape == (480, 640, 3)
    assert decode_compressed_image(message, min_side=900).shape == (480, 640, 3)


@pytest.mark.parametrize('form', [
    '32FC1; compressedDepth', '16UC1; compressedDepth png', '16UC1; compressedDepth rvl'])
def test_compressed_depth_is_refused_with_a_way_out(form: str) -> None:
    with pytest.raises(InputError, match='compressedDepth.*republish'):
        decode_compressed_image(CompressedImage(form, bytes(12) + PNG))


@pytest.mark.parametrize('form', ['h264', 'hevc', 'rgb8; h264 compressed'])
def test_video_is_refused(form: str) -> None:
    with pytest.raises(InputError, match='video stream'):
        decode_compressed_image(CompressedImage(form, b'\x00\x00\x00\x01\x67'))


def test_depth_in_a_jpeg_is_refused() -> None:
    data = compress(RGB[..., 0], 'JPEG')
    with pytest.raises(InputError, match="'16UC1; jpeg compressed '.*lost its scale"):
        decode_compressed_image(CompressedImage('16UC1; jpeg compressed ', data))


@pytest.mark.parametrize('share', [0.02, 0.3, 0.7, 0.95])
@pytest.mark.parametrize('form', ['jpeg', 'png', 'webp'])
def test_truncated_files_are_refused(form: str, share: float) -> None:
    noise = np.random.default_rng(8).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = compress(noise, form)
    with pytest.raises(InputError, match=f'data: damaged or truncated {form}'):
        decode_compressed_image(CompressedImage(form, data[:max(12, int(share * len(data)))]))


def test_no_data() -> None:
    with pytest.raises(InputError, match='data: empty'):
        decode_compressed_image(CompressedImage('jpeg', b''))


def test_bytes_of_something_else() -> None:
    with pytest.raises(InputError, match="47 49 46 38 .format 'jpeg'"):
        decode_compressed_image(CompressedImage('jpeg', b'GIF89a' + bytes(50)))


def test_absurd_size_in_the_header_is_refused() -> None:
    png = bytearray(PNG)
    png[16:24] = (2**30).to_bytes(4, 'big') * 2
    with pytest.raises(InputError, match='data: damaged or truncated png|at most'):
        decode_compressed_image(CompressedImage('png', bytes(png)))


def test_damaged_bytes_never_raise_anything_else() -> None:
    rng = np.random.default_rng(7)
    for original in (JPEG, PNG, compress(RGB, 'WEBP')):
        for _ in range(60):
            data = bytearray(original)
            for place in rng.integers(4, len(data), 8):
                data[place] = rng.integers(256)
            try:
                rgb = decode_compressed_image(CompressedImage('', bytes(data)))
            except InputError:
                continue
            assert rgb.ndim == 3
            assert rgb.shape[2] == 3
            assert rgb.dtype == np.uint8
