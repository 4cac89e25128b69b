# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What marks off road works: cones and barriers."""

from __future__ import annotations

import numpy as np

from mpnp_ros.world.objects.kind import register, Size
from mpnp_ros.world.objects.paint import Color, DARK, INDICATOR, METAL, PALE
from mpnp_ros.world.parts import Parts

_CONE: Color = (1.0, 0.33, 0.02)
_STRIPES = 6


@register('traffic cone', 'traffic cones', colors=('orange',), statuses='',
          forms={'': ((0.42, 0.42, 0.75), (0.50, 0.50, 0.95))})
def build_cone(
    parts: Parts, size: Size, color: Color, rng: np.random.Generator, form: str
) -> None:
    """Build a cone: a square foot, an orange body and a white band around it."""
    length, width, height = size
    parts.box((0.0, 0.0, 0.025), (length, width, 0.05), DARK)
    foot = 0.40 * width

    def ring(z: float, extra: float = 0.0) -> list[list[float]]:
        radius = foot + (0.035 - foot) * z / height + extra
        angles = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
        return [[radius * np.cos(a), radius * np.sin(a), z] for a in angles]

    parts.hull(ring(0.04) + ring(height), _CONE)
    parts.hull(ring(0.42 * height, 0.008) + ring(0.66 * height, 0.008), (0.95, 0.95, 0.95))


@register('barrier', 'barriers', colors=('red',), colored=False, statuses='', forms={
    '': ((0.44, 1.9, 0.98), (0.50, 2.5, 1.10)),
    'concrete': ((0.55, 2.8, 0.82), (0.60, 3.4, 0.90))})
def build_barrier(
    parts: Parts, size: Size, color: Color, rng: np.random.Generator, form: str
) -> None:
    """Build a works barrier across its heading: two boards in red and white on splayed legs.

    The concrete one is a wall with a broad foot and a red stripe.
    """
    length, width, height = size
    if form == 'concrete':
        profile = [(-length / 2.0, 0.0), (-length / 2.0, 0.1), (-0.13, 0.35), (-0.09, height),
                   (0.09, height), (0.13, 0.35), (length / 2.0, 0.1), (length / 2.0, 0.0)]
        gray = (0.66, 0.65, 0.62)
        # Two convex pieces: the foot and the wall.
        for piece in (profile[:3] + profile[5:], profile[2:6]):
            parts.hull([[x, side * width / 2.0, z] for x, z in piece for side in (-1.0, 1.0)],
                       gray)
        for index in range(_STRIPES):
            parts.box((0.0, (index + 0.5 - _STRIPES / 2.0) * width / _STRIPES, 0.72 * height),
                      (0.24, width / _STRIPES, 0.16), color if index % 2 else PALE)
        return
    for z in (height - 0.16, height - 0.58):
        for index in range(_STRIPES):
            parts.box(
                (0.0, (index + 0.5 - _STRIPES / 2.0) * width / _STRIPES, z),
                (0.06, width / _STRIPES, 0.30), color if index % 2 else (0.95, 0.95, 0.95))
    parts.cylinder((0.0, 0.0, height - 0.02), (0.0, 0.0, height), 0.08, INDICATOR)
    for side in (-1.0, 1.0):
        y = side * (width / 2.0 - 0.25)
        for foot in (-1.0, 1.0):
            parts.capsule(
                (0.0, y, height - 0.05), (foot * (length / 2.0 - 0.05), y, 0.05), 0.035, METAL)
