# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Buses."""

from __future__ import annotations

import numpy as np

from mpnp_ros.world.objects.kind import register, Size
from mpnp_ros.world.objects.paint import Color, DARK, GLASS, PALE, PLATE, SIGN, VEHICLE_COLORS
from mpnp_ros.world.objects.vehicle_parts import add_lamps, add_wheels
from mpnp_ros.world.parts import Parts


@register('bus', 'buses', colors=VEHICLE_COLORS,
          forms={'': ((9.5, 2.45, 2.95), (12.0, 2.55, 3.15))})
def build_bus(
    parts: Parts, size: Size, color: Color, rng: np.random.Generator, form: str
) -> None:
    """Build a city bus: a row of large windows all around, two doors, a lit sign in front."""
    length, width, height = size
    half, nose, tail = width / 2.0 - 0.03, length / 2.0, -length / 2.0
    body = length - 0.06
    low, high = 0.38 * height, 0.80 * height
    parts.box((0.0, 0.0, (0.32 + height - 0.08) / 2.0), (body, 2 * half, height - 0.40), color)
    parts.box((0.0, 0.0, height - 0.07), (body - 0.2, 2 * half - 0.2, 0.14), PALE)
    parts.box((-0.1 * length, 0.0, height - 0.06), (0.25 * length, 1.4, 0.12), PALE)
    parts.box((0.0, 0.0, 0.38), (body + 0.01, 2 * half + 0.01, 0.16), DARK)
    windows = max(5, int(length / 1.6))
    pitch = (body - 1.5) / windows
    for side in (-1.0, 1.0):
        for index in range(windows):
            x = tail + 0.35 + pitch * (index + 0.5)
            door = side < 0.0 and index in (windows // 2, windows - 1)
            bottom = 0.42 if door else low
            parts.box((x, side * half, (bottom + high) / 2.0),
                      (pitch - 0.14, 0.05, high - bottom), GLASS)
            if door:
                parts.box((x, side * (half + 0.02), (bottom + high) / 2.0),
                          (0.05, 0.04, high - bottom), color)
        parts.box((nose - 0.55, side * half, (low + high) / 2.0), (0.75, 0.05, high - low), GLASS)
        parts.box((nose + 0.0, side * (half - 0.1), 0.70 * height), (0.10, 0.22, 0.5), DARK)
    parts.box((nose - 0.03, 0.0, (0.33 * height + high) / 2.0),
              (0.05, 2 * half - 0.12, high - 0.33 * height), GLASS)
    parts.box((nose - 0.03, 0.0, 0.88 * height), (0.05, 2 * half - 0.2, 0.34), DARK)
    parts.box((nose - 0.02, 0.0, 0.88 * height), (0.06, 1.3, 0.20), SIGN)
    parts.box((tail + 0.03, 0.0, 0.70 * height), (0.05, 1.7, 0.6), GLASS)
    parts.box((tail + 0.03, 0.0, 0.36 * height), (0.05, 1.5, 0.5), DARK)
    parts.box((nose - 0.01, 0.0, 0.45), (0.04, 0.5, 0.11), PLATE)
    for x in (nose - 2.5, tail + 2.8):
        add_wheels(parts, x, half + 0.0, 0.48)
    add_lamps(parts, nose, tail, (half - 0.3, 0.72), (half - 0.18, 0.85), (0.36, 0.20))
