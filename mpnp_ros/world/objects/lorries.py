# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Trucks and what they pull."""

from __future__ import annotations

import numpy as np

from mpnp_ros.world.objects.kind import register, Size
from mpnp_ros.world.objects.paint import BEACON, Color, DARK, METAL, PAINTS, TAIL, VEHICLE_COLORS
from mpnp_ros.world.objects.vehicle_parts import add_cabin, add_lamps, add_wheels
from mpnp_ros.world.parts import Parts, prism

_SMALLEST, _LARGEST = (6.2, 2.25, 2.9), (8.0, 2.50, 3.4)
_DECK = 0.9


@register('truck', 'trucks', colors=VEHICLE_COLORS, forms={
    '': (_SMALLEST, _LARGEST),
    'box': (_SMALLEST, _LARGEST),
    'flatbed': ((6.2, 2.25, 2.5), (8.0, 2.50, 2.8)),
    'pickup': ((5.2, 1.95, 1.85), (5.8, 2.05, 1.95)),
    'fire': ((7.0, 2.40, 3.1), (8.0, 2.50, 3.3))})
def build_truck(
    parts: Parts, size: Size, color: Color, rng: np.random.Generator, form: str
) -> None:
    """Build a cab with a sloping windscreen and, behind it, a box or an open bed.

    In the form '' the box has a colour of its own, otherwise that of the cab.
    """
    if form == 'pickup':
        _pickup(parts, size, color)
        return
    length, width, height = size
    half, nose, tail = width / 2.0, length / 2.0, -length / 2.0
    bar = 0.16 if form == 'fire' else 0.0
    cab_back = nose - 1.9
    cab_top = height - bar if form in ('flatbed', 'fire') else 0.80 * height
    load_end = cab_back - 0.12
    parts.box((0.0, 0.0, 0.72), (length - 0.3, 0.9, 0.35), DARK)
    middle, span = (tail + load_end) / 2.0, load_end - tail
    if form == 'flatbed':
        _bed(parts, tail, load_end, width, color, rng)
    else:
        own = ((0.80, 0.80, 0.77), (0.60, 0.66, 0.70), (0.70, 0.62, 0.48))[rng.integers(3)]
        box = color if form else own
        roof = height - bar - (0.15 if form == 'fire' else 0.0)
        parts.box((middle, 0.0, (_DECK + roof) / 2.0), (span, width, roof - _DECK), box)
        for z in (_DECK + 0.04, roof - 0.05):
            parts.box((middle, 0.0, z), (span + 0.01, width + 0.01, 0.08), METAL)
        parts.box((tail + 0.005, 0.0, (_DECK + roof) / 2.0), (0.03, 0.04, roof - _DECK), DARK)
    if form == 'fire':
        parts.box((middle, 0.0, 1.35), (span + 0.02, width + 0.02, 0.22), (0.95, 0.95, 0.95))
        parts.box((middle, 0.0, height - bar - 0.08), (span, 0.7, 0.14), METAL)
    cab_half, waist = half - 0.14, 0.47 * cab_top / 0.80
    parts.hull(
        prism([(cab_back, 0.45), (cab_back, waist), (nose, waist), (nose, 0.45)], cab_half), color)
    add_cabin(
        parts, color, cab_half, waist, cab_top,
        rear=(cab_back, cab_back), front=(nose - 0.35, nose), rear_window=False)
    for x in (nose - 1.0, tail + 1.2, tail + 2.2):
        add_wheels(parts, x, half - 0.02, 0.46)
    add_lamps(parts, nose, tail, (cab_half - 0.25, 0.72), (half - 0.25, 0.80), (0.4, 0.18))
    for side in (-1.0, 1.0):
        parts.box((nose - 0.25, side * (half - 0.08), waist + 0.45), (0.08, 0.14, 0.4), DARK)
        if bar:
            parts.box((nose - 0.8, side * 0.5, height - bar / 2.0), (0.3, 0.6, bar), BEACON)
    parts.box((nose - 0.02, 0.0, 1.05), (0.04, 1.4, 0.3), DARK)
    parts.box((tail + 0.04, 0.0, 0.55), (0.08, width - 0.2, 0.14), DARK)


def _bed(
    parts: Parts, tail: float, end: float, width: float, color: Color, rng: np.random.Generator
) -> None:
    middle, span = (tail + end) / 2.0, end - tail
    parts.box((middle, 0.0, _DECK + 0.06), (span, width, 0.14), METAL)
    for side in (-1.0, 1.0):
        parts.box((middle, side * (width / 2.0 - 0.03), _DECK + 0.35), (span, 0.06, 0.5), color)
    for x in (tail + 0.03, end - 0.03):
        parts.box((x, 0.0, _DECK + 0.35), (0.06, width, 0.5), color)
    if rng.random() < 0.6:
        wood = (0.55, 0.40, 0.22)
        parts.box((middle - 0.1 * span, 0.0, _DECK + 0.6), (0.55 * span, 0.7 * width, 0.8), wood)


