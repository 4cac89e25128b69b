# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Radar tokens tell where something is, how fast it comes, and how strongly it echoes."""

from __future__ import annotations

import math

from linear_probe import accuracy
import numpy as np
import pytest
from sensor_messages import radar_cloud

from mpnp_ros.encoders.base import create, View
from mpnp_ros.encoders.radar_sectors import RadarSectors
from mpnp_ros.encoders.radar_statistics import NAMES

ENCODER = create('radar_sectors')


def mount(x: float = 0.0, y: float = 0.0, yaw_deg: float = 0.0) -> View:
    pose = np.eye(4)
    yaw = math.radians(yaw_deg)
    pose[:2, :2] = [[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]]
    pose[:2, 3] = x, y
    return View('front', pose)


def echo(distance: float, azimuth_deg: float = 0.0, over_ground: float = 0.0,
         ego: float = 0.0, rcs: float = 10.0) -> list[float]:
    """Return one echo of what moves radially; the ego comes nearer at `ego` m/s."""
    ray = math.cos(math.radians(azimuth_deg)), math.sin(math.radians(azimuth_deg))
    return [distance * ray[0], distance * ray[1], 0.0, rcs, (over_ground - ego) * ray[0],
            (over_ground - ego) * ray[1], over_ground * ray[0], over_ground * ray[1]]


def tokens(*echoes: list[float], view: View | None = None) -> np.ndarray:
    sample = ENCODER.decode(radar_cloud(np.array(echoes).reshape(-1, 8)))
    return ENCODER.encode([sample], [view or mount()]).tokens.numpy()


def values(*echoes: list[float], sector: int = 3) -> dict[str, float]:
    """Return the named values of a sector; the fourth begins straight ahead."""
    return dict(zip(NAMES, tokens(*echoes)[sector].tolist()))


def test_an_echo_is_told_by_the_sector_that_it_lies_in() -> None:
    for azimuth_deg, sector in ((-50.0, 0), (-10.0, 2), (10.0, 3), (55.0, 5)):
        some = tokens(echo(20.0, azimuth_deg))[:, NAMES.index('some')]
        assert some.tolist() == [float(k == sector) for k in range(6)]


def test_sectors_look_where_the_radar_is_mounted() -> None:
    sample = ENCODER.decode(radar_cloud(np.array([echo(20.0)])))
    for yaw_deg in (0.0, 90.0, 175.0):
        azimuth = np.degrees(ENCODER.encode([sample], [mount(yaw_deg=yaw_deg)]).azimuth.numpy())
        expected = np.arange(-50.0, 51.0, 20.0) + yaw_deg
        np.testing.assert_allclose(azimuth, (expected + 180.0) % 360.0 - 180.0, atol=1e-4)


def test_distances_are_those_from_the_base() -> None:
    ahead = tokens(echo(16.0), view=mount(x=4.0))
    np.testing.assert_allclose(ahead, tokens(echo(20.0)), atol=1e-6)


def test_without_a_mount_tokens_have_no_direction() -> None:
    sample = ENCODER.decode(radar_cloud(np.array([echo(20.0)])))
    encoded = ENCODER.encode([sample], [View('somewhere')])
    assert bool(encoded.azimuth.isnan().all())
    turned = ENCODER.encode([sample], [View('left', azimuth=math.pi / 2.0)])
    np.testing.assert_allclose(np.degrees(turned.azimuth.numpy()).mean(), 90.0, atol=1e-4)
    np.testing.assert_allclose(
        turned.tokens.numpy(), tokens(echo(20.0), view=mount(yaw_deg=90.0)), atol=1e-6)


def test_what_approaches_stands_or_leaves_is_told_apart() -> None:
    coming, still, going = (values(echo(30.0, 5.0, speed)) for speed in (-8.0, 0.0, 8.0))
    assert (coming['approaching_some'], coming['leaving_some']) == (1.0, 0.0)
    assert (going['approaching_some'], going['leaving_some']) == (0.0, 1.0)
    assert still['moving_some'] == still['approaching_some'] == still['leaving_some'] == 0.0
    assert coming['approaching_speed'] == pytest.approx(0.4)
    assert coming['moving_velocity'] == pytest.approx(-0.4)


def test_a_standing_thing_comes_closer_to_a_moving_ego_and_still_stands() -> None:
    still = values(echo(30.0, 5.0, 0.0, ego=10.0))
    assert still['moving_some'] == 0.0
    assert still['closing_speed'] == pytest.approx(0.5)
    assert still['urgency'] == pytest.approx(0.5)   # in three seconds


def test_a_mover_is_told_beside_a_nearer_standing_thing() -> None:
    both = values(echo(10.0, 5.0), echo(30.0, 15.0, -8.0, rcs=-5.0))
    alone = values(echo(30.0, 15.0, -8.0, rcs=-5.0))
    assert both['nearest_log'] < alone['nearest_log']
    for name in ('moving_log', 'moving_velocity', 'moving_rcs', 'approaching_speed'):
        assert both[name] == alone[name]


def test_an_empty_scan_says_that_nothing_is_there() -> None:
    nothing = tokens()
    assert nothing.shape == (6, len(NAMES))
    assert nothing[:, NAMES.index('some')].max() == 0.0
    assert nothing[:, NAMES.index('nearest_log')].min() == 1.0


def test_echoes_out_of_range_are_left_out() -> None:
    near = create('radar_sectors', {'max_range': 20.0})
    sample = near.decode(radar_cloud(np.array([echo(30.0), echo(0.2)])))
    assert near.encode([sample], [mount()]).tokens[:, NAMES.index('some')].max() == 0.0


def test_a_radar_that_tells_only_relative_velocities_says_so() -> None:
    cloud = radar_cloud(np.array([echo(30.0, 5.0, -8.0)]))
    cloud.fields = cloud.fields[:6]
    sample = ENCODER.decode(cloud)
    told = dict(zip(NAMES, ENCODER.encode([sample], [mount()]).tokens[3].tolist()))
    assert (told['ground_known'], told['relative_known']) == (0.0, 1.0)
    assert told['moving_velocity'] == pytest.approx(-0.4)


def test_a_linear_probe_tells_approaching_cars_from_parked_ones() -> None:
    random = np.random.default_rng(4)
    labels = random.random(150) < 0.5
    rows = []
    for approaching in labels:
        azimuth, distance = random.uniform(-55.0, 55.0), random.uniform(8.0, 60.0)
        speed = -random.uniform(3.0, 15.0) if approaching else 0.0
        noise = random.normal(0.0, 0.15)
        clutter = [echo(random.uniform(3.0, 80.0), random.uniform(-60.0, 60.0),
                        random.laplace(0.0, 0.5), 8.0, random.normal(-8.0, 3.0))
                   for _ in range(random.poisson(4))]
        rows.append(tokens(echo(distance, azimuth, speed + noise, 8.0), *clutter).ravel())
    assert accuracy(np.array(rows), labels) >= 0.9


def test_scans_are_judged_by_echoes_and_clutter() -> None:
    encoder = RadarSectors(RadarSectors.Options())

    def quality(*echoes: list[float]) -> object:
        sample = encoder.decode(radar_cloud(np.array(echoes).reshape(-1, 8)))
        return encoder.quality([sample], [mount()])
    good = quality(*(echo(10.0 + k) for k in range(10)))
    assert (good.usability, good.reason) == (1.0, '')
    weak = quality(*(echo(10.0 + k, rcs=-9.0) for k in range(10)))
    assert weak.usability == 0.0
    assert 'clutter (100% of 10 echoes are weak)' in weak.reason
    assert quality().reason == 'no echoes'
