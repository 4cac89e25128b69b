# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""People on foot and on benches."""

from __future__ import annotations

import numpy as np

from mpnp_ros.world.objects.kind import register, Size
from mpnp_ros.world.objects.paint import Color, DARK, HAIR, METAL, PAINTS, SKIN
from mpnp_ros.world.parts import Parts

_TROUSERS: tuple[Color, ...] = ((0.1, 0.12, 0.2), (0.2, 0.17, 0.13), (0.25, 0.26, 0.28))
_SMALLEST, _LARGEST = (0.66, 0.54, 1.55), (0.80, 0.62, 1.90)


@register('pedestrian', 'pedestrians', colored=False, statuses='posture',
          colors=('red', 'blue', 'green', 'yellow', 'white', 'black', 'gray', 'navy', 'beige',
                  'teal', 'purple'),
          forms={'': (_SMALLEST, _LARGEST), 'standing': ((0.42, 0.54, 1.55), (0.46, 0.62, 1.90)),
                 'sitting': ((0.95, 1.45, 1.25), (1.0, 1.5, 1.38)),
                 'worker': ((0.42, 0.54, 1.68), (0.46, 0.62, 1.90))})
def build_pedestrian(
    parts: Parts, size: Size, color: Color, rng: np.random.Generator, form: str
) -> None:
    """Build a person in mid-stride, standing, or sitting on a bench.

    A worker stands in a vest and a helmet of works orange and yellow.
    """
    length, width, height = size
    trousers = _TROUSERS[rng.integers(3)]
    skin, hair = SKIN[rng.integers(3)], HAIR[rng.integers(3)]
    turn = float(rng.choice([-1.0, 1.0]))
    if form == 'sitting':
        _bench(parts, width)
        add_rider(parts.moved(-0.12, 0.0, 0.0), seat=(0.0, 0.50), hands=(0.22, 0.62),
                  feet=(0.42, 0.06), top=height, colors=(color, trousers, skin, hair))
        return
    stride = (length / 2.0 - 0.13) * turn if form == '' else 0.02
    if form == 'worker':
        color, hair = PAINTS['orange'], PAINTS['yellow']
    hip, shoulder = 0.50 * height, 0.81 * height
    for side in (-1.0, 1.0):
        foot = side * stride * 0.8
        parts.capsule((0.0, side * 0.09, hip), (foot, side * 0.10, 0.11), 0.085, trousers)
        parts.box((foot + 0.04, side * 0.10, 0.05), (0.26, 0.11, 0.10), DARK)
        hand = -side * stride * 0.7
        elbow_y = side * (width / 2.0 - 0.07)
        parts.capsule((0.0, side * 0.20, shoulder), (hand, elbow_y, hip), 0.055, color)
        parts.ellipsoid((hand * 1.05, elbow_y, hip - 0.06), (0.10, 0.10, 0.12), skin)
    parts.hull(
        [[x * 0.12, y * w, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0)
         for w, z in ((0.17, hip - 0.04), (0.23, shoulder), (0.10, shoulder + 0.06))],
        color)
    if form == 'worker':
        parts.box((0.0, 0.0, 0.62 * height), (0.26, 0.41, 0.06), PAINTS['yellow'])
    _head(parts, (0.0, shoulder), 0.92 * height, height, (skin, hair))


def add_rider(
    parts: Parts, seat: tuple[float, float], hands: tuple[float, float],
    feet: tuple[float, float], top: float, colors: tuple[Color, Color, Color, Color],
    helmet: bool = False, lean: float = 0.0,
) -> None:
    """Add somebody who sits: places are (x, z) in metres; `lean` is how far ahead the neck is.

    The colours are those of jacket, trousers, skin and hair or helmet.
    """
    jacket, trousers, skin, hair = colors
    (x, z), neck_z = seat, top - 0.30
    knee = (0.5 * (x + 0.42 + feet[0]) - 0.02, max(z + 0.02, 0.55 * (z + feet[1]) + 0.12))
    for side in (-1.0, 1.0):
        parts.capsule((x, side * 0.09, z + 0.05), (knee[0], side * 0.14, knee[1]), 0.085, trousers)
        parts.capsule((knee[0], side * 0.14, knee[1]), (feet[0], side * 0.13, feet[1] + 0.05),
                      0.07, trousers)
        parts.box((feet[0] + 0.05, side * 0.13, feet[1] + 0.03), (0.25, 0.10, 0.09), DARK)
        parts.capsule((x + lean, side * 0.19, neck_z - 0.05), (hands[0], side * 0.24, hands[1]),
                      0.055, jacket)
        parts.ellipsoid((hands[0], side * 0.24, hands[1]), (0.11, 0.10, 0.10), skin)
    parts.hull(
        [[x + ahead + dx, side * w, h] for side in (-1.0, 1.0) for dx in (-0.12, 0.12)
         for ahead, w, h in ((0.0, 0.17, z), (lean, 0.22, neck_z - 0.04),
                             (lean, 0.10, neck_z + 0.03))], jacket)
    _head(parts, (x + lean, neck_z), top - 0.13, top, (skin, hair), helmet)


def _head(
    parts: Parts, neck: tuple[float, float], middle: float, top: float,
    colors: tuple[Color, Color], helmet: bool = False,
) -> None:
    skin, hair = colors
    x, z = neck
    tall = 2.0 * (top - middle)
    parts.cylinder((x, 0.0, z), (x, 0.0, middle), 0.055, skin)
    parts.ellipsoid((x + 0.01, 0.0, middle), (0.19, 0.17, tall), skin)
    if helmet:
        parts.ellipsoid((x - 0.01, 0.0, middle + 0.02), (0.29, 0.26, tall), hair)
        parts.box((x + 0.12, 0.0, middle), (0.05, 0.18, 0.09), DARK)
    else:
        parts.ellipsoid((x - 0.02, 0.0, middle + 0.2 * tall), (0.20, 0.19, 0.6 * tall), hair)


def _bench(parts: Parts, width: float) -> None:
    wood = (0.45, 0.30, 0.16)
    for x in (-0.22, -0.04, 0.14):
        parts.box((x - 0.05, 0.0, 0.45), (0.14, width, 0.05), wood)
    for z in (0.65, 0.82):
        parts.box((-0.40, 0.0, z), (0.05, width, 0.12), wood)
    for side in (-1.0, 1.0):
        parts.box((-0.10, side * (width / 2.0 - 0.1), 0.21), (0.45, 0.07, 0.42), METAL)
        parts.box((-0.42, side * (width / 2.0 - 0.1), 0.45), (0.05, 0.07, 0.88), METAL)
