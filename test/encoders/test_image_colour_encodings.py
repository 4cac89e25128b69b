# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Every colour, grey and Bayer encoding becomes the RGB that OpenCV makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from sensor_messages import image

from mpnp_ros.encoders.image import decode_image

HEIGHT, WIDTH = 12, 16
# Two distinct directions of change per channel, so that a swap or a flip shows.
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH]
RGB = np.stack([
    20 * ROWS, 15 * COLUMNS, 255 - 8 * ROWS - 9 * COLUMNS], axis=2).astype(np.uint8)
RGB16 = (RGB.astype(np.uint16) * 257)


@pytest.mark.parametrize(('encoding', 'pixels'), [
    ('rgb8', RGB),
    ('bgr8', RGB[..., ::-1]),
    ('rgba8', np.dstack([RGB, RGB[..., 1]])),
    ('bgra8', np.dstack([RGB[..., ::-1], RGB[..., 0]])),
    ('rgb16', RGB16),
    ('bgr16', RGB16[..., ::-1]),
    ('rgba16', np.dstack([RGB16, RGB16[..., 1]])),
    ('bgra16', np.dstack([RGB16[..., ::-1], RGB16[..., 0]])),
    ('8UC3', RGB[..., ::-1]),
    ('8UC4', np.dstack([RGB[..., ::-1], RGB[..., 0]])),
    ('16UC3', RGB16[..., ::-1]),
    ('16UC4', np.dstack([RGB16[..., ::-1], RGB16[..., 0]])),
    ('8SC3', (RGB[..., ::-1].astype(np.int16) - 128).astype(np.int8)),
    ('16SC3', (RGB16[..., ::-1].astype(np.int32) - 32768).astype(np.int16)),
    ('32FC3', (RGB[..., ::-1] / 255).astype(np.float32)),
    ('32FC4', np.dstack([RGB[..., ::-1], RGB[..., 0]]).astype(np.float32) / np.float32(255)),
    ('64FC3', RGB[..., ::-1] / 255),
])
@pytest.mark.parametrize('big_endian', [False, True])
def test_colour_comes_out_in_rgb_order(
    encoding: str, pixels: np.ndarray, big_endian: bool
) -> None:
    rgb = decode_image(image(pixels, encoding, big_endian=big_endian))
    np.testing.assert_array_equal(rgb, RGB)
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous


@pytest.mark.parametrize(('encoding', 'pixels'), [
    ('mono8', RGB[..., 0]),
    ('8UC1', RGB[..., 0]),
    ('8UC', RGB[..., 0]),
    ('8U', RGB[..., 0]),
    ('8UC2', RGB[..., :2]),
    ('mono16', RGB16[..., 0]),
    ('8SC1', (RGB[..., 0].astype(np.int16) - 128).astype(np.int8)),
    ('16SC1', (RGB16[..., 0].astype(np.int32) - 32768).astype(np.int16)),
    ('16UC2', RGB16[..., :2]),
])
@pytest.mark.parametrize('big_endian', [False, True])
def test_grey_fills_all_three_channels(
    encoding: str, pixels: np.ndarray, big_endian: bool
) -> None:
    rgb = decode_image(image(pixels, encoding, big_endian=big_endian))
    np.testing.assert_array_equal(rgb, np.repeat(RGB[..., :1], 3, axis=2))


def test_16_bit_levels_are_rounded_as_a_division_by_257() -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    rgb = decode_image(image(levels, 'mono16'))
    expected = np.rint(levels / 257.0).astype(np.uint8)
    np.testing.assert_array_equal(rgb[..., 0], expected)


@pytest.mark.parametrize('suffix', ['1', '2', '3', '4'])
@pytest.mark.parametrize(
    ('prefix', 'dtype'),
    [('8UC', 'u1'), ('8SC', 'i1'), ('16UC', 'u2'), ('16SC', 'i2'), ('32SC', 'i4'),
     ('32FC', 'f4'), ('64FC', 'f8')])
def test_every_opencv_type_is_decoded(prefix: str, dtype: str, suffix: str) -> None:
    pixels = np.ones((4, 6, int(suffix)), dtype=dtype)
    if pixels.dtype.kind != 'f':
        pixels[:] = 100 if prefix == '8SC' else 200 if prefix == '8UC' else 5000
    pixels[1, 2] = 0
    rgb = decode_image(image(pixels, prefix + suffix))
    assert rgb.shape == (4, 6, 3)
    assert (rgb[1, 2] < rgb[0, 0]).all()


