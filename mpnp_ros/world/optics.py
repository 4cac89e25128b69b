# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""From what is before a camera to its picture: light, air, glare, a dirty lens, noise.

Colours are worked on as light, linear in energy; a picture's values are that to the power 1/2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from mpnp_ros.world.conditions import Conditions

Light = NDArray[np.float32]

_GAMMA = 2.2
_LINEAR = (np.arange(256, dtype=np.float32) / 255.0) ** _GAMMA
_FINEST = 16383
_SHOWN = (np.arange(_FINEST + 1, dtype=np.float32) / np.float32(_FINEST)) ** (1.0 / _GAMMA)
# The light that comes from everywhere, the colour of fog, and how far the camera opens up.
_AMBIENT = {'day': (0.02, 0.03, 0.05), 'dusk': (0.20, 0.17, 0.20), 'night': (0.010, 0.012, 0.018)}
_AIR = {'day': (0.58, 0.60, 0.62), 'dusk': (0.16, 0.13, 0.13), 'night': (0.012, 0.012, 0.014)}
_GAIN = {'day': 1.25, 'dusk': 2.2, 'night': 3.0}
_NOISE = {'day': 0.006, 'dusk': 0.016, 'night': 0.035}
_DUST_COLOR = np.array([0.34, 0.24, 0.14], np.float32)
_RAIN_PER_M, _DUST_PER_M = 0.006, 0.045
_LEFT_OF_SIGHT = 0.08  # share of the contrast below which a pixel shows nothing
_SEEN_LIGHT = 0.02  # below this a surface is black in the picture


@dataclass(frozen=True)
class Exposure:
    """What a camera's picture is made from.

    :ivar drawn: [height, width, 3] evenly lit.
    :ivar depth: [height, width] m, inf for the sky.
    :ivar lit: [height, width, 1 or 3] the light that the sun or lamps give, 1 being full daylight.
    :ivar shining: [height, width, 3] light that the pixel gives itself, or None by day.
    :ivar sun: (column, row) where the low sun stands, which may be outside the picture, or None.
    """

    drawn: NDArray[np.uint8]
    depth: NDArray[np.float32]
    lit: Light
    shining: Light | None = None
    sun: tuple[float, float] | None = None


