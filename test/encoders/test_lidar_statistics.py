# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The hand-made part of a token tells distance, direction and height in fixed scales."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mpnp_ros.encoders.range_statistics import MARKS, NAMES, RINGS, Scene, statistics
from mpnp_ros.encoders.range_view import project, RangeView

VIEW = RangeView(beams=32, columns=512, sectors=16, fov_up=10, fov_down=-30, max_range=80)
SENSOR_HEIGHT = 1.8
POSE = np.eye(4)
POSE[2, 3] = SENSOR_HEIGHT


def sweep(*obstacles: tuple[float, float, float, float], ground: bool = True) -> np.ndarray:
    """Cast the rays of VIEW on a flat ground and on upright arcs.

    Obstacles are (distance m, azimuth deg, width deg, height m); returns points [P, 4].
    """
    points = []
    for elevation in np.radians(np.linspace(10, -30, 32)):
        azimuth = np.radians((np.arange(512) + 0.5) * 360 / 512)
        reach = np.full(512, -SENSOR_HEIGHT / math.tan(elevation) if elevation < 0 else np.inf)
        if not ground:
            reach[:] = np.inf
        for distance, centre, width, height in obstacles:
            off = (azimuth - math.radians(centre) + math.pi) % (2 * math.pi) - math.pi
            z = SENSOR_HEIGHT + distance * math.tan(elevation)
            hit = (np.abs(off) <= math.radians(width) / 2) & (distance < reach)
            if 0 <= z <= height:
                reach[hit] = distance
        seen = reach < 80
        points.append(np.stack([
            reach * np.cos(azimuth), reach * np.sin(azimuth), reach * math.tan(elevation),
            np.full(512, 51.0)], axis=1)[seen])
    return np.concatenate(points).astype(np.float32)


def describe(points: np.ndarray, bands: int = 1, **scene: float) -> dict[str, np.ndarray]:
    """Return every statistic [sectors * bands] by its name."""
    image = project(points, VIEW, POSE)
    table = statistics(image, VIEW, bands, Scene(**scene))
    assert table.shape == (16 * bands, len(NAMES))
    return dict(zip(NAMES, table.T, strict=True))


def metres(log_scale: float) -> float:
    return float(0.5 * (80 / 0.5) ** log_scale)


def test_names_are_distinct() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize('distance', [3.0, 7.5, 20.0, 60.0])
def test_the_distance_of_an_obstacle_can_be_read_in_every_scale(distance: float) -> None:
    told = describe(sweep((distance, 0, 10, 2.5)))
    assert told['obstacle'][0] == 1
    assert told['nearest'][0] * 80 == pytest.approx(distance, rel=1e-3)
    assert metres(told['nearest_log'][0]) == pytest.approx(distance, rel=1e-3)
    assert 5 / told['proximity'][0] - 5 == pytest.approx(distance, rel=1e-3)
    assert metres(told['q10_log'][0]) == pytest.approx(distance, rel=1e-3)
    assert metres(told['median_log'][0]) == pytest.approx(distance, rel=1e-3)
    ring = np.array([told[f'ring_{k}'][0] for k in range(RINGS)])
    assert ring.argmax() == int(math.log(distance / 0.5) / math.log(160) * RINGS)
    mark = np.array([told[f'mark_{k}'][0] for k in range(MARKS)])
    assert mark.argmax() == round(math.log(distance / 0.5) / math.log(160) * (MARKS - 1))


def test_only_the_sector_of_an_obstacle_tells_of_it() -> None:
    told = describe(sweep((12, 90, 10, 2)))
    assert np.flatnonzero(told['obstacle']).tolist() == [4]
    assert told['nearest'][5] == 1
    assert told['proximity'][5] == 0
    assert not any(told[f'mark_{k}'][5] for k in range(MARKS))


@pytest.mark.parametrize('azimuth', [0, 45, 135, 180, -90, -112.5])
def test_direction_and_place_of_the_nearest_obstacle(azimuth: float) -> None:
    told = describe(sweep((10, azimuth, 4, 2)))
    sector = round(azimuth / 22.5) % 16
    cos, sin = told['nearest_cos'][sector], told['nearest_sin'][sector]
    off = (math.degrees(math.atan2(sin, cos)) - azimuth + 180) % 360 - 180
    assert abs(off) < 3
    np.testing.assert_allclose(told['nearest_x'][sector] * 80, 10 * cos, atol=0.02)
    np.testing.assert_allclose(told['nearest_y'][sector] * 80, 10 * sin, atol=0.02)


@pytest.mark.parametrize('side', [-1, 1])
def test_side_within_the_sector(side: int) -> None:
    told = describe(sweep((10, side * 8, 4, 2)))
    assert told['nearest_offset'][0] * side > 0.4
    parts = [told[f'part_{k}_proximity'][0] for k in range(4)]
    assert np.argmax(parts) == (0 if side < 0 else 3)


