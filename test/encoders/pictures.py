# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures made by arithmetic, the same on every machine."""

from __future__ import annotations

import numpy as np


def scene(height: int = 224, width: int = 224) -> np.ndarray:
    """Make RGB [H, W, 3] uint8 with gradients, a chequered floor, a red disc and a dark box."""
    y, x = np.mgrid[0:height, 0:width]
    floor = (x * 14 // width + y * 14 // height) % 2 * 60
    below = y * 2 > height
    pixels = np.stack([
        60 + x * 120 // width + below * floor,
        160 - y * 100 // height + below * floor,
        200 - y * 180 // height], axis=-1)
    disc = (4 * y - height) ** 2 + (4 * x - 3 * width) ** 2 < (min(height, width) // 2) ** 2
    pixels[disc] = (220, 30, 40)
    box = (8 * y > 3 * height) & (8 * y < 6 * height) & (8 * x > width) & (8 * x < 3 * width)
    pixels[box] = (25, 25, 35)
    return pixels.astype(np.uint8)


def noise(seed: int, height: int = 48, width: int = 64) -> np.ndarray:
    """Make RGB [H, W, 3] uint8 of random pixels."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
