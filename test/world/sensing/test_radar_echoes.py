# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Echoes of a radar have the range, azimuth and radial velocity of what they come from."""

from __future__ import annotations

import math

from box_world import around, seen, standing, wall_ahead, world
import numpy as np
import pytest

from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.sensing.radar import MOVING, ONCOMING, Radar, Scan, scan, STATIONARY
from mpnp_ros.world.sensing.rig import SensingRig
from mpnp_ros.world.sensing.weather import Weather
from mpnp_ros.world.truth import EgoMotion, Seen

EXACT = {'range_noise_m': 0.0, 'azimuth_noise_deg': 0.0, 'velocity_noise': 0.0, 'miss': 0.0,
         'clutter': 0.0, 'reference_range_m': 1e4}
AHEAD = 'radar_front'


def radar_of(rig: SensingRig, name: str = AHEAD, **changes: object) -> Radar:
    found, = (radar for radar in rig.radars if radar.name == name)
    return found.model_copy(update=changes)


def take(radar: Radar, *objects: Seen, ego: EgoMotion | None = None, seed: int = 0,
         cast: object = None) -> Scan:
    return scan(radar, cast or around(objects), ego or standing(), objects,
                np.random.default_rng(seed))


def radial(taken: Scan, name: str = 'v') -> np.ndarray:
    """Return the radial velocity of each echo of an actor."""
    mine = taken.echoes[taken.owners >= 0]
    x, y = ('vx', 'vy') if name == 'v' else ('vx_comp', 'vy_comp')
    reach = np.hypot(mine['x'], mine['y'])
    return (mine[x] * mine['x'] + mine[y] * mine['y']) / reach


def test_the_front_of_a_car_is_where_it_echoes(rig: SensingRig) -> None:
    radar = radar_of(rig, **EXACT)
    taken = take(radar, seen('car', 20.0 + radar.position[0] + 2.25, 0.0))
    mine = taken.echoes[taken.owners == 0]
    assert len(mine) > 0
    # Along the ray, which dips a little.
    np.testing.assert_allclose(mine['x'], 20.0, atol=0.01)
    assert np.abs(mine['y']).max() < 0.9


def test_a_wall_ten_metres_ahead_is_ten_metres_ahead(rig: SensingRig) -> None:
    radar = radar_of(rig, **EXACT)
    taken = take(radar, cast=world({-1: wall_ahead(10.0 + radar.position[0])}))
    assert len(taken.echoes) > 10
    np.testing.assert_allclose(taken.echoes['x'], 10.0, atol=1e-4)


def test_a_car_approaching_at_five_metres_per_second_shows_minus_five(rig: SensingRig) -> None:
    taken = take(radar_of(rig, **EXACT), seen('car', 30.0, 0.0, velocity=(-5.0, 0.0)))
    np.testing.assert_allclose(radial(taken), -5.0, atol=0.01)
    np.testing.assert_allclose(radial(taken, 'v_comp'), -5.0, atol=0.01)
    assert (taken.echoes['dyn_prop'][taken.owners >= 0] == ONCOMING).all()


def test_a_parked_car_comes_nearer_as_fast_as_the_ego_drives_and_stands(rig: SensingRig) -> None:
    ego = EgoMotion(Pose(0.0, 0.0), speed=8.0)
    taken = take(radar_of(rig, **EXACT), seen('car', 30.0, 0.0), ego=ego)
    np.testing.assert_allclose(radial(taken), -8.0, atol=0.01)
    np.testing.assert_allclose(radial(taken, 'v_comp'), 0.0, atol=1e-5)
    assert (taken.echoes['dyn_prop'][taken.owners >= 0] == STATIONARY).all()


def test_a_car_that_drives_away_is_told_apart_from_an_oncoming_one(rig: SensingRig) -> None:
    taken = take(radar_of(rig, **EXACT), seen('car', 30.0, 0.0, velocity=(7.0, 0.0)))
    np.testing.assert_allclose(radial(taken), 7.0, atol=0.02)
    assert (taken.echoes['dyn_prop'][taken.owners >= 0] == MOVING).all()


def test_a_turning_ego_moves_its_front_radar_sideways(rig: SensingRig) -> None:
    radar = radar_of(rig, 'radar_front_left', **EXACT)
    ego = EgoMotion(Pose(0.0, 0.0), yaw_rate=0.5)
    taken = take(radar, seen('car', radar.position[0], 15.0), ego=ego)
    sideways = 0.5 * radar.position[0]   # m/s to the left, towards the car
    np.testing.assert_allclose(radial(taken), -sideways, atol=0.05)


