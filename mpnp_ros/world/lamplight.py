# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What lamps add to a picture when it is dark: street lamps, headlights, and what shines itself.

MuJoCo lights corners and spreads it over surfaces, which loses the cone of a lamp on a wide
plane. Here each pixel is lit by where it is in the world.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import Array, Pose

Image = NDArray[np.float32]

_LAMP_COLOR = np.array([1.0, 0.78, 0.50], np.float32)
_BEAM_COLOR = np.array([1.0, 0.96, 0.88], np.float32)
_LAMP_POWER, _BEAM_POWER = 14.0, 70.0
_REACH_M = 40.0  # of a lamp that still matters to a camera
_BEAM_HEIGHT_M = 0.65
_MOST_LAMPS, _MOST_BEAMS = 8, 6


@dataclass(frozen=True)
class Lamps:
    """What shines in a scene at one moment.

    :ivar places: [L, 3] of the street lamps in the world, m.
    :ivar beams: poses of the headlights of the vehicles that have them on, at their noses.
    """

    places: Array
    beams: Sequence[Pose]


def lit_by(lamps: Lamps, places: Image, eye: Array) -> Image:
    """Return how much light falls on places [..., 3] in the world, 1 being full daylight.

    :param eye: [3] from where they are seen; what shines far from it is left out.
    """
    light = np.zeros(places.shape, np.float32)
    for place in _near(lamps.places, eye):
        light += _shine(places, place)[..., None] * _LAMP_COLOR
    beams = sorted(lamps.beams, key=lambda b: math.hypot(b.x - eye[0], b.y - eye[1]))
    for beam in beams[:_MOST_BEAMS]:
        if math.hypot(beam.x - eye[0], beam.y - eye[1]) < _REACH_M:
            light += _beam(places, beam)[..., None] * _BEAM_COLOR
    return light


def _near(places: Array, eye: Array) -> Array:
    gaps = np.hypot(*(places[:, :2] - eye[:2]).T)
    order = np.argsort(gaps)[:_MOST_LAMPS]
    return places[order[gaps[order] < _REACH_M]]


def _shine(places: Image, lamp: Array) -> Image:
    """Return the light of a lamp that shines down, falling with the square of the distance."""
    way = places - lamp.astype(np.float32)
    square = np.einsum('...k,...k->...', way, way) + np.float32(1.0)
    down = np.clip(-way[..., 2] / np.sqrt(square) + np.float32(0.15), 0.0, 1.0)
    lit: Image = np.float32(_LAMP_POWER) * down / square
    return lit


def _beam(places: Image, beam: Pose) -> Image:
    """Return the light of a pair of headlights: low beams, wide to the sides, dark above."""
    dx, dy = places[..., 0] - np.float32(beam.x), places[..., 1] - np.float32(beam.y)
    c, s = np.float32(math.cos(beam.yaw)), np.float32(math.sin(beam.yaw))
    ahead, left = c * dx + s * dy, c * dy - s * dx
    up = places[..., 2] - np.float32(_BEAM_HEIGHT_M)
    forward = np.maximum(ahead, np.float32(0.3))
    side = np.exp(-np.square(left / (np.float32(0.36) * forward + np.float32(0.5))))
    tilt = up / forward
    above = 1.0 / (1.0 + np.exp(np.clip((tilt - np.float32(0.02)) / np.float32(0.03), -30, 30)))
    square = forward * forward + left * left + np.float32(18.0)
    lit: Image = np.float32(_BEAM_POWER) * side * (0.06 + 0.94 * above) / square
    lit[ahead < 0.1] = 0.0
    return lit