def test_32_bit_integers_are_stretched_over_their_own_extent() -> None:
    rgb = decode_image(image(np.array([[-7, 0, 7]], np.int32), '32SC1'))
    assert rgb[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize('bits', [8, 16])
@pytest.mark.parametrize(
    ('tile', 'opencv'),
    [('rggb', 'BayerBG'), ('bggr', 'BayerRG'), ('gbrg', 'BayerGR'), ('grbg', 'BayerGB')])
def test_bayer_interpolation_equals_opencv_inside_the_border(
    tile: str, opencv: str, bits: int
) -> None:
    cv2 = pytest.importorskip('cv2')
    mosaic = np.random.default_rng(1).integers(0, 256, (17, 23), dtype=np.uint8)
    pixels = mosaic if bits == 8 else mosaic.astype(np.uint16) * 257
    rgb = decode_image(image(pixels, f'bayer_{tile}{bits}'))
    expected = cv2.cvtColor(mosaic, getattr(cv2, f'COLOR_{opencv}2RGB'))
    np.testing.assert_array_equal(rgb[1:-1, 1:-1], expected[1:-1, 1:-1])


@pytest.mark.parametrize('tile', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_bayer_of_a_plain_colour_is_that_colour_up_to_the_border(tile: str) -> None:
    colour = {'r': 200, 'g': 90, 'b': 30}
    pattern = np.array([colour[c] for c in tile], np.uint8).reshape(2, 2)
    rgb = decode_image(image(np.tile(pattern, (3, 4)), f'bayer_{tile}8'))
    np.testing.assert_array_equal(rgb, np.broadcast_to([200, 90, 30], (6, 8, 3)))


@pytest.mark.parametrize(
    ('encoding', 'opencv'),
    [('uyvy', 'UYVY'), ('yuv422', 'UYVY'), ('yuyv', 'YUY2'), ('yuv422_yuy2', 'YUY2')])
def test_packed_yuv_equals_opencv_to_one_level(encoding: str, opencv: str) -> None:
    cv2 = pytest.importorskip('cv2')
    packed = np.random.default_rng(2).integers(0, 256, (64, 64, 2), dtype=np.uint8)
    rgb = decode_image(image(packed, encoding, padding=6))
    expected = cv2.cvtColor(packed, getattr(cv2, f'COLOR_YUV2RGB_{opencv}'))
    assert np.abs(rgb.astype(int) - expected).max() <= 1


@pytest.mark.parametrize('encoding', ['nv12', 'nv21'])
def test_planar_yuv_equals_opencv_to_one_level(encoding: str) -> None:
    cv2 = pytest.importorskip('cv2')
    planes = np.random.default_rng(3).integers(0, 256, (96, 64), dtype=np.uint8)
    message = image(planes, encoding)
    message.height = 64
    rgb = decode_image(message)
    expected = cv2.cvtColor(planes, getattr(cv2, f'COLOR_YUV2RGB_{encoding.upper()}'))
    assert np.abs(rgb.astype(int) - expected).max() <= 1


def test_nv24_takes_each_pixel_its_own_chroma() -> None:
    cv2 = pytest.importorskip('cv2')
    rng = np.random.default_rng(4)
    luma = rng.integers(16, 236, (10, 12), dtype=np.uint8)
    chroma = rng.integers(16, 241, (10, 12, 2), dtype=np.uint8)
    # OpenCV knows 4:2:2 with limited range only: feed each pixel as a pair of itself.
    pairs = np.empty((10, 24, 2), np.uint8)
    pairs[:, 0::2, 0] = pairs[:, 1::2, 0] = luma
    pairs[:, 0::2, 1], pairs[:, 1::2, 1] = chroma[..., 0], chroma[..., 1]
    expected = cv2.cvtColor(pairs, cv2.COLOR_YUV2RGB_YUY2)[:, ::2]
    message = image(luma, 'nv24')
    message.data.extend(chroma.tobytes())
    assert np.abs(decode_image(message).astype(int) - expected).max() <= 1


def test_planes_with_padded_rows_and_planes_packed_tightly_decode_alike() -> None:
    planes = np.random.default_rng(5).integers(0, 256, (12, 16), dtype=np.uint8)
    tight, padded = image(planes, 'nv21'), image(planes, 'nv21', padding=16)
    average_step = image(planes, 'nv21')
    average_step.step = 24  # bytes per row over both planes, as some drivers fill it in
    for message in (tight, padded, average_step):
        message.height = 8
    np.testing.assert_array_equal(decode_image(padded), decode_image(tight))
    np.testing.assert_array_equal(decode_image(average_step), decode_image(tight))
