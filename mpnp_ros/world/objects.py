# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The kinds of objects in a street: how large they are and what they look like.

A new kind is one function here, registered under the name the questions use.
Object frame: x forward, y left, z up, origin on the ground under the middle (REP 103).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mpnp_ros.world.parts import Color, Parts, prism

Size = tuple[float, float, float]
Builder = Callable[[Parts, Size, Color, np.random.Generator], None]

CAR_COLORS: dict[str, Color] = {
    'red': (0.75, 0.04, 0.04),
    'blue': (0.05, 0.13, 0.72),
    'green': (0.03, 0.42, 0.10),
    'yellow': (0.95, 0.82, 0.05),
    'white': (0.93, 0.93, 0.93),
    'black': (0.03, 0.03, 0.035),
    'gray': (0.42, 0.43, 0.45),
    'orange': (0.95, 0.40, 0.02),
}
_CLOTHES: dict[str, Color] = {
    'red': (0.6, 0.12, 0.12), 'navy': (0.1, 0.13, 0.3), 'beige': (0.72, 0.62, 0.45),
    'white': (0.85, 0.85, 0.83), 'teal': (0.1, 0.4, 0.42), 'purple': (0.35, 0.15, 0.4),
}
_CABS: dict[str, Color] = {
    'white': (0.85, 0.85, 0.85), 'maroon': (0.4, 0.08, 0.1), 'petrol': (0.06, 0.27, 0.36),
    'olive': (0.35, 0.36, 0.16),
}
_GLASS: Color = (0.10, 0.14, 0.18)
_TYRE: Color = (0.03, 0.03, 0.03)
_METAL: Color = (0.62, 0.63, 0.65)
_DARK: Color = (0.09, 0.09, 0.10)
_LAMP: Color = (1.0, 0.98, 0.85)
_TAIL: Color = (0.65, 0.02, 0.02)
_PLATE: Color = (0.92, 0.92, 0.85)
_CONE: Color = (1.0, 0.33, 0.02)
_SKIN: tuple[Color, ...] = ((0.87, 0.68, 0.55), (0.62, 0.43, 0.31), (0.36, 0.23, 0.16))
_HAIR: tuple[Color, ...] = ((0.08, 0.06, 0.05), (0.35, 0.22, 0.1), (0.65, 0.55, 0.35))


@dataclass(frozen=True)
class Kind:
    """One kind of object: the smallest and largest size (m), its colours, and its builder."""

    name: str
    plural: str
    smallest: Size
    largest: Size
    colors: dict[str, Color]
    build: Builder


KINDS: dict[str, Kind] = {}


def _register(
    name: str, plural: str, smallest: Size, largest: Size, colors: dict[str, Color]
) -> Callable[[Builder], Builder]:
    def decorate(build: Builder) -> Builder:
        KINDS[name] = Kind(name, plural, smallest, largest, colors, build)
        return build

    return decorate


@_register('car', 'cars', (3.9, 1.75, 1.42), (4.7, 1.95, 1.68), CAR_COLORS)
def build_car(parts: Parts, size: Size, color: Color, rng: np.random.Generator) -> None:
    """Build a saloon, a hatchback or an estate; tall ones look like an SUV."""
    length, width, height = size
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
    parts.box((0.0, 0.0, sill + 0.06), (length - 0.1, 2 * half + 0.02, 0.12), _DARK)
    _cabin(
        parts, color, half - 0.04, belt - 0.01, height,
        rear=(rear_base * length, rear_top * length), front=(0.07 * length, 0.24 * length),
    )
    radius = 0.225 * height
    for x in (-0.30 * length, 0.31 * length):
        _wheels(parts, x, half, radius)
    for side in (-1.0, 1.0):
        parts.box((nose - 0.03, side * (half - 0.24), 0.43 * height), (0.06, 0.36, 0.13), _LAMP)
        parts.box((tail + 0.03, side * (half - 0.20), 0.49 * height), (0.06, 0.32, 0.15), _TAIL)
        parts.box((0.17 * length, side * (half + 0.045), belt + 0.06), (0.12, 0.09, 0.11), color)
    parts.box((nose - 0.02, 0.0, 0.37 * height), (0.04, 0.80, 0.14), _DARK)
    parts.box((nose - 0.01, 0.0, 0.27 * height), (0.02, 0.48, 0.11), _PLATE)
    parts.box((tail + 0.01, 0.0, 0.41 * height), (0.02, 0.48, 0.11), _PLATE)


