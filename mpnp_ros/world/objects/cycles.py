# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Motorcycles and bicycles, with and without somebody on them."""

from __future__ import annotations

import numpy as np

from mpnp_ros.world.objects.kind import register, Size
from mpnp_ros.world.objects.paint import (
    Color, DARK, GLASS, HAIR, LAMP, METAL, PAINTS, SKIN, TAIL, TYRE, VEHICLE_COLORS)
from mpnp_ros.world.objects.people import add_rider
from mpnp_ros.world.parts import Parts, prism

_FORMS = ('without rider', 'with rider')
_JACKETS = ('red', 'blue', 'black', 'navy', 'gray', 'white', 'teal', 'orange')
_TROUSERS: Color = (0.12, 0.13, 0.18)


@register('motorcycle', 'motorcycles', colors=VEHICLE_COLORS, statuses='rider', forms={
    _FORMS[0]: ((2.0, 0.75, 1.15), (2.2, 0.82, 1.25)),
    _FORMS[1]: ((2.0, 0.75, 1.62), (2.2, 0.82, 1.78))})
def build_motorcycle(
    parts: Parts, size: Size, color: Color, rng: np.random.Generator, form: str
) -> None:
    """Build fat wheels, an engine block, a coloured tank and fairing, a long seat."""
    length, width, _ = size
    radius = 0.31
    front, rear = length / 2.0 - radius, -length / 2.0 + radius
    for x in (front, rear):
        parts.cylinder((x, -0.075, radius), (x, 0.075, radius), radius, TYRE)
        parts.cylinder((x, -0.085, radius), (x, 0.085, radius), 0.17, METAL)
    parts.hull(prism([(rear + 0.35, 0.30), (front - 0.5, 0.26), (front - 0.38, 0.66),
                      (rear + 0.4, 0.62)], 0.16), METAL)
    parts.hull(prism([(-0.12, 0.68), (front - 0.36, 0.70), (front - 0.36, 0.88),
                      (0.10, 0.94)], 0.17, 0.05), color)
    parts.hull(prism([(rear - 0.15, 0.80), (rear + 0.1, 0.68), (0.05, 0.70), (0.0, 0.82),
                      (rear - 0.05, 0.90)], 0.14), DARK)
    parts.hull(prism([(rear - 0.25, 0.82), (rear - 0.1, 0.62), (rear + 0.35, 0.62),
                      (rear + 0.1, 0.80)], 0.12), color)
    parts.box((rear - 0.24, 0.0, 0.80), (0.06, 0.22, 0.10), TAIL)
    parts.hull(prism([(front - 0.40, 0.70), (front - 0.08, 0.72), (front - 0.06, 0.90),
                      (front - 0.30, 1.02)], 0.17, 0.06), color)
    parts.hull(prism([(front - 0.10, 0.98), (front - 0.14, 0.98), (front - 0.30, 1.14),
                      (front - 0.26, 1.14)], 0.14), GLASS)
    parts.box((front - 0.04, 0.0, 0.82), (0.06, 0.22, 0.15), LAMP)
    parts.box((front, 0.0, 2 * radius + 0.02), (0.42, 0.16, 0.04), color)
    for side in (-1.0, 1.0):
        parts.capsule((front, side * 0.10, radius), (front - 0.28, side * 0.10, 0.92), 0.03, METAL)
        grip = (front - 0.42, side * (width / 2.0 - 0.03), 1.02)
        parts.capsule((front - 0.30, side * 0.10, 1.00), grip, 0.025, DARK)
    parts.capsule((front - 0.5, -0.2, 0.32), (rear - 0.1, -0.2, 0.42), 0.06, METAL)
    if form == _FORMS[1]:
        jacket = PAINTS[str(rng.choice(_JACKETS))]
        helmet = PAINTS[str(rng.choice(('white', 'red', 'black', 'yellow')))]
        add_rider(parts, seat=(-0.18, 0.82), hands=(front - 0.45, 1.02), feet=(0.10, 0.30),
                  top=size[2], colors=(jacket, _TROUSERS, SKIN[rng.integers(3)], helmet),
                  helmet=True, lean=0.22)
    else:
        parts.capsule((0.0, 0.15, 0.3), (-0.05, 0.30, 0.03), 0.02, METAL)


@register('bicycle', 'bicycles', colors=VEHICLE_COLORS, colored=False, statuses='rider', forms={
    _FORMS[0]: ((1.70, 0.56, 1.02), (1.80, 0.62, 1.10)),
    _FORMS[1]: ((1.70, 0.56, 1.68), (1.80, 0.62, 1.85))})
def build_bicycle(
    parts: Parts, size: Size, color: Color, rng: np.random.Generator, form: str
) -> None:
    """Build two thin wheels and a frame of tubes."""
    length, width, _ = size
    radius = 0.34
    front, rear = length / 2.0 - radius - 0.02, -length / 2.0 + radius + 0.02
    for x in (front, rear):
        parts.ring((x, 0.0, radius), radius, 0.035, TYRE)
        for angle in np.linspace(0.0, np.pi, 3, endpoint=False):
            dx, dz = 0.31 * np.cos(angle), 0.31 * np.sin(angle)
            parts.capsule((x - dx, 0.0, radius - dz), (x + dx, 0.0, radius + dz), 0.006, METAL)
    crank, head, saddle = (rear + 0.45, 0.30), (front - 0.14, 0.88), (rear + 0.26, 0.86)
    for start, end in ((crank, head), (crank, saddle), ((saddle[0] + 0.04, 0.74), head),
                       ((rear, radius), crank), ((rear, radius), (saddle[0] + 0.02, 0.70)),
                       (head, (front, radius))):
        parts.capsule((start[0], 0.0, start[1]), (end[0], 0.0, end[1]), 0.024, color)
    parts.box((saddle[0], 0.0, saddle[1] + 0.06), (0.27, 0.15, 0.06), DARK)
    parts.capsule((head[0], 0.0, head[1]), (head[0] - 0.03, 0.0, 1.0), 0.018, METAL)
    grip = width / 2.0 - 0.03
    parts.capsule((head[0] - 0.03, -grip, 1.0), (head[0] - 0.03, grip, 1.0), 0.018, DARK)
    parts.cylinder((crank[0], -0.04, crank[1]), (crank[0], 0.04, crank[1]), 0.09, METAL)
    parts.box((rear - 0.05, 0.0, 0.66), (0.05, 0.08, 0.05), TAIL)
    if form == _FORMS[1]:
        jacket = PAINTS[str(rng.choice(_JACKETS))]
        trousers = ((0.12, 0.13, 0.18), (0.35, 0.28, 0.2), (0.2, 0.22, 0.3))[rng.integers(3)]
        helmet = bool(rng.random() < 0.5)
        hair = HAIR[rng.integers(3)]
        if helmet:
            hair = PAINTS[str(rng.choice(('white', 'red', 'blue')))]
        add_rider(parts, seat=(saddle[0], 0.92), hands=(head[0] - 0.03, 1.02),
                  feet=(crank[0] + 0.02, 0.20), top=size[2],
                  colors=(jacket, trousers, SKIN[rng.integers(3)], hair), helmet=helmet, lean=0.30)
