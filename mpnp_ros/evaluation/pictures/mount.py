# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How a camera is mounted: where it looks, and where its picture belongs among the others."""

from __future__ import annotations

import math

import numpy as np


def azimuth_of(base_from_camera: np.ndarray) -> float:
    """Return where a camera [4, 4] looks, rad counter-clockwise from the base's +x."""
    ahead = base_from_camera[:3, 2]   # optical frames look along z
    return math.atan2(ahead[1], ahead[0])


def from_left_to_right(base_from_camera: np.ndarray | None) -> tuple[bool, float]:
    """Return a key that orders cameras as one looks at them: ahead first, the left ones before.

    A mount that is not known, None, counts as looking straight ahead.
    """
    azimuth = 0.0 if base_from_camera is None else azimuth_of(base_from_camera)
    back = abs(azimuth) > math.pi / 2.0 + 1e-6
    return back, azimuth % (2.0 * math.pi) if back else -azimuth
