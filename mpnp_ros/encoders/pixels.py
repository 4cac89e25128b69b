# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The pixel encodings of sensor_msgs and their conversion to RGB."""

from __future__ import annotations

from dataclasses import dataclass
import re

import numpy as np

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.bayer import demosaic, RED

# Depth further than this is drawn as if it were this far.
MAX_DEPTH_M = 10.0

_GENERIC = re.compile(r'(8U|8S|16U|16S|32S|32F|64F)(?:C([1-4]?))?')
_TYPES = {
    '8U': 'u1', '8S': 'i1', '16U': 'u2', '16S': 'i2', '32S': 'i4', '32F': 'f4', '64F': 'f8',
}
_YUV = {
    'uyvy': 'uyvy', 'yuv422': 'uyvy', 'yuyv': 'yuyv', 'yuv422_yuy2': 'yuyv',
    'nv12': 'nv12', 'nv21': 'nv21', 'nv24': 'nv24',
}
_CHANNELS = {'mono': 1, 'rgb': 3, 'bgr': 3, 'rgba': 4, 'bgra': 4}
_NAMED = {
    **{f'{kind}{bits}': (kind, f'u{bits // 8}', channels)
       for bits in (8, 16) for kind, channels in _CHANNELS.items()},
    **{f'bayer_{tile}{bits}': (f'bayer_{tile}', f'u{bits // 8}', 1)
       for bits in (8, 16) for tile in RED},
    **{name: (kind, 'u1', 2 if kind in ('uyvy', 'yuyv') else 1) for name, kind in _YUV.items()},
}
EXPECTED = (
    ', '.join(_NAMED) + ', or an OpenCV type {8U,8S,16U,16S,32S,32F,64F}C{1..4} such as 16UC1'
)


@dataclass(frozen=True)
class PixelFormat:
    """What one encoding says about the bytes of a pixel.

    `kind` is mono, rgb, bgr, rgba, bgra, bayer_<tile>, uyvy, yuyv, nv12, nv21, nv24 or generic;
    `dtype` the number type without a byte order; `channels` the numbers per pixel of a row
    (of the luma plane, where there are planes).
    """

    encoding: str
    kind: str
    dtype: np.dtype
    channels: int

    @property
    def planar(self) -> bool:
        """Say whether chroma follows the luma rows in a plane of its own."""
        return self.kind.startswith('nv')

    @property
    def is_depth(self) -> bool:
        """Say whether REP 118 reads this encoding as depth (64FC1: as 32FC1)."""
        return self.kind == 'generic' and self.channels == 1 and self.dtype.str[1:] in (
            'u2', 'f4', 'f8')


def pixel_format(encoding: str) -> PixelFormat:
    """Look up an encoding of sensor_msgs/Image (image_encodings.hpp, and nv12).

    OpenCV types may leave out the channel count ('8UC', '8U'), which means one channel.
    Raises InputError naming the encodings that are known.
    """
    if encoding in _NAMED:
        kind, code, channels = _NAMED[encoding]
        return PixelFormat(encoding, kind, np.dtype(code), channels)
    match = _GENERIC.fullmatch(encoding)
    if match is None:
        raise InputError(f'encoding {encoding[:40]!r}: expected one of {EXPECTED}')
    return PixelFormat(encoding, 'generic', np.dtype(_TYPES[match[1]]), int(match[2] or 1))