def expose(
    given: Exposure, conditions: Conditions, camera: str, seed: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return the picture, and which of its pixels show what is before them.

    :param seed: of the drive, from which the blotches on a lens follow.
    :param rng: of the noise.
    """
    light, seen = _illuminate(given, conditions.light)
    if _extinction(conditions) > 0.0:
        light, clear = _through_air(light, given.depth, conditions)
        seen &= clear
    light = light * np.float32(_GAIN[conditions.light])
    light = _bloom(light, conditions)
    if conditions.rain > 0.0:
        light = _streak(light, conditions.rain, rng)
    if given.sun is not None and conditions.glare > 0.0:
        light, clear = _dazzle(light, given.sun, conditions.glare)
        seen &= clear
    if camera in conditions.dirty:
        light, clear = _behind_dirt(light, conditions.dirt, camera, seed)
        seen &= clear
    shown = _SHOWN[(np.clip(light, 0.0, 1.0) * np.float32(_FINEST)).astype(np.uint16)]
    shown += np.float32(_NOISE[conditions.light]) * rng.standard_normal(
        shown.shape, dtype=np.float32)
    return np.clip(255.0 * shown + 0.5, 0, 255).astype(np.uint8), seen


def _extinction(conditions: Conditions) -> float:
    fog = -math.log(0.05) / conditions.visibility_m
    return fog + _RAIN_PER_M * conditions.rain + _DUST_PER_M * conditions.dust


def _illuminate(given: Exposure, hour: str) -> tuple[Light, NDArray[np.bool_]]:
    drawn = _LINEAR[given.drawn]
    falls = given.lit + np.array(_AMBIENT[hour], np.float32)
    light = drawn * falls
    sky = ~np.isfinite(given.depth)
    light[sky] = drawn[sky]
    seen = _brightest(falls) > _SEEN_LIGHT
    if given.shining is not None:
        light += given.shining
        seen |= _brightest(given.shining) > 0.0
    return light, seen


def _brightest(light: Light) -> Light:
    """Return the largest of the three colours [height, width]."""
    brightest: Light = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2])
    return brightest


def _through_air(
    light: Light, depth: NDArray[np.float32], conditions: Conditions
) -> tuple[Light, NDArray[np.bool_]]:
    """Mix each pixel with the colour of the air by its distance (Koschmieder's law)."""
    left = np.exp(np.float32(-_extinction(conditions)) * depth)  # [height, width]
    air = np.array(_AIR[conditions.light], np.float32)
    dusty = _DUST_PER_M * conditions.dust / _extinction(conditions)
    air = (1.0 - dusty) * air + dusty * air.mean() / _DUST_COLOR.mean() * _DUST_COLOR
    mixed: Light = light * left[..., None] + air * (1.0 - left[..., None])
    return mixed, left > _LEFT_OF_SIGHT


def _streak(light: Light, strength: float, rng: np.random.Generator) -> Light:
    """Draw falling drops: short slanted streaks, a little brighter than what is behind."""
    height, width = light.shape[:2]
    drops = Image.new('L', (width, height))
    canvas = ImageDraw.Draw(drops)
    count = int(strength * height * width / 250.0)
    slant = float(rng.normal(0.0, 0.15))
    for x, y, size in rng.random((count, 3)) * [width, height, 1.0]:
        long = height * (0.02 + 0.06 * size)
        canvas.line([(x, y), (x + slant * long, y + long)], fill=int(60 + 150 * size))
    share = np.asarray(drops, np.float32)[..., None] / np.float32(255.0 * 4.0)
    bright = np.float32(light.mean() * 1.3 + 0.02)
    streaked: Light = light * (1.0 - share) + bright * share
    return streaked


def _bloom(light: Light, conditions: Conditions) -> Light:
    """Spread what is too bright over its surroundings; fog spreads it wider."""
    over = np.clip(light - 0.9, 0.0, 3.0)
    if conditions.light == 'day' or not over.any():
        return light
    height = light.shape[0]
    spread = np.zeros_like(light)
    for radius, share in ((0.010, 0.5), (0.045, 0.35 + 0.6 * conditions.fog)):
        spread += np.float32(share) * _blurred(over / 3.0, radius * height) * 3.0
    return light + spread


def _dazzle(
    light: Light, sun: tuple[float, float], strength: float
) -> tuple[Light, NDArray[np.bool_]]:
    """Add the sun's disc and the veil that it lays over the picture."""
    height, width = light.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    far = np.hypot(columns - np.float32(sun[0]), rows - np.float32(sun[1])) / np.float32(width)
    power = np.float32(strength)
    veil = power * (1.1 * np.exp(-far / 0.07) + 0.5 * np.exp(-far / 0.35) + 0.04)
    veil = veil + np.where(far < 0.022, 3.0, 0.0).astype(np.float32)
    color = np.array([1.0, 0.93, 0.78], np.float32)
    # The camera closes its iris for it, so that everything else grows darker.
    dazzled: Light = light * (1.0 - 0.55 * power) + veil[..., None] * color
    return dazzled, veil < 0.75


def _behind_dirt(
    light: Light, strength: float, camera: str, seed: int
) -> tuple[Light, NDArray[np.bool_]]:
    """Lay blotches of mud over the picture, blurred because they are close to the lens."""
    cover = _blotches(light.shape[0], light.shape[1], strength,
                      np.random.default_rng([seed, 30, zlib.crc32(camera.encode())]))
    mud = np.array([0.12, 0.085, 0.05], np.float32) * (0.4 + 2.0 * float(light.mean()))
    soft = _blurred(light, 0.02 * len(light) * strength)
    sharp = np.float32(1.0 - 0.5 * strength)
    behind = light * sharp + soft * (np.float32(1.0) - sharp)
    dirty: Light = behind * (1.0 - cover[..., None]) + mud * cover[..., None]
    return dirty, cover < 0.6


def _blotches(height: int, width: int, strength: float, rng: np.random.Generator) -> Light:
    """Return how much of each pixel is covered [height, width], 0 to 1."""
    # They are soft: a quarter of the pixels is enough.
    rows, columns = np.mgrid[0:height:2, 0:width:2].astype(np.float32)
    cover = np.zeros(rows.shape, np.float32)
    for _ in range(int(6 + 18 * strength)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        radius = height * rng.uniform(0.04, 0.10 + 0.16 * strength)
        stretch, turn = rng.uniform(0.6, 1.6), rng.uniform(0, np.pi)
        dx, dy = columns - np.float32(x), rows - np.float32(y)
        along = np.cos(turn) * dx + np.sin(turn) * dy
        across = np.cos(turn) * dy - np.sin(turn) * dx
        ring = np.hypot(along * np.float32(stretch), across) / np.float32(radius)
        thick = np.float32(rng.uniform(0.55, 1.0))
        cover = np.maximum(cover, thick / (1.0 + np.exp(np.clip((ring - 1.0) * 7.0, -30, 30))))
    cover = np.clip(cover * np.float32(0.75 + 0.25 * strength), 0.0, 1.0)
    return np.asarray(Image.fromarray(cover).resize((width, height), Image.Resampling.BILINEAR))


def _blurred(light: Light, radius: float) -> Light:
    """Return it blurred; values above 1 are cut off."""
    small = Image.fromarray((np.clip(light, 0.0, 1.0) * 255.0).astype(np.uint8))
    soft = small.filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(soft, np.float32) / np.float32(255.0)
