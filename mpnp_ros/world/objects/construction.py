# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Construction vehicles: excavators, wheel loaders and rollers."""

from __future__ import annotations

import numpy as np

from mpnp_ros.world.objects.kind import register, Size
from mpnp_ros.world.objects.paint import Color, DARK, INDICATOR, METAL, TYRE
from mpnp_ros.world.objects.vehicle_parts import add_cabin, add_lamps
from mpnp_ros.world.parts import Parts, prism


@register('construction vehicle', 'construction vehicles', colors=('yellow', 'orange'), forms={
    'excavator': ((7.0, 2.4, 3.2), (8.5, 2.6, 3.6)),
    'loader': ((6.2, 2.3, 2.9), (7.2, 2.5, 3.2)),
    'roller': ((4.6, 1.9, 2.7), (5.4, 2.1, 2.9))})
def build_construction_vehicle(
    parts: Parts, size: Size, color: Color, rng: np.random.Generator, form: str
) -> None:
    """Build the machine of a form in its works colour."""
    {'excavator': _excavator, 'loader': _loader, 'roller': _roller}[form](parts, size, color)


def _excavator(parts: Parts, size: Size, color: Color) -> None:
    length, width, height = size
    tail, nose = -length / 2.0, length / 2.0
    track = 0.52 * length
    middle = tail + track / 2.0 + 0.2
    for side in (-1.0, 1.0):
        y = side * (width / 2.0 - 0.27)
        parts.hull(
            [[middle + x, y + s * 0.26, z] for s in (-1.0, 1.0) for x, z in (
                (-track / 2.0, 0.38), (-track / 2.0 + 0.3, 0.0), (track / 2.0 - 0.3, 0.0),
                (track / 2.0, 0.38), (track / 2.0 - 0.3, 0.76), (-track / 2.0 + 0.3, 0.76))],
            TYRE)
        for x in np.linspace(-0.38, 0.38, 4):
            parts.cylinder((middle + x * track, y + side * 0.24, 0.38),
                           (middle + x * track, y + side * 0.28, 0.38), 0.2, METAL)
    parts.cylinder((middle, 0.0, 0.6), (middle, 0.0, 1.0), 0.7, DARK)
    back, front = tail, middle + 0.42 * track
    parts.box(((back + front) / 2.0, 0.0, 1.25), (front - back, width - 0.1, 0.5), color)
    parts.box((back + 0.65, 0.0, 1.75), (1.3, width - 0.15, 0.7), color)
    parts.box((back + 0.01, 0.0, 1.6), (0.04, width - 0.7, 0.5), DARK)
    half = 0.5
    cab = parts.moved(0.0, width / 2.0 - 0.12 - half, 0.0)
    add_cabin(cab, color, half, 1.5, height - 0.15, rear=(front - 1.7, front - 1.65),
              front=(front - 0.25, front - 0.05))
    parts.cylinder((front - 1.0, 0.5, height - 0.16), (front - 1.0, 0.5, height), 0.12, INDICATOR)
    # Boom, stick and bucket on the right of the cab.
    y, elbow = -0.35, (front + 0.45 * (nose - front) + 0.3, height - 0.35)
    wrist = (nose - 0.55, 1.05)
    _beam(parts, (front - 0.3, 1.5), elbow, y, 0.24, color)
    _beam(parts, elbow, wrist, y, 0.17, color)
    parts.capsule((front - 0.1, y, 1.25), (elbow[0] - 0.7, y, elbow[1] - 0.45), 0.07, METAL)
    parts.hull(prism([(wrist[0] - 0.55, 0.95), (wrist[0] - 0.65, 0.45), (wrist[0] - 0.1, 0.1),
                      (wrist[0] + 0.5, 0.3), (wrist[0] + 0.4, 1.1), (wrist[0], 1.2)], 0.5), DARK)