def _pickup(parts: Parts, size: Size, color: Color) -> None:
    length, width, height = size
    half, nose, tail = width / 2.0 - 0.09, length / 2.0, -length / 2.0
    belt, sill, bed = 0.60 * height, 0.24 * height, -0.12 * length
    parts.hull(prism([
        (bed, sill), (bed, belt), (0.24 * length, belt), (nose - 0.03 * length, 0.54 * height),
        (nose, 0.48 * height), (nose, 0.30 * height), (nose - 0.04 * length, sill)], half, 0.04),
        color)
    parts.box(((tail + bed) / 2.0, 0.0, 0.37 * height), (bed - tail, 2 * half, 0.24 * height),
              color)
    parts.box(((tail + bed) / 2.0, 0.0, 0.52 * height), (bed - tail - 0.12, 2 * half - 0.14, 0.08),
              DARK)
    for side in (-1.0, 1.0):
        parts.box(((tail + bed) / 2.0, side * (half - 0.04), 0.54 * height),
                  (bed - tail, 0.08, 0.12 * height), color)
        parts.box((0.14 * length, side * (half + 0.045), belt + 0.08), (0.13, 0.09, 0.13), color)
    parts.box((tail + 0.03, 0.0, 0.52 * height), (0.06, 2 * half, 0.16 * height), color)
    add_cabin(parts, color, half - 0.04, belt - 0.01, height,
              rear=(bed, bed + 0.03 * length), front=(0.10 * length, 0.22 * length))
    for x in (-0.32 * length, 0.31 * length):
        add_wheels(parts, x, half, 0.215 * height)
    add_lamps(parts, nose, tail, (half - 0.22, 0.44 * height), (half - 0.12, 0.46 * height),
              (0.30, 0.16))
    parts.box((nose - 0.02, 0.0, 0.38 * height), (0.05, 0.9, 0.2), DARK)


@register('trailer', 'trailers', colors=VEHICLE_COLORS, forms={
    'box': ((7.5, 2.45, 3.5), (10.5, 2.55, 3.9)),
    'tank': ((7.5, 2.30, 3.2), (9.5, 2.50, 3.5)),
    'container': ((7.0, 2.40, 3.7), (9.0, 2.50, 3.9))})
def build_trailer(
    parts: Parts, size: Size, color: Color, rng: np.random.Generator, form: str
) -> None:
    """Build a load on a frame with three axles at the rear and a leg and a drawbar in front."""
    length, width, height = size
    half, nose, tail = width / 2.0, length / 2.0, -length / 2.0
    front = nose - 0.9  # the drawbar is ahead of it
    middle, span = (tail + front) / 2.0, front - tail
    parts.box((middle, 0.0, 0.95), (span, 1.0, 0.24), DARK)
    if form == 'tank':
        radius = min((height - 1.1) / 2.0, half)
        z = height - radius
        parts.cylinder((tail + 0.5, 0.0, z), (front - 0.5, 0.0, z), radius, color)
        for x in (tail + 0.5, front - 0.5):
            parts.ellipsoid((x, 0.0, z), (1.0, 2.0 * radius, 2.0 * radius), color)
        for x in np.linspace(tail + 1.0, front - 1.0, 4):
            parts.cylinder((x - 0.05, 0.0, z), (x + 0.05, 0.0, z), radius + 0.02, METAL)
        parts.box((middle, 0.0, 1.15), (span, 1.6, 0.2), METAL)
    else:
        floor = 1.15
        parts.box((middle, 0.0, (floor + height) / 2.0), (span, width, height - floor), color)
        count = max(4, int(span / (0.6 if form == 'container' else 1.4)))
        shade = tuple(0.75 * c + 0.05 for c in color)
        for x in np.linspace(tail + 0.15, front - 0.15, count):
            parts.box((x, 0.0, (floor + height) / 2.0),
                      (0.07, width + 0.05, height - floor - 0.15), (shade[0], shade[1], shade[2]))
        for z in (floor + 0.05, height - 0.05):
            parts.box((middle, 0.0, z), (span + 0.03, width + 0.03, 0.1), METAL)
        parts.box((tail - 0.005, 0.0, (floor + height) / 2.0), (0.03, 0.05, height - floor), DARK)
    for x in (tail + 1.0, tail + 2.1, tail + 3.2):
        add_wheels(parts, x, half - 0.03, 0.48)
    for side in (-1.0, 1.0):
        parts.box((front - 1.6, side * 0.6, 0.5), (0.14, 0.14, 0.9), METAL)
        parts.box((front - 1.6, side * 0.6, 0.04), (0.3, 0.3, 0.08), METAL)
        parts.box((tail + 0.02, side * (half - 0.3), 0.85), (0.06, 0.4, 0.2), TAIL)
        parts.capsule((front, side * 0.45, 0.9), (nose - 0.1, 0.0, 0.75), 0.07, DARK)
    # Red and white stripes along the lower rear edge.
    for index in range(6):
        parts.box((tail + 0.02, (index - 2.5) * width / 6.0, 0.62), (0.05, width / 6.0, 0.14),
                  PAINTS['red'] if index % 2 else PAINTS['white'])