def pixels_to_rgb(
    pixels: np.ndarray, layout: PixelFormat, max_depth_m: float = MAX_DEPTH_M
) -> np.ndarray:
    """Convert interleaved pixels [H, W] or [H, W, C] of an encoding to RGB [H, W, 3] uint8.

    16-bit colour is scaled by 255 / 65535 and rounded; alpha is dropped; Bayer mosaics are
    interpolated. Three and four OpenCV channels are BGR and BGRA, of two the first is drawn as
    grey. Floating-point colour is 0 to 1, 8S and 16S are shifted to start at 0, 32S is stretched
    over its own extent. Depth (REP 118: 16UC1 in millimetres, 32FC1 and 64FC1 in metres) is
    drawn by `depth_to_grey`. Raises InputError for an image without any finite number.
    """
    if layout.is_depth:
        return _grey(depth_to_grey(pixels, max_depth_m))
    levels = _to_bytes(pixels)
    if layout.kind.startswith('bayer_'):
        return demosaic(levels, layout.kind.removeprefix('bayer_'))
    if levels.ndim == 2:
        return _grey(levels)
    if levels.shape[2] == 2:
        return _grey(levels[..., 0])
    if layout.kind == 'rgb':
        return np.ascontiguousarray(levels)
    return _pick(levels, (0, 1, 2) if layout.kind == 'rgba' else (2, 1, 0))


def depth_to_grey(depth: np.ndarray, max_depth_m: float = MAX_DEPTH_M) -> np.ndarray:
    """Draw depth [H, W] as grey [H, W] uint8 on a scale that is the same for every image.

    Integers are millimetres and 0 means no reading; floats are metres, where NaN, -inf and
    values up to 0 mean no reading and +inf nothing within reach (REP 117, REP 118). Grey falls
    linearly from 255 at 0 m to 1 at `max_depth_m` and beyond; 0 is no reading.
    Raises InputError when no pixel has a reading.
    """
    with np.errstate(over='ignore', invalid='ignore'):  # float64 beyond float32 becomes inf
        metres = depth.astype(np.float32)
        read = metres > 0  # comparisons with NaN are false: NaN is no reading
    if depth.dtype.kind in 'ui':
        metres *= np.float32(0.001)
    if not (read & np.isfinite(metres)).any():
        raise InputError(
            'data: no pixel has a depth reading: every one of '
            f'{depth.shape[0]} x {depth.shape[1]} is zero, negative, NaN or infinite'
        )
    metres[~read] = 0.0
    np.minimum(metres, np.float32(max_depth_m), out=metres)
    grey = 255.5 - metres * np.float32(254.0 / max_depth_m)  # the half rounds the cast
    return np.where(read, grey, 0.0).astype(np.uint8)


def _to_bytes(pixels: np.ndarray) -> np.ndarray:
    """Scale numbers of any type that is not depth to uint8."""
    code = pixels.dtype.str[1:]
    if code == 'u1':
        return pixels
    if code == 'u2':
        # round(v / 257), which is round(v * 255 / 65535), exactly and without a division
        return ((pixels * np.uint32(255) + np.uint32(32895)) >> np.uint32(16)).astype(np.uint8)
    if code == 'i1':
        return pixels.view(np.uint8) ^ np.uint8(0x80)
    if code == 'i2':
        return _to_bytes(pixels.astype(np.int16).view(np.uint16) ^ np.uint16(0x8000))
    if code == 'i4':
        low, high = int(pixels.min()), int(pixels.max())
        levels = (pixels.astype(np.float64) - low) * (255.0 / max(high - low, 1))
        return (levels + 0.5).astype(np.uint8)
    finite = np.isfinite(pixels)
    if not finite.any():
        raise InputError('data: no pixel has a finite value: every one is NaN or infinite')
    levels = np.clip(np.where(finite, pixels, 0.0), 0.0, 1.0) * 255.0
    return (levels + 0.5).astype(np.uint8)


def _grey(levels: np.ndarray) -> np.ndarray:
    return _pick(levels[..., None], (0, 0, 0))


def _pick(levels: np.ndarray, channels: tuple[int, int, int]) -> np.ndarray:
    # Channel by channel: six times as fast as levels[..., channels] on a VGA image.
    rgb = np.empty((*levels.shape[:2], 3), dtype=np.uint8)
    for target, source in enumerate(channels):
        rgb[..., target] = levels[..., source]
    return rgb
