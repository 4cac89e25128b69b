# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Cars."""

from __future__ import annotations

import numpy as np

from mpnp_ros.world.objects.kind import register, Size
from mpnp_ros.world.objects.paint import BEACON, Color, DARK, PAINTS, PLATE, VEHICLE_COLORS
from mpnp_ros.world.objects.vehicle_parts import add_cabin, add_lamps, add_wheels
from mpnp_ros.world.parts import Parts, prism

_SMALLEST, _LARGEST = (3.9, 1.75, 1.42), (4.7, 1.95, 1.68)


@register('car', 'cars', colors=VEHICLE_COLORS, forms={
    '': (_SMALLEST, _LARGEST), 'police': ((4.4, 1.80, 1.60), (4.7, 1.90, 1.68))})
def build_car(
    parts: Parts, size: Size, color: Color, rng: np.random.Generator, form: str
) -> None:
    """Build a saloon, a hatchback or an estate; tall ones look like an SUV.

    A police car has a blue stripe and a light bar.
    """
    length, width, height = size
    bar = 0.14 if form == 'police' else 0.0
    height -= bar
    half = width / 2.0 - 0.09  # the mirrors reach the full width
    belt, sill = 0.62 * height, 0.17 * height
    nose, tail = length / 2.0, -length / 2.0
    rear_base, rear_top = ((-0.34, -0.20), (-0.47, -0.40), (-0.49, -0.45))[rng.integers(3)]
    body = [
        (tail, 0.30 * height), (tail, 0.56 * height), (tail + 0.05 * length, belt),
        (0.26 * length, belt), (nose - 0.06 * length, 0.53 * height),
        (nose, 0.44 * height), (nose, 0.28 * height),
        (nose - 0.04 * length, sill), (tail + 0.04 * length, sill),
    ]
    parts.hull(prism(body, half, 0.05), color)
    parts.box((0.0, 0.0, sill + 0.06), (length - 0.1, 2 * half + 0.02, 0.12), DARK)
    add_cabin(
        parts, color, half - 0.04, belt - 0.01, height,
        rear=(rear_base * length, rear_top * length), front=(0.07 * length, 0.24 * length))
    for x in (-0.30 * length, 0.31 * length):
        add_wheels(parts, x, half, 0.225 * height)
    add_lamps(parts, nose, tail, (half - 0.22, 0.43 * height), (half - 0.20, 0.49 * height))
    for side in (-1.0, 1.0):
        parts.box((0.17 * length, side * (half + 0.045), belt + 0.06), (0.12, 0.09, 0.11), color)
    parts.box((nose - 0.02, 0.0, 0.37 * height), (0.04, 0.80, 0.14), DARK)
    parts.box((nose - 0.01, 0.0, 0.27 * height), (0.02, 0.48, 0.11), PLATE)
    parts.box((tail + 0.01, 0.0, 0.41 * height), (0.02, 0.48, 0.11), PLATE)
    if form == 'police':
        parts.box((0.0, 0.0, 0.45 * height), (0.72 * length, 2 * half + 0.03, 0.17),
                  PAINTS['blue'])
        for side in (-1.0, 1.0):
            parts.box((-0.06 * length, side * 0.33, height + bar / 2.0), (0.25, 0.5, bar), BEACON)
