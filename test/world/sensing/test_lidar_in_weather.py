# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Rain, fog and dust take returns from a sweep and add false ones close by."""

from __future__ import annotations

from box_world import wall_ahead, world
import numpy as np
import pytest

from mpnp_ros.world.conditions import Conditions
from mpnp_ros.world.sensing.lidar import Sweep, sweep
from mpnp_ros.world.sensing.rig import SensingRig
from mpnp_ros.world.sensing.weather import CLEAR, Dust, Weather


def shoot(rig: SensingRig, weather: Weather) -> Sweep:
    street = world({0: wall_ahead(35.0)})
    return sweep(rig.lidars[0], street, np.eye(4), np.random.default_rng(5), weather)


def reach(taken: Sweep) -> np.ndarray:
    points = taken.points
    return np.sqrt(points['x'] ** 2 + points['y'] ** 2 + points['z'] ** 2)


def test_the_harder_the_rain_the_fewer_returns_of_the_street(rig: SensingRig) -> None:
    far = [int(np.sum(reach(shoot(rig, Weather(rain_mm_h=rate))) > 15.0))
           for rate in (0.0, 3.0, 10.0, 30.0)]
    assert far == sorted(far, reverse=True)
    assert far[-1] < 0.7 * far[0]
    assert len(shoot(rig, Weather(rain_mm_h=30.0)).points) < len(shoot(rig, CLEAR).points)


def test_rain_comes_back_from_close_by_and_is_nobodys(rig: SensingRig) -> None:
    near = [shoot(rig, weather) for weather in (CLEAR, Weather(rain_mm_h=30.0))]
    closer = [int(np.sum(reach(one) < 4.0)) for one in near]
    assert closer[1] > closer[0] + 20
    assert (near[1].owners[reach(near[1]) < 4.0] == -1).all()


def test_in_fog_nothing_comes_back_from_beyond_the_visibility(rig: SensingRig) -> None:
    clear, fog = (reach(shoot(rig, weather)) for weather in (CLEAR, Weather(visibility_m=15.0)))
    assert np.sum(clear > 30.0) > 100
    assert np.sum(fog > 30.0) < 0.05 * np.sum(clear > 30.0)


def test_a_cloud_of_dust_hides_what_lies_behind_it_and_shows_itself(rig: SensingRig) -> None:
    dust = Weather(dust=(Dust(1.0, near_m=5.0, far_m=12.0, azimuth_deg=0.0, width_deg=60.0),))
    taken = shoot(rig, dust)
    azimuth = np.degrees(np.arctan2(taken.points['y'], taken.points['x']))
    ahead = reach(taken)[np.abs(azimuth) < 29.0]
    assert np.mean(ahead > 15.0) < 0.05
    assert np.mean((ahead > 4.9) & (ahead < 12.1)) > 0.5
    beside = np.abs(azimuth) > 31.0
    clear = shoot(rig, CLEAR)
    outside = np.abs(np.degrees(np.arctan2(clear.points['y'], clear.points['x']))) > 31.0
    np.testing.assert_array_equal(reach(taken)[beside], reach(clear)[outside])


def test_the_weather_of_a_drive_follows_from_its_conditions() -> None:
    assert Weather.of(Conditions()) == CLEAR
    given = Weather.of(Conditions(fog=0.5, rain=0.5, dust=0.5))
    assert given.rain_mm_h == 15.0
    assert given.visibility_m == Conditions(fog=0.5).visibility_m
    assert given.dust[0].density > 0.0


@pytest.mark.parametrize(('make', 'words'), [
    (lambda: Weather(rain_mm_h=-1.0), 'rain of -1.0 mm/h: expected 0 or more'),
    (lambda: Weather(visibility_m=0.0), 'visibility of 0.0 m'),
    (lambda: Dust(float('nan')), 'density nan'),
    (lambda: Dust(0.1, near_m=5.0, far_m=5.0), 'near_m below far_m'),
])
def test_impossible_weather_is_refused(make: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
