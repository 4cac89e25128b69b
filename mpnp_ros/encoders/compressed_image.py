# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Decode sensor_msgs/CompressedImage as image_transport writes it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.image import check_size
from mpnp_ros.encoders.message_bytes import message_bytes
from mpnp_ros.encoders.pixels import MAX_DEPTH_M, pixel_format, PixelFormat, pixels_to_rgb

_SIGNATURES = {'JPEG': b'\xff\xd8\xff', 'PNG': b'\x89PNG\r\n\x1a\n', 'WEBP': b'RIFF'}
_COLOUR = ('rgb', 'bgr')


def decode_compressed_image(
    message: Any, *, max_depth_m: float = MAX_DEPTH_M, min_side: int = 0
) -> np.ndarray:
    """Decode a sensor_msgs/CompressedImage to RGB [H, W, 3] uint8, C-contiguous.

    Duck-typed on the fields of sensor_msgs/msg/CompressedImage: format, data. JPEG, PNG and WebP
    are told apart by their first bytes. `format` is 'jpeg', 'png', 'webp', or what
    compressed_image_transport writes, '<encoding of the raw image>; jpeg compressed <encoding
    of the file>': the raw encoding says how to read a grey file (16UC1 is depth, bayer_* is a
    mosaic), and a colour file not 'compressed bgr*' has red and blue exchanged.

    With `min_side` > 0 a JPEG may come out at 1/2, 1/4 or 1/8 of its size (which is faster),
    as long as neither side gets shorter than `min_side` pixels.

    Raises InputError naming the cause: compressedDepth and video formats, no data, truncated or
    damaged data, a zero or absurd size.
    """
    form = str(message.format)
    raw, compressed = _parse_format(form)
    data = message_bytes(message.data, 'data')
    if len(data) == 0:
        raise InputError(f'data: empty, expected a compressed image (format {form[:60]!r})')
    start = data[:12].tobytes()
    kinds = [kind for kind, signature in _SIGNATURES.items() if start.startswith(signature)]
    if not kinds:
        raise InputError(
            f'data: expected jpeg, png or webp, got bytes that start with {start[:4].hex(" ")} '
            f'(format {form[:60]!r})'
        )
    pixels = _decompress(data, kinds[0], min_side)  # [H, W] or [H, W, 3]
    if pixels.ndim == 2:
        if raw is None or raw.channels > 1 or raw.kind == 'generic' and not raw.is_depth:
            raw = pixel_format('mono16' if pixels.dtype == np.uint16 else 'mono8')
        elif raw.is_depth and pixels.dtype != np.uint16:
            raise InputError(
                f'format {form[:60]!r}: depth in an 8-bit {kinds[0]} has lost its scale, '
                'expected a 16-bit png'
            )
        return pixels_to_rgb(pixels, raw, max_depth_m)
    swapped = (
        raw is not None and raw.kind.rstrip('a') in _COLOUR
        and compressed.startswith('compressed') and 'compressed bgr' not in compressed
    )
    return np.ascontiguousarray(pixels[..., ::-1]) if swapped else pixels


def _parse_format(form: str) -> tuple[PixelFormat | None, str]:
    """Split a format into the encoding of the raw image and what is said of the file."""
    lowered = form.lower()
    if 'compresseddepth' in lowered:
        raise InputError(
            f'format {form[:60]!r}: compressedDepth (a depth header before a PNG or RVL stream) '
            'is not decoded, expected jpeg, png or webp: republish the topic as raw images with '
            'image_transport, or subscribe to the raw depth topic'
        )
    for video in ('h264', 'h265', 'hevc', 'vp9', 'av1', 'ffmpeg'):
        if video in lowered:
            raise InputError(
                f'format {form[:60]!r}: a video stream is not decoded, '
                'expected jpeg, png or webp'
            )
    encoding, semicolon, rest = form.partition(';')
    if not semicolon:
        return None, ''
    _, _, compressed = rest.strip().partition(' ')  # 'jpeg compressed bgr8'
    try:
        return pixel_format(encoding.strip()), compressed
    except InputError:
        return None, compressed


def _decompress(data: np.ndarray, kind: str, min_side: int) -> np.ndarray:
    """Decompress to RGB [H, W, 3] uint8, or grey [H, W] uint8 or uint16."""
    try:
        with Image.open(io.BytesIO(data.data), formats=(kind,)) as image:
            width, height = image.size
            check_size(height, width)
            if min_side > 0:
                image.draft(None, _draft_size(width, height, min_side))
            image.load()
            if image.mode.startswith('I'):
                return np.asarray(image).astype(np.uint16)
            if image.mode in ('1', 'L', 'LA'):
                return np.asarray(image.convert('L'))
            return np.array(image if image.mode == 'RGB' else image.convert('RGB'))
    except InputError:
        raise
    except Exception as error:  # whatever a decoder raises on damaged bytes
        raise InputError(f'data: damaged or truncated {kind.lower()}: {error}') from error


def _draft_size(width: int, height: int, min_side: int) -> tuple[int, int]:
    # Pillow picks the largest divisor of 1, 2, 4, 8 that keeps both sides at least this long.
    short = min(width, height)
    divisor = next((by for by in (8, 4, 2) if short >= by * min_side), 1)
    return width // divisor, height // divisor