def test_a_radar_on_the_left_reports_in_its_own_frame(rig: SensingRig) -> None:
    radar = radar_of(rig, 'radar_front_left', **EXACT)
    taken = take(radar, seen('car', radar.position[0], 15.0))
    mine = taken.echoes[taken.owners == 0]
    np.testing.assert_allclose(mine['x'], 15.0 - 0.9 - radar.position[1], atol=0.01)
    assert np.abs(mine['y']).max() < 2.3


def test_what_stands_behind_a_truck_gives_no_echo(rig: SensingRig) -> None:
    truck, person = seen('truck', 15.0, 0.0, actor=0), seen('pedestrian', 25.0, 0.0, actor=1)
    taken = take(radar_of(rig, **EXACT), truck, person)
    assert set(taken.owners.tolist()) & {0, 1} == {0}
    alone = take(radar_of(rig, **EXACT), person)
    assert 1 in alone.owners


def test_nothing_is_seen_outside_the_field_of_view(rig: SensingRig) -> None:
    radar = radar_of(rig, **EXACT)
    assert 0 not in take(radar, seen('car', -15.0, 0.0)).owners
    # Beyond 20 m the view is only 45 degrees wide to either side.
    at = math.radians(52.0)
    for distance, there in ((15.0, True), (40.0, False)):
        car = seen('car', radar.position[0] + distance * math.cos(at), distance * math.sin(at))
        assert (0 in take(radar, car).owners) == there


def test_a_pedestrian_is_lost_at_a_distance_where_a_truck_is_not(rig: SensingRig) -> None:
    radar = radar_of(rig)
    counts = {kind: sum(0 in take(radar, seen(kind, 65.0, 0.0), seed=seed).owners
                        for seed in range(25)) for kind in ('pedestrian', 'truck')}
    assert counts['truck'] > 20
    assert counts['pedestrian'] < 0.5 * counts['truck']


def test_a_truck_gives_more_echoes_than_a_pedestrian(rig: SensingRig) -> None:
    radar = radar_of(rig, **EXACT)
    counts = [sum(int(np.sum(take(radar, seen(kind, 15.0, 3.0), seed=seed).owners == 0))
                  for seed in range(10)) for kind in ('pedestrian', 'truck')]
    assert counts[1] > counts[0]


def test_velocities_scatter_as_the_sensor_file_says(rig: SensingRig) -> None:
    radar = radar_of(rig, **{**EXACT, 'velocity_noise': 0.2, 'background_rays': 0})
    car = seen('car', 30.0, 0.0, velocity=(-5.0, 0.0))
    found = np.concatenate([radial(take(radar, car, seed=seed)) for seed in range(150)])
    assert found.mean() == pytest.approx(-5.0, abs=0.06)
    assert found.std() == pytest.approx(0.2, rel=0.2)


def test_clutter_comes_as_often_as_the_sensor_file_says_and_more_in_rain(
    rig: SensingRig
) -> None:
    radar = radar_of(rig, background_rays=0)

    def mean(weather: Weather) -> float:
        return float(np.mean([
            len(scan(radar, around(()), standing(), (), np.random.default_rng(seed),
                     weather).echoes) for seed in range(80)]))
    # Some of it falls beyond the reach at its azimuth.
    assert 0.7 * radar.clutter < mean(Weather()) < 1.1 * radar.clutter
    assert mean(Weather(rain_mm_h=30.0)) > 2.0 * mean(Weather())


def test_a_share_of_the_echoes_is_missed(rig: SensingRig) -> None:
    car = seen('car', 15.0, 0.0)
    counts = [sum(0 in take(radar_of(rig, **{**EXACT, 'miss': miss}), car, seed=seed).owners
                  for seed in range(20)) for miss in (0.0, 1.0)]
    assert counts == [20, 0]


def test_a_thin_thing_out_of_reach_of_every_ray_costs_no_error(rig: SensingRig) -> None:
    nothing = Seen(0, 'traffic cone', '', '', Box(Pose(20.0, 0.0), (0.3, 0.3, 0.7)))
    taken = take(radar_of(rig, **EXACT), nothing, cast=world({}))
    assert 0 not in taken.owners
