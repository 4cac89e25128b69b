# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A sweep has the distances of the world, in the frame of the lidar."""

from __future__ import annotations

import math

from box_world import seen, turned, wall_ahead, world
import numpy as np
import pytest

from mpnp_ros import shipped
from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.sensing.lidar import Lidar, Sweep, sweep
from mpnp_ros.world.sensing.rig import SensingRig
from mpnp_ros.world.sensing.sensor_file import read_sensor_file

EXACT = {'noise_m': 0.0, 'resolution_m': 0.0, 'dropout': 0.0, 'dark_range_m': 1e4}


def lidar_of(rig: SensingRig, **changes: object) -> Lidar:
    return rig.lidars[0].model_copy(update=changes)


def shoot(lidar: Lidar, cast: object, world_from_base: np.ndarray | None = None) -> Sweep:
    base = np.eye(4) if world_from_base is None else world_from_base
    return sweep(lidar, cast, base, np.random.default_rng(1))


def test_a_wall_ten_metres_ahead_is_ten_metres_ahead(rig: SensingRig) -> None:
    lidar = lidar_of(rig, **EXACT)
    points = shoot(lidar, world({-1: wall_ahead(10.0 + lidar.position[0])}, ground=False)).points
    assert len(points) > 500
    np.testing.assert_allclose(points['x'], 10.0, atol=1e-4)


def test_the_ground_lies_as_deep_as_the_lidar_is_mounted_high(rig: SensingRig) -> None:
    lidar = lidar_of(rig, **EXACT)
    points = shoot(lidar, world({})).points
    assert len(points) > 1000
    np.testing.assert_allclose(points['z'], -lidar.position[2], atol=1e-4)


def test_a_turned_vehicle_sees_the_wall_in_its_own_frame(rig: SensingRig) -> None:
    lidar = lidar_of(rig, **EXACT, position=(0.0, 0.0, 1.8), yaw_deg=30.0)
    wall = world({-1: wall_ahead(10.0)}, ground=False)
    points = shoot(lidar, wall, turned(20.0)).points
    angle = math.radians(-50.0)
    away = points['x'] * math.cos(angle) + points['y'] * math.sin(angle)
    np.testing.assert_allclose(away, 10.0, atol=1e-4)


def test_beams_of_the_hdl_32e_and_the_hdl_64e_point_as_in_their_data_sheets() -> None:
    for name, beams, highest, lowest in (('lidar_32', 32, 10.67, -30.67),
                                         ('lidar_64', 64, 2.0, -24.8)):
        lidar, = read_sensor_file(shipped.configuration(f'sensors/{name}.yaml'))
        elevations = np.degrees(lidar.elevations)
        assert len(elevations) == beams
        assert elevations[0] == pytest.approx(lowest)
        assert elevations[-1] == pytest.approx(highest)
        assert (np.diff(elevations) > 0.0).all()


def test_ring_and_elevation_agree(rig: SensingRig) -> None:
    lidar = lidar_of(rig, **EXACT)
    points = shoot(lidar, world({-1: wall_ahead(20.0)})).points
    elevation = np.arctan2(points['z'], np.hypot(points['x'], points['y']))
    np.testing.assert_allclose(elevation, lidar.elevations[points['ring']], atol=1e-5)


def test_points_know_whose_they_are(rig: SensingRig) -> None:
    car = seen('car', 12.0, 3.0, actor=4)
    lidar = lidar_of(rig, **EXACT)
    taken = shoot(lidar, world({4: car.box}))
    mine = taken.points[taken.owners == 4]
    assert len(mine) > 10
    places = np.column_stack([mine[axis] for axis in 'xyz']) + np.array(lidar.position)
    assert car.box.contains(places.astype(float), margin=0.01).all()
    assert set(taken.owners.tolist()) == {-1, 4}


def test_ranges_scatter_as_the_sensor_file_says(rig: SensingRig) -> None:
    lidar = lidar_of(rig, **{**EXACT, 'noise_m': 0.05})
    wall = world({-1: wall_ahead(15.0 + lidar.position[0])}, ground=False)
    exact, noisy = (shoot(one, wall).points for one in (lidar_of(rig, **EXACT), lidar))
    reach = [np.sqrt(p['x'] ** 2 + p['y'] ** 2 + p['z'] ** 2) for p in (exact, noisy)]
    error = reach[1] - reach[0]
    assert abs(error.mean()) < 0.01
    assert error.std() == pytest.approx(0.05, rel=0.15)


def test_nothing_nearer_or_further_than_the_lidar_measures(rig: SensingRig) -> None:
    lidar = lidar_of(rig, **EXACT, min_range_m=6.0, max_range_m=12.0)
    points = shoot(lidar, world({})).points
    reach = np.sqrt(points['x'] ** 2 + points['y'] ** 2 + points['z'] ** 2)
    assert reach.min() >= 6.0
    assert reach.max() <= 12.0


def test_a_dark_surface_is_lost_before_a_bright_one(rig: SensingRig) -> None:
    lidar = lidar_of(rig)
    wall = {-1: wall_ahead(60.0)}
    dark, bright = (len(shoot(lidar, world(wall, ground=False, reflectivity=share)).points)
                    for share in (0.05, 0.6))
    assert dark < 0.5 * bright


def test_a_surface_at_a_grazing_angle_is_lost_before_one_met_squarely(rig: SensingRig) -> None:
    lidar = lidar_of(rig)
    turn = Pose(0.0, 0.0)
    taken = shoot(lidar, world({-1: wall_ahead(30.0)}, ground=False), turn.matrix()).points
    full = shoot(lidar_of(rig, **EXACT), world({-1: wall_ahead(30.0)}, ground=False)).points
    steep, flat = (
        np.sum(np.abs(np.arctan2(taken['y'], taken['x'])) > angle)
        / np.sum(np.abs(np.arctan2(full['y'], full['x'])) > angle) for angle in (0.0, 0.9))
    assert flat < steep


def test_fewer_columns_give_fewer_points_of_the_same_world() -> None:
    path = shipped.configuration('sensors/lidar_32.yaml')
    counts = [len(shoot(read_sensor_file(path, columns=columns)[0], world({})).points)
              for columns in (60, 120)]
    assert counts[1] == pytest.approx(2 * counts[0], rel=0.05)