@_register('truck', 'trucks', (6.2, 2.25, 2.9), (8.0, 2.50, 3.4), _CABS)
def build_truck(parts: Parts, size: Size, color: Color, rng: np.random.Generator) -> None:
    """Build a lorry: a cab with a sloping windscreen and a tall closed box behind it."""
    length, width, height = size
    half, nose, tail = width / 2.0, length / 2.0, -length / 2.0
    cab_back, cab_top = nose - 1.9, 0.80 * height
    cargo = ((0.80, 0.80, 0.77), (0.60, 0.66, 0.70), (0.70, 0.62, 0.48))[rng.integers(3)]
    parts.box((0.0, 0.0, 0.72), (length - 0.3, 0.9, 0.35), _DARK)
    parts.box(
        ((tail + cab_back - 0.12) / 2.0, 0.0, (0.9 + height) / 2.0),
        (cab_back - 0.12 - tail, width, height - 0.9), cargo,
    )
    for z in (0.94, height - 0.05):
        parts.box(
            ((tail + cab_back - 0.12) / 2.0, 0.0, z),
            (cab_back - 0.12 - tail + 0.01, width + 0.01, 0.08), _METAL,
        )
    cab_half, waist = half - 0.14, 0.47 * height
    parts.hull(
        prism([(cab_back, 0.45), (cab_back, waist), (nose, waist), (nose, 0.45)], cab_half), color
    )
    _cabin(
        parts, color, cab_half, waist, cab_top,
        rear=(cab_back, cab_back), front=(nose - 0.35, nose), rear_window=False,
    )
    for x in (nose - 1.0, tail + 1.2, tail + 2.2):
        _wheels(parts, x, half - 0.02, 0.46)
    for side in (-1.0, 1.0):
        parts.box((nose - 0.02, side * (cab_half - 0.25), 0.72), (0.04, 0.4, 0.18), _LAMP)
        parts.box((tail + 0.02, side * (half - 0.25), 0.80), (0.04, 0.4, 0.16), _TAIL)
        parts.box((nose - 0.25, side * (half - 0.08), waist + 0.45), (0.08, 0.14, 0.4), _DARK)
    parts.box((nose - 0.02, 0.0, 1.05), (0.04, 1.4, 0.3), _DARK)
    parts.box((tail + 0.04, 0.0, 0.55), (0.08, width - 0.2, 0.14), _DARK)


@_register('pedestrian', 'pedestrians', (0.66, 0.54, 1.55), (0.80, 0.62, 1.90), _CLOTHES)
def build_pedestrian(parts: Parts, size: Size, color: Color, rng: np.random.Generator) -> None:
    """Build a person in mid-stride: legs, torso, swinging arms, head and hair."""
    length, width, height = size
    trousers = ((0.1, 0.12, 0.2), (0.2, 0.17, 0.13), (0.25, 0.26, 0.28))[rng.integers(3)]
    skin, hair = _SKIN[rng.integers(3)], _HAIR[rng.integers(3)]
    stride = (length / 2.0 - 0.13) * rng.choice([-1.0, 1.0])
    hip, shoulder = 0.50 * height, 0.81 * height
    for side in (-1.0, 1.0):
        foot = side * stride * 0.8
        parts.capsule((0.0, side * 0.09, hip), (foot, side * 0.10, 0.11), 0.085, trousers)
        parts.box((foot + 0.04, side * 0.10, 0.05), (0.26, 0.11, 0.10), _DARK)
        hand = -side * stride * 0.7
        elbow_y = side * (width / 2.0 - 0.07)
        parts.capsule((0.0, side * 0.20, shoulder), (hand, elbow_y, hip), 0.055, color)
        parts.ellipsoid((hand * 1.05, elbow_y, hip - 0.06), (0.10, 0.10, 0.12), skin)
    parts.hull(
        [[x * 0.12, y * w, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0)
         for w, z in ((0.17, hip - 0.04), (0.23, shoulder), (0.10, shoulder + 0.06))],
        color,
    )
    parts.cylinder((0.0, 0.0, shoulder), (0.0, 0.0, 0.88 * height), 0.055, skin)
    parts.ellipsoid((0.01, 0.0, 0.92 * height), (0.19, 0.17, 0.15 * height), skin)
    parts.ellipsoid((-0.02, 0.0, 0.95 * height), (0.20, 0.19, 0.10 * height), hair)


