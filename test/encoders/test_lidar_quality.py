# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A sweep that lacks returns or is full of dust is less usable, and the cause is named."""

from __future__ import annotations

from collections.abc import Callable
import math
from pathlib import Path

import numpy as np
import pytest

from mpnp_ros.encoders.lidar_quality import sweep_quality
from mpnp_ros.encoders.range_view import RangeView

VIEW = RangeView()


def street(columns: int = 512) -> np.ndarray:
    """Return a sweep [P, 4] of 32 beams, 1.8 m above even ground, between two walls."""
    azimuth, elevation = np.meshgrid(
        np.linspace(-math.pi, math.pi, columns, endpoint=False),
        np.radians(np.linspace(-30.0, 10.0, 32)), indexing='ij')
    ground = np.where(elevation < 0, 1.8 / np.maximum(-np.tan(elevation), 1e-9), np.inf)
    wall = 9.0 / np.maximum(np.abs(np.sin(azimuth)), 1e-9)
    flat = np.minimum(ground, wall) + np.random.default_rng(0).normal(0, 0.02, azimuth.shape)
    points = np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), flat * np.tan(elevation),
                       np.full_like(flat, 30.0)], axis=-1).reshape(-1, 4)
    return points[np.hypot(points[:, 0], points[:, 1]) < 60.0].astype(np.float32)


def thinned(points: np.ndarray, lost: float) -> np.ndarray:
    return points[np.random.default_rng(1).random(len(points)) >= lost]


def dusty(points: np.ndarray, share: float) -> np.ndarray:
    """Let some shots end in the air, 1 to 4 m away."""
    random, points = np.random.default_rng(2), points.copy()
    stopped = random.random(len(points)) < share
    distance = np.linalg.norm(points[:, :3], axis=1)
    points[stopped, :3] *= (random.uniform(1.0, 4.0, len(points)) / distance)[stopped, None]
    return points


def without(points: np.ndarray, first_deg: float, last_deg: float) -> np.ndarray:
    azimuth = np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    return points[(azimuth < first_deg) | (azimuth >= last_deg)]


def test_a_full_sweep_is_usable() -> None:
    quality = sweep_quality(street(), VIEW)
    assert quality.usability > 0.95, quality
    assert quality.reason == ''
    assert 0.0 < quality.measures['range_p10_m'] < quality.measures['range_p90_m'] < 60.0


@pytest.mark.parametrize(('spoil', 'strengths', 'words'), [
    (thinned, (0.3, 0.6, 0.85), 'few returns'),
    (dusty, (0.2, 0.5, 0.9), 'returns from the air'),
])
def test_the_more_is_spoiled_the_less_is_usable_and_the_cause_is_named(
    spoil: Callable[[np.ndarray, float], np.ndarray], strengths: tuple[float, ...], words: str
) -> None:
    given = [sweep_quality(spoil(street(), strength), VIEW) for strength in strengths]
    usable = [1.0, *(quality.usability for quality in given)]
    assert usable == sorted(usable, reverse=True)
    assert usable[-1] < 0.6
    assert words in given[-1].reason


def test_a_sector_without_returns_is_named_in_the_base_frame() -> None:
    quality = sweep_quality(without(street(), 30.0, 90.0), VIEW)
    assert quality.usability == pytest.approx(5 / 6, abs=0.02)
    assert quality.measures['dropped'] == pytest.approx(1 / 6, abs=0.02)
    assert 'no returns from 17% of the circle (30 to 90 degrees)' in quality.reason
    turned = np.eye(4)
    turned[:2, :2] = [[0.0, -1.0], [1.0, 0.0]]   # its x looks to the left
    assert '(120 to 170 degrees)' in sweep_quality(
        without(street(), 30.0, 80.0), VIEW, turned).reason


def test_no_returns_are_of_no_use() -> None:
    assert sweep_quality(street()[:0], VIEW).usability == 0.0
    assert sweep_quality(street()[:30], VIEW).usability < 0.1


def test_a_lidar_that_sees_no_ground_is_judged_by_what_it_sees() -> None:
    points = street()
    assert sweep_quality(points[points[:, 2] > -0.2], VIEW).usability > 0.8


def test_a_sweep_of_a_real_street_is_usable(shared_data: Callable[[str], Path]) -> None:
    points = np.fromfile(
        shared_data('nuscenes_frame') / 'LIDAR_TOP.pcd.bin', np.float32).reshape(-1, 5)
    quality = sweep_quality(points[:, :4], VIEW)
    assert quality.usability > 0.9, quality
