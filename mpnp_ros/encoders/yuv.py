# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""YUV images to RGB."""

from __future__ import annotations

import numpy as np

# ITU-R BT.601, studio range (Y 16..235, U and V 16..240), as OpenCV and so cv_bridge decode it.
# Five fractional bits: the largest sum, 1.164 * 239 + 2.018 * 127, still fits 16 bits.
_BITS = 5
_LEVEL = np.arange(256, dtype=np.float64)


def _table(levels: np.ndarray) -> np.ndarray:
    return np.rint(levels * 2**_BITS).astype(np.int16)  # [256]


# Luma below black counts as black; the half makes the final shift round.
_LUMA = _table(255 / 219 * np.maximum(_LEVEL - 16, 0) + 0.5)
_RED_V = _table(1.596027 * (_LEVEL - 128))
_GREEN_U = _table(-0.391762 * (_LEVEL - 128))
_GREEN_V = _table(-0.812968 * (_LEVEL - 128))
_BLUE_U = _table(2.017232 * (_LEVEL - 128))


def yuv_to_rgb(y: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Convert luma [H, W] and chroma planes to RGB [H, W, 3], all uint8.

    The chroma planes [H / a, W / b] may be subsampled by whole factors a and b (4:2:0 has
    a = b = 2, 4:2:2 a = 1 and b = 2, 4:4:4 a = b = 1); each chroma sample serves its a x b
    pixels. ITU-R BT.601, studio range.
    """
    chroma = (
        _RED_V.take(v),
        _GREEN_U.take(u) + _GREEN_V.take(v),
        _BLUE_U.take(u),
    )  # 3 of [H / a, W / b] int16
    down, right = y.shape[0] // u.shape[0], y.shape[1] // u.shape[1]
    rgb = np.empty((*y.shape, 3), dtype=np.uint8)
    for row in range(down):
        for column in range(right):
            luma = _LUMA.take(y[row::down, column::right])  # [H / a, W / b] int16
            for channel in range(3):
                level = luma + chroma[channel]
                level >>= _BITS
                np.clip(level, 0, 255, out=level)
                rgb[row::down, column::right, channel] = level
    return rgb
