# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What spoils a picture lowers its usability and is named; good pictures keep theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import re

import numpy as np
from pictures import scene
from PIL import Image, ImageFilter
import pytest

from mpnp_ros.encoders.base import create, View
from mpnp_ros.encoders.camera_quality import picture_quality

NUSCENES = ('FRONT', 'FRONT_LEFT', 'FRONT_RIGHT', 'BACK', 'BACK_LEFT', 'BACK_RIGHT')


def picture(height: int = 480, width: int = 640) -> np.ndarray:
    return scene(height, width)


def dark(pixels: np.ndarray, share: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0.0, 2.0, pixels.shape)
    return (pixels * share + noise).clip(0, 255).astype(np.uint8)


def bright(pixels: np.ndarray, by: float) -> np.ndarray:
    return (pixels * by + 60 * by).clip(0, 255).astype(np.uint8)


def foggy(pixels: np.ndarray, share: float) -> np.ndarray:
    return (pixels * (1.0 - share) + 200.0 * share).astype(np.uint8)


def blurred(pixels: np.ndarray, radius: float) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).filter(
        ImageFilter.GaussianBlur(radius * len(pixels) / 100.0)))


def noisy(pixels: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0.0, deviation, (len(pixels) // 4, *pixels.shape[1:]))
    return (pixels + noise.repeat(4, axis=0)).clip(0, 255).astype(np.uint8)


def dirty(pixels: np.ndarray, share: float) -> np.ndarray:
    """Cover a share with mud: round, brown, with soft borders."""
    random, (height, width) = np.random.default_rng(3), pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    mud = np.zeros((height, width))
    while (mud > 0.5).mean() < share:
        radius = random.uniform(0.1, 0.2) * height
        distance = np.hypot(x - random.uniform(0, width), y - random.uniform(0, height))
        mud = np.maximum(mud, np.clip(1.5 - distance / radius, 0.0, 1.0))
    return (pixels * (1.0 - mud[..., None])
            + np.array([60.0, 45.0, 30.0]) * mud[..., None]).astype(np.uint8)


@pytest.mark.parametrize(('spoil', 'strengths', 'words'), [
    (dark, (0.5, 0.2, 0.05), 'dark (mean'),
    (bright, (1.5, 3.0, 6.0), 'overexposed ('),
    (foggy, (0.6, 0.85, 0.95), 'little contrast'),
    (blurred, (0.5, 1.0, 3.0), 'blurred'),
    (noisy, (20.0, 40.0, 90.0), 'noisy'),
    (dirty, (0.1, 0.3, 0.5), 'lens covered'),
])
def test_the_more_is_spoiled_the_less_is_usable_and_the_cause_is_named(
    spoil: Callable[[np.ndarray, float], np.ndarray], strengths: tuple[float, ...], words: str
) -> None:
    given = [picture_quality(spoil(picture(), strength)) for strength in strengths]
    usable = [1.0, *(quality.usability for quality in given)]
    assert usable == sorted(usable, reverse=True)
    assert usable[-1] < 0.5
    assert words in given[-1].reason


@pytest.mark.parametrize('size', [(120, 160), (240, 320), (480, 640), (1080, 1920)])
def test_a_good_picture_is_usable_whatever_its_size(size: tuple[int, int]) -> None:
    quality = picture_quality(picture(*size))
    assert quality.usability > 0.9, quality
    assert quality.reason == ''


@pytest.mark.parametrize('grey', [0, 120, 255])
def test_a_picture_of_nothing_is_of_no_use(grey: int) -> None:
    assert picture_quality(np.full((240, 320, 3), grey, np.uint8)).usability < 0.01


def test_darkness_is_told_with_its_figure() -> None:
    reason = picture_quality((picture() * 0.08).astype(np.uint8)).reason
    assert re.fullmatch(r'dark \(mean [6-9] of 255\)', reason), reason


def test_a_tiny_picture_is_refused_in_words() -> None:
    assert '8 x 6 pixels' in picture_quality(picture(6, 8)).reason


@pytest.mark.parametrize('camera', NUSCENES)
def test_pictures_of_a_real_street_are_usable(
    shared_data: Callable[[str], Path], camera: str
) -> None:
    image = Image.open(shared_data('nuscenes_frame') / f'CAM_{camera}.jpg')
    image.draft('RGB', (400, 225))
    quality = picture_quality(np.asarray(image))
    assert quality.usability > 0.9, quality


def test_a_dead_camera_of_several_is_named_and_costs_its_share(need_weights) -> None:
    need_weights('efficientnet-lite0')
    encoder = create('camera_efficientnet_lite0')
    names = ('front', 'left', 'right', 'back')
    samples = [picture()] * 3 + [np.zeros_like(picture())]
    quality = encoder.quality(samples, [View(name) for name in names])
    assert quality is not None
    assert quality.usability == pytest.approx(0.75, abs=0.03)
    assert quality.reason.startswith('back: dark')
    assert quality.measures['back/usability'] == 0.0
    assert quality.measures['front/usability'] > 0.9
