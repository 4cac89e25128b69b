# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What light, air and lens make of a picture: a board of black and white, ever further away."""

from __future__ import annotations

import numpy as np
import pytest

from mpnp_ros.world.conditions import Conditions
from mpnp_ros.world.optics import expose, Exposure

HEIGHT, WIDTH = 48, 96
DEPTH = np.broadcast_to(np.linspace(3.0, 120.0, WIDTH, dtype=np.float32), (HEIGHT, WIDTH))
NEAR, FAR = slice(0, 16), slice(64, 80)


def picture(conditions: Conditions, lit: float = 1.0, **given):
    """Return the picture of the board and what of it can be seen."""
    board = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    board[::2] = 200
    light = np.full((HEIGHT, WIDTH, 1), lit, np.float32)
    return expose(Exposure(board, DEPTH, light, **given), conditions, 'front', 3,
                  np.random.default_rng(0))


def contrast(image: np.ndarray, columns: slice) -> float:
    part = image[:, columns].astype(float)
    return float(part[::2].mean() - part[1::2].mean())


def test_night_is_darker_than_dusk_and_dusk_than_day() -> None:
    means = [picture(Conditions(light), lit=1.0 if light == 'day' else 0.0)[0].mean()
             for light in ('day', 'dusk', 'night')]
    assert means[0] > 1.3 * means[1] > 1.3 * 1.3 * means[2]


def test_a_lamp_shows_at_night_what_is_dark_without() -> None:
    dark, unseen = picture(Conditions('night'), lit=0.0)
    bright, seen = picture(Conditions('night'), lit=0.3)
    assert bright.mean() > 2.0 * dark.mean()
    assert seen.all() and not unseen.any()


def test_pictures_are_noisier_at_night() -> None:
    grain = [np.std(picture(Conditions(light), lit=0.5)[0][::2].astype(float))
             for light in ('day', 'night')]
    assert grain[1] > 2.0 * grain[0]


def test_fog_takes_contrast_with_distance() -> None:
    image, seen = picture(Conditions(fog=0.5))
    clear, _ = picture(Conditions())
    assert contrast(clear, FAR) == pytest.approx(contrast(clear, NEAR), rel=0.05)
    assert contrast(image, FAR) < 0.2 * contrast(image, NEAR) < 0.2 * contrast(clear, NEAR)
    assert seen[:, NEAR].all() and not seen[:, -8:].any()


def test_denser_fog_takes_more() -> None:
    left = [contrast(picture(Conditions(fog=fog))[0], FAR) for fog in (0.0, 0.3, 0.7)]
    assert left == sorted(left, reverse=True)


def test_dust_colours_the_air() -> None:
    red, _, blue = picture(Conditions(dust=1.0))[0][:, FAR].mean(axis=(0, 1))
    assert red > 1.2 * blue


def test_a_low_sun_hides_what_is_around_it() -> None:
    image, seen = picture(Conditions(glare=1.0), sun=(20.0, 24.0))
    assert (image[22:26, 18:22] > 240).all()
    assert not seen[24, 20] and seen[24, 90]


def test_only_the_dirty_camera_is_dirty() -> None:
    clean, _ = picture(Conditions(dirty=('back',)))
    dirty, seen = picture(Conditions(dirty=('front',), dirt=0.9))
    assert np.array_equal(clean, picture(Conditions())[0])
    assert 0.1 < 1.0 - seen.mean() < 0.9
    assert contrast(dirty, slice(None)) < contrast(clean, slice(None))
