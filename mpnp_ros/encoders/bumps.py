# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Write a number as bumps on a scale, which a linear layer reads more easily than the number."""

from __future__ import annotations

import numpy as np


def bumps(values: np.ndarray, lowest: float, highest: float, count: int) -> np.ndarray:
    """Return Gaussian bumps [N, count] of values [N] around even marks from lowest to highest.

    A bump is as wide as the marks are apart. Values beyond the ends count as the ends, NaN gives
    zeros.
    """
    known = np.isfinite(values)
    inside = np.clip(np.where(known, values, lowest), lowest, highest)
    place = (inside - lowest) / (highest - lowest) * (count - 1)   # [N]
    drawn = np.exp(-0.5 * np.square(place[:, None] - np.arange(count)))
    return drawn * known[:, None]