def _loader(parts: Parts, size: Size, color: Color) -> None:
    length, width, height = size
    tail, nose = -length / 2.0, length / 2.0
    half, radius = width / 2.0, 0.68
    axles = (tail + 1.25, nose - 2.1)
    for x in axles:
        for side in (-1.0, 1.0):
            parts.cylinder((x, side * (half - 0.5), radius), (x, side * (half - 0.03), radius),
                           radius, TYRE)
            parts.cylinder((x, side * (half - 0.05), radius), (x, side * half, radius), 0.33,
                           color)
    parts.hull(prism([(tail, 0.75), (tail, 1.7), (tail + 0.2, 1.85), (tail + 1.9, 1.85),
                      (tail + 1.9, 0.6), (tail + 0.3, 0.6)], half - 0.45, 0.06), color)
    parts.box((tail - 0.0, 0.0, 1.25), (0.04, 1.0, 0.6), DARK)
    parts.box(((axles[0] + axles[1]) / 2.0 + 0.4, 0.0, 0.95), (axles[1] - axles[0], 0.9, 0.6),
              color)
    add_cabin(parts, color, 0.72, 1.4, height - 0.15, rear=(tail + 1.8, tail + 1.85),
              front=(tail + 3.0, tail + 3.25))
    parts.cylinder((tail + 2.4, 0.0, height - 0.17), (tail + 2.4, 0.0, height), 0.12, INDICATOR)
    for side in (-1.0, 1.0):
        parts.capsule((axles[1] - 0.3, side * 0.45, 1.45), (nose - 0.75, side * 0.45, 0.55), 0.13,
                      color)
    parts.hull(prism([(nose - 0.95, 0.15), (nose - 0.85, 1.05), (nose - 0.55, 1.05),
                      (nose, 0.12), (nose - 0.7, 0.05)], half - 0.02), METAL)
    add_lamps(parts, axles[1] + 0.1, tail, (0.6, 1.35), (0.5, 1.65), (0.2, 0.16))


def _roller(parts: Parts, size: Size, color: Color) -> None:
    length, width, height = size
    tail, nose = -length / 2.0, length / 2.0
    half, drum = width / 2.0, 0.66
    parts.cylinder((nose - drum, -half + 0.08, drum), (nose - drum, half - 0.08, drum), drum,
                   METAL)
    for side in (-1.0, 1.0):
        parts.box((nose - drum - 0.2, side * (half - 0.04), drum + 0.1),
                  (1.9 * drum, 0.08, 0.3), color)
        parts.cylinder((tail + drum, side * (half - 0.5), drum),
                       (tail + drum, side * (half - 0.02), drum), drum, TYRE)
        parts.cylinder((tail + drum, side * half - side * 0.03, drum),
                       (tail + drum, side * half, drum), 0.3, color)
    parts.box((nose - 2 * drum - 0.15, 0.0, drum + 0.1), (0.35, width - 0.05, 0.5), color)
    parts.hull(prism([(tail, 0.9), (tail + 0.1, 1.5), (tail + 1.5, 1.65), (tail + 1.5, 0.7),
                      (tail + 0.3, 0.7)], half - 0.35, 0.05), color)
    parts.box(((tail + nose) / 2.0 + 0.1, 0.0, 0.95), (1.9, 1.1, 0.55), color)
    add_cabin(parts, color, 0.68, 1.2, height - 0.15, rear=(tail + 1.5, tail + 1.55),
              front=(tail + 2.75, tail + 2.9))
    parts.cylinder((tail + 2.2, 0.0, height - 0.17), (tail + 2.2, 0.0, height), 0.12, INDICATOR)
    add_lamps(parts, nose - 2 * drum + 0.05, tail + 0.05, (0.6, 1.3), (0.4, 1.2), (0.2, 0.14))


def _beam(
    parts: Parts, start: tuple[float, float], end: tuple[float, float], y: float, half: float,
    color: Color,
) -> None:
    """Add an arm between two (x, z), thicker in the middle."""
    (x0, z0), (x1, z1) = start, end
    along = np.array([x1 - x0, z1 - z0])
    across = np.array([-along[1], along[0]]) / np.linalg.norm(along) * half
    middle = np.array([x0, z0]) + 0.45 * along
    first, last = np.array(start), np.array(end)
    profile = [first - 0.5 * across, first + 0.5 * across, middle + 1.3 * across,
               last + 0.5 * across, last - 0.5 * across, middle - 1.0 * across]
    parts.hull([[float(x), y + side * 0.17, float(z)] for x, z in profile for side in (-1.0, 1.0)],
               color)
