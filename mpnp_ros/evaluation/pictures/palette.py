# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The colours of what is drawn: kinds of objects, heights, distances, lines and text."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import ImageFont

from mpnp_ros.evaluation.pictures.annotation import Annotation

Color = tuple[int, int, int]

BACKGROUND: Color = (14, 17, 22)
GRID: Color = (58, 66, 78)
TEXT: Color = (176, 186, 200)
EGO: Color = (255, 255, 255)
_OTHER: Color = (225, 225, 225)

_GROUND_M, _HIGH_M = 0.3, 3.0
_FLOOR: Color = (84, 92, 104)
_LOW: Color = (120, 150, 160)
_HIGH: Color = (255, 246, 214)

# The first word that the name of a kind contains tells its colour.
_KINDS: dict[str, tuple[str, Color]] = {
    'pedestrian': ('pedestrian', (255, 90, 160)),
    'person': ('pedestrian', (255, 90, 160)),
    'trafficcone': ('traffic cone', (255, 140, 40)),
    'barrier': ('barrier', (255, 70, 70)),
    'rack': ('rack', (150, 150, 165)),
    'motorcycle': ('motorcycle', (190, 130, 255)),
    'bicycle': ('bicycle', (150, 110, 255)),
    'cyclist': ('bicycle', (150, 110, 255)),
    'construction': ('construction vehicle', (230, 200, 90)),
    'trailer': ('trailer', (200, 160, 110)),
    'truck': ('truck', (255, 190, 80)),
    'bus': ('bus', (110, 230, 130)),
    'car': ('car', (80, 200, 255)),
    'van': ('van', (70, 150, 255)),
    'tram': ('tram', (140, 240, 200)),
}
# Turbo, the rainbow of even lightness (Mikhailov 2019), at nine places of its range.
_TURBO = np.array([
    [48, 18, 59], [70, 107, 227], [40, 188, 235], [50, 242, 152], [164, 252, 60], [238, 207, 58],
    [251, 128, 34], [209, 48, 5], [122, 4, 3]], float)


def kind_of(box: Annotation) -> str:
    """Return what a box holds in one or two words; 'vehicle.car' is a car."""
    found = _known(box.kind)
    return found[0] if found else box.kind or 'object'


def color_of(box: Annotation) -> Color:
    """Return the colour of a box: that of its kind, otherwise its own."""
    found = _known(box.kind)
    return found[1] if found else box.color or _OTHER


def rainbow(shares: np.ndarray) -> np.ndarray:
    """Return colours [..., 3] uint8 for shares [...] from 0, dark blue, to 1, dark red."""
    places = np.clip(np.nan_to_num(shares), 0.0, 1.0) * (len(_TURBO) - 1)
    steps = np.arange(len(_TURBO))
    return np.stack(
        [np.interp(places, steps, channel) for channel in _TURBO.T], axis=-1).astype(np.uint8)


def height_colors(heights_m: np.ndarray) -> np.ndarray:
    """Return colours [P, 3] uint8 of points by their height over the base [P], m.

    The ground is dark grey and what stands on it brighter the higher it is: the hues are left to
    the boxes.
    """
    shares = np.clip(heights_m / _HIGH_M, 0.0, 1.0)[:, None]
    colors = np.array(_LOW) + shares * (np.array(_HIGH) - np.array(_LOW))
    colors[heights_m < _GROUND_M] = _FLOOR
    return colors.astype(np.uint8)


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font of everything that is written into pictures."""
    return ImageFont.load_default(size)


def _known(kind: str) -> tuple[str, Color] | None:
    word = ''.join(letter for letter in kind.lower() if letter.isalnum())
    return next((found for key, found in _KINDS.items() if key in word), None)
