# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The colours of objects: by word, and those of the parts that look alike on all of them."""

from __future__ import annotations

Color = tuple[float, float, float]

VEHICLE_COLORS = ('red', 'blue', 'green', 'yellow', 'white', 'black', 'gray', 'orange')
PAINTS: dict[str, Color] = {
    'red': (0.75, 0.04, 0.04),
    'blue': (0.05, 0.13, 0.72),
    'green': (0.03, 0.42, 0.10),
    'yellow': (0.95, 0.82, 0.05),
    'white': (0.93, 0.93, 0.93),
    'black': (0.03, 0.03, 0.035),
    'gray': (0.42, 0.43, 0.45),
    'orange': (0.95, 0.40, 0.02),
    'navy': (0.10, 0.13, 0.30),
    'beige': (0.72, 0.62, 0.45),
    'teal': (0.10, 0.40, 0.42),
    'purple': (0.35, 0.15, 0.40),
    'maroon': (0.40, 0.08, 0.10),
    'petrol': (0.06, 0.27, 0.36),
    'olive': (0.35, 0.36, 0.16),
}
GLASS: Color = (0.10, 0.14, 0.18)
TYRE: Color = (0.03, 0.03, 0.03)
METAL: Color = (0.62, 0.63, 0.65)
DARK: Color = (0.09, 0.09, 0.10)
PALE: Color = (0.90, 0.90, 0.90)
PLATE: Color = (0.92, 0.92, 0.85)
SKIN: tuple[Color, ...] = ((0.87, 0.68, 0.55), (0.62, 0.43, 0.31), (0.36, 0.23, 0.16))
HAIR: tuple[Color, ...] = ((0.08, 0.06, 0.05), (0.35, 0.22, 0.1), (0.65, 0.55, 0.35))
# Lamps: nothing else has these colours, by which they shine in the dark.
LAMP: Color = (1.0, 0.98, 0.85)
TAIL: Color = (0.65, 0.02, 0.02)
BRAKING: Color = (1.0, 0.12, 0.10)  # what TAIL turns to
BEACON: Color = (0.10, 0.30, 1.0)
INDICATOR: Color = (1.0, 0.55, 0.0)
SIGN: Color = (1.0, 0.72, 0.10)
SHINING: tuple[Color, ...] = (LAMP, TAIL, BEACON, INDICATOR, SIGN)
