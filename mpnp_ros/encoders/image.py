# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Decode sensor_msgs/Image in every encoding that cv_bridge knows."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.message_bytes import message_bytes
from mpnp_ros.encoders.pixels import MAX_DEPTH_M, pixel_format, PixelFormat, pixels_to_rgb
from mpnp_ros.encoders.yuv import yuv_to_rgb

# Larger than any camera on a robot; a corrupt header must not allocate gigabytes.
MAX_PIXELS = 1 << 26


def decode_image(message: Any, *, max_depth_m: float = MAX_DEPTH_M) -> np.ndarray:
    """Decode a sensor_msgs/Image to RGB [H, W, 3] uint8, C-contiguous.

    Duck-typed on the fields of sensor_msgs/msg/Image: height, width, encoding, is_bigendian,
    step, data. Rows may be padded; 16-, 32- and 64-bit numbers may have either byte order. How
    each encoding becomes RGB: see `pixels_to_rgb` and `yuv_to_rgb`. An rgb8 image without row
    padding is not copied: the result aliases `message.data` and must not be written to.

    Raises InputError naming the field: an unknown encoding, a zero or absurd size, a step
    shorter than a row, data that is not height * step long, an image without any reading.
    """
    layout = pixel_format(str(message.encoding))
    height, width, step = int(message.height), int(message.width), int(message.step)
    check_size(height, width)
    data = message_bytes(message.data, 'data')
    row = width * layout.channels * layout.dtype.itemsize
    if step < row:
        raise InputError(
            f'step {step}: shorter than a row of {width} {layout.encoding} pixels, {row} bytes'
        )
    if layout.planar:
        return _decode_planes(data, layout, height, width, step)
    if len(data) != height * step:
        raise InputError(
            f'data: expected height * step = {height} * {step} = {height * step} bytes, '
            f'got {len(data)}'
        )
    if layout.kind in ('uyvy', 'yuyv'):
        return _decode_packed_yuv(data, layout, height, width, step)
    big = bool(message.is_bigendian)
    dtype = layout.dtype.newbyteorder('>' if big else '<')
    pixel = layout.channels * dtype.itemsize
    shape: tuple[int, ...] = (height, width)
    strides: tuple[int, ...] = (step, pixel)
    if layout.channels > 1:
        shape, strides = (*shape, layout.channels), (*strides, dtype.itemsize)
    pixels = np.ndarray(shape, dtype, buffer=data.data, strides=strides)  # [H, W(, C)]
    if dtype.itemsize > 1 and big != (sys.byteorder == 'big'):
        pixels = pixels.astype(layout.dtype)
    return pixels_to_rgb(pixels, layout, max_depth_m)


def check_size(height: int, width: int) -> None:
    """Refuse images without pixels and images no robot's camera has.

    Raises InputError naming height and width.
    """
    if height <= 0 or width <= 0:
        raise InputError(
            f'height, width: expected at least 1 x 1 pixel, got {height} x {width}')
    if height * width > MAX_PIXELS:
        raise InputError(
            f'height, width: expected at most {MAX_PIXELS} pixels, got {height} x {width}'
        )


def _decode_packed_yuv(
    data: np.ndarray, layout: PixelFormat, height: int, width: int, step: int
) -> np.ndarray:
    if width % 2:
        raise InputError(f'width {width}: {layout.encoding} stores pixels in pairs')
    pairs = np.ndarray(
        (height, width // 2, 4), np.uint8, buffer=data.data, strides=(step, 4, 1))
    luma = 0 if layout.kind == 'yuyv' else 1
    chroma = 1 - luma
    # A view of every second byte: [H, W]
    y = np.ndarray((height, width), np.uint8, data.data, offset=luma, strides=(step, 2))
    return yuv_to_rgb(y, pairs[..., chroma], pairs[..., chroma + 2])


def _decode_planes(
    data: np.ndarray, layout: PixelFormat, height: int, width: int, step: int
) -> np.ndarray:
    """Decode luma rows followed by interleaved chroma rows (nv12, nv21: 4:2:0; nv24: 4:4:4)."""
    factor = 1 if layout.kind == 'nv24' else 2
    if height % factor or width % factor:
        raise InputError(
            f'height, width: {layout.encoding} shares chroma among 2 x 2 pixels, '
            f'got {height} x {width}'
        )

    def bytes_of(stride: int) -> int:
        return height * stride + (height // factor) * (2 * stride // factor)

    # Drivers agree that data holds both planes, not on step: the stride of the luma rows, or
    # bytes per row over both planes. Tightly packed planes are recognised by their length.
    stride = step if len(data) == bytes_of(step) else width
    if len(data) != bytes_of(stride):
        raise InputError(
            f'data: expected {bytes_of(step)} bytes, {height} luma rows of {step} and the chroma '
            f'plane of {layout.encoding}, got {len(data)}'
        )
    y = np.ndarray((height, width), np.uint8, data.data, strides=(stride, 1))
    chroma = np.ndarray(
        (height // factor, width // factor, 2), np.uint8, data.data,
        offset=height * stride, strides=(2 * stride // factor, 2, 1))
    first, second = chroma[..., 0], chroma[..., 1]
    u, v = (second, first) if layout.kind == 'nv21' else (first, second)
    return yuv_to_rgb(y, u, v)
