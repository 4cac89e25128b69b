# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What several kinds of vehicles have in common: wheels, cabins, lamps."""

from __future__ import annotations

from mpnp_ros.world.objects.paint import Color, GLASS, LAMP, METAL, TAIL, TYRE
from mpnp_ros.world.parts import Parts, prism


def add_wheels(parts: Parts, x: float, half_width: float, radius: float) -> None:
    """Add the two wheels of an axle; their outer faces are `half_width` off the middle."""
    for side in (-1.0, 1.0):
        outer, inner = side * half_width, side * (half_width - 0.22)
        parts.cylinder((x, inner, radius), (x, outer + side * 0.015, radius), radius, TYRE)
        parts.cylinder((x, outer, radius), (x, outer + side * 0.03, radius), 0.6 * radius, METAL)


def add_lamps(
    parts: Parts, nose: float, tail: float, front: tuple[float, float], rear: tuple[float, float],
    size: tuple[float, float] = (0.36, 0.14),
) -> None:
    """Add headlamps and tail lamps; `front` and `rear` are (y, z) of those on the left."""
    width, height = size
    for side in (-1.0, 1.0):
        parts.box((nose - 0.03, side * front[0], front[1]), (0.06, width, height), LAMP)
        parts.box((tail + 0.03, side * rear[0], rear[1]), (0.06, width, height), TAIL)


def add_cabin(
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
        GLASS)
    if rear_window:
        parts.pane(
            [at(rear_low, 1, 0), at(rear_low, -1, 0), at(rear_high, -1, 1), at(rear_high, 1, 1)],
            GLASS)
    post_low = 0.45 * rear_low + 0.55 * front_low
    post_high = 0.45 * rear_high + 0.55 * front_high
    for low, high, next_low, next_high in (
        (rear_low, rear_high, post_low, post_high), (post_low, post_high, front_low, front_high)
    ):
        left = [at(low, 1, 0.06), at(high, 1, 0.92), at(next_high, 1, 0.92), at(next_low, 1, 0.06)]
        parts.pane(left, GLASS, 0.1)
        parts.pane([[x, -y, z] for x, y, z in reversed(left)], GLASS, 0.1)