def test_flat_ground_is_no_obstacle() -> None:
    told = describe(sweep())
    assert not told['obstacle'].any()
    assert (told['occupancy'] > 0.5).all()
    np.testing.assert_allclose(told['ground_height'], 0, atol=1e-3)


def test_gently_rising_ground_is_no_obstacle_and_a_kerb_is() -> None:
    points = sweep()
    rising = points.copy()
    rising[:, 2] += 0.01 * np.hypot(points[:, 0], points[:, 1])
    assert not describe(rising)['obstacle'].any()
    assert describe(sweep((4, 0, 10, 0.6)))['obstacle'][0] == 1


def test_what_the_robot_passes_below_is_no_obstacle() -> None:
    bridge = np.array([[10, 0, 4.0 - SENSOR_HEIGHT, 1]], np.float32)
    points = np.concatenate([sweep(), bridge])
    assert not describe(points)['obstacle'].any()
    assert describe(points, overhead=4.5)['obstacle'][0] == 1


def test_heights_are_told_above_the_ground_of_the_scene() -> None:
    told = describe(sweep((10, 0, 10, 1.5)))
    assert told['top'][0] * 3 == pytest.approx(1.5, abs=0.25)  # beams are 0.23 m apart there
    assert 0.3 < told['mean_height'][0] * 3 < 1.5
    lifted = describe(sweep((10, 0, 10, 1.5)), ground_height=-0.5)
    assert lifted['top'][0] * 3 == pytest.approx(told['top'][0] * 3 + 0.5, abs=1e-3)


def test_a_single_stray_return_moves_the_nearest_but_not_the_quantile() -> None:
    stray = np.array([[2.0, 0, -0.3, 1]], np.float32)
    told = describe(np.concatenate([sweep((20, 0, 20, 2.5)), stray]))
    assert told['nearest'][0] * 80 == pytest.approx(2, abs=0.01)
    assert told['q10'][0] * 80 == pytest.approx(20, rel=1e-3)


def test_objects_side_by_side_are_counted() -> None:
    told = describe(sweep((10, -7, 3, 2), (14, 0, 3, 2), (10, 7, 3, 2)))
    assert told['runs'][0] * 8 == 3
    assert told['runs'][4] == 0


def test_extent_grows_with_the_width_of_an_obstacle() -> None:
    narrow, wide = (describe(sweep((10, 0, w, 2)))['extent'][0] for w in (3, 18))
    assert 0.05 < narrow < 0.25
    assert 0.6 < wide < 1.0


def test_intensity_is_told_as_a_share_of_the_strongest() -> None:
    told = describe(sweep((10, 0, 10, 2)))
    np.testing.assert_allclose(told['mean_intensity'], 0.2, rtol=1e-5)
    assert told['nearest_intensity'][0] == pytest.approx(0.2)
    np.testing.assert_allclose(told['intensity_spread'], 0, atol=1e-6)


def test_a_sector_without_returns_is_told_from_a_free_one() -> None:
    points = sweep()
    blind = np.abs(np.arctan2(points[:, 1], points[:, 0])) < math.radians(15)
    told = describe(points[~blind])
    assert told['occupancy'][0] == 0
    assert told['density'][0] == 0
    assert told['closest_log'][0] == 1
    assert told['occupancy'][8] > 0.5


def test_bands_tell_high_from_low() -> None:
    told = describe(sweep((3, 0, 10, 1.0)), bands=2)  # seen below -15 degrees only
    assert told['obstacle'][:2].tolist() == [0, 1]
    assert told['band'][:2].tolist() == [1, -1]


def test_the_same_surroundings_turned_by_a_sector_give_the_same_numbers_one_sector_on() -> None:
    points = sweep((9, 0, 10, 2), (30, 40, 8, 1.5), (5, 170, 15, 1))
    step = 2 * math.pi / 16
    turned = points.copy()
    turned[:, :2] = points[:, :2] @ np.array(
        [[math.cos(step), math.sin(step)], [-math.sin(step), math.cos(step)]], np.float32)
    before, after = describe(points, bands=2), describe(turned, bands=2)
    for name in NAMES:
        if not name.endswith(('_x', '_y', '_cos', '_sin')):
            np.testing.assert_allclose(
                after[name], np.roll(before[name], 2), atol=2e-3, err_msg=name)


def test_numbers_stay_within_one_for_any_cloud() -> None:
    rng = np.random.default_rng(3)
    points = rng.normal(scale=(30, 30, 10, 1e4), size=(5000, 4)).astype(np.float32)
    image = project(points, VIEW, POSE)
    table = statistics(image, VIEW, 2, Scene())
    assert np.isfinite(table).all()
    assert np.abs(table).max() <= 1