@_register('traffic cone', 'traffic cones', (0.42, 0.42, 0.75), (0.50, 0.50, 0.95),
           {'orange': _CONE})
def build_cone(parts: Parts, size: Size, color: Color, rng: np.random.Generator) -> None:
    """Build a cone: a square foot, an orange body and a white band around it."""
    length, width, height = size
    parts.box((0.0, 0.0, 0.025), (length, width, 0.05), _DARK)
    foot = 0.40 * width

    def ring(z: float, extra: float = 0.0) -> list[list[float]]:
        radius = foot + (0.035 - foot) * z / height + extra
        angles = np.linspace(0.0, 2.0 * np.pi, 14, endpoint=False)
        return [[radius * np.cos(a), radius * np.sin(a), z] for a in angles]

    parts.hull(ring(0.04) + ring(height), color)
    parts.hull(ring(0.42 * height, 0.008) + ring(0.66 * height, 0.008), (0.95, 0.95, 0.95))


@_register('barrier', 'barriers', (0.44, 1.9, 0.98), (0.50, 2.5, 1.10),
           {'red': (0.85, 0.05, 0.05)})
def build_barrier(parts: Parts, size: Size, color: Color, rng: np.random.Generator) -> None:
    """Build a works barrier across its heading: two boards in red and white on splayed legs."""
    length, width, height = size
    stripes = 8
    for z in (height - 0.16, height - 0.58):
        for index in range(stripes):
            parts.box(
                (0.0, (index + 0.5 - stripes / 2.0) * width / stripes, z),
                (0.06, width / stripes, 0.30),
                color if index % 2 else (0.95, 0.95, 0.95),
            )
    for side in (-1.0, 1.0):
        y = side * (width / 2.0 - 0.25)
        for foot in (-1.0, 1.0):
            parts.capsule(
                (0.0, y, height - 0.05), (foot * (length / 2.0 - 0.05), y, 0.05), 0.035, _METAL
            )


def _wheels(parts: Parts, x: float, half_width: float, radius: float) -> None:
    for side in (-1.0, 1.0):
        outer, inner = side * half_width, side * (half_width - 0.22)
        parts.cylinder((x, inner, radius), (x, outer + side * 0.015, radius), radius, _TYRE)
        parts.cylinder((x, outer, radius), (x, outer + side * 0.03, radius), 0.6 * radius, _METAL)


def _cabin(
    parts: Parts, color: Color, half: float, base: float, top: float,
    rear: tuple[float, float], front: tuple[float, float], rear_window: bool = True,
) -> None:
    """Add the part with the windows; `rear` is x at the base and top, `front` at top and base."""
    inset = 0.16 * (top - base) + 0.03
    profile = [(rear[0], base), (rear[1], top), (front[0], top), (front[1], base)]
    parts.hull(prism(profile, half, inset), color)

    def at(x: float, side: float, share: float) -> list[float]:
        return [x, side * (half - inset * share), base + (top - base) * share]

    (rear_low, rear_high), (front_high, front_low) = rear, front
    parts.pane(
        [at(front_low, -1, 0), at(front_low, 1, 0), at(front_high, 1, 1), at(front_high, -1, 1)],
        _GLASS,
    )
    if rear_window:
        parts.pane(
            [at(rear_low, 1, 0), at(rear_low, -1, 0), at(rear_high, -1, 1), at(rear_high, 1, 1)],
            _GLASS,
        )
    post_low = 0.45 * rear_low + 0.55 * front_low
    post_high = 0.45 * rear_high + 0.55 * front_high
    for low, high, next_low, next_high in (
        (rear_low, rear_high, post_low, post_high), (post_low, post_high, front_low, front_high)
    ):
        left = [at(low, 1, 0.06), at(high, 1, 0.92), at(next_high, 1, 0.92), at(next_low, 1, 0.06)]
        right = [[x, -y, z] for x, y, z in reversed(left)]
        parts.pane(left, _GLASS, 0.1)
        parts.pane(right, _GLASS, 0.1)
