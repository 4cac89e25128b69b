# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The inertial unit shows how the ego turns, speeds up and brakes."""

from __future__ import annotations

import numpy as np
import pytest

from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.sensing.imu import GRAVITY, Imu, measure, Motion
from mpnp_ros.world.sensing.rig import SensingRig
from mpnp_ros.world.truth import EgoMotion

EXACT = {'gyro_noise': 0.0, 'gyro_bias': 0.0, 'accelerometer_noise': 0.0,
         'accelerometer_bias': 0.0, 'vibration': 0.0}


def imu_of(rig: SensingRig, **changes: object) -> Imu:
    return rig.imus[0].model_copy(update=changes)


def steady(**motion: float) -> Motion:
    return lambda _: EgoMotion(Pose(0.0, 0.0), **motion)


def test_at_rest_it_shows_gravity_alone(rig: SensingRig) -> None:
    given = measure(imu_of(rig, **EXACT), steady(), 0.0, 1.0, seed=1)
    np.testing.assert_allclose(given.acceleration, np.tile([0.0, 0.0, GRAVITY], (100, 1)))
    np.testing.assert_array_equal(given.angular_velocity, 0.0)


def test_a_left_turn_has_a_positive_yaw_rate_and_pushes_to_the_left(rig: SensingRig) -> None:
    given = measure(imu_of(rig, **EXACT), steady(speed=10.0, yaw_rate=0.3), 0.0, 1.0, seed=1)
    np.testing.assert_allclose(given.angular_velocity[:, 2], 0.3)
    np.testing.assert_allclose(given.acceleration[:, 1], 3.0)


def test_braking_is_a_negative_acceleration_along_x(rig: SensingRig) -> None:
    given = measure(imu_of(rig, **EXACT), steady(speed=10.0, acceleration=-4.0), 0.0, 1.0, seed=1)
    np.testing.assert_allclose(given.acceleration[:, 0], -4.0)


def test_ahead_of_the_axle_a_beginning_turn_is_felt_sideways(rig: SensingRig) -> None:
    def motion(time_s: float) -> EgoMotion:
        return EgoMotion(Pose(0.0, 0.0), yaw_rate=0.5 * time_s)

    imu = imu_of(rig, **EXACT, position=(2.0, 0.0, 0.5))
    given = measure(imu, motion, 0.0, 1.0, seed=1)
    np.testing.assert_allclose(given.acceleration[:, 1], 2.0 * 0.5, atol=1e-6)
    np.testing.assert_allclose(given.acceleration[:, 0], -2.0 * (0.5 * given.time_s) ** 2)


def test_a_unit_that_looks_to_the_left_feels_braking_on_its_y_axis(rig: SensingRig) -> None:
    imu = imu_of(rig, **EXACT, yaw_deg=90.0)
    given = measure(imu, steady(acceleration=-4.0), 0.0, 0.5, seed=1)
    np.testing.assert_allclose(given.acceleration[:, :2], np.tile([0.0, 4.0], (50, 1)),
                               atol=1e-9)


def test_noise_and_bias_are_those_of_the_sensor_file(rig: SensingRig) -> None:
    imu = imu_of(rig, **{**EXACT, 'gyro_noise': 0.01, 'gyro_bias': 0.05})
    means = []
    for seed in range(30):
        given = measure(imu, steady(), 0.0, 3.0, seed).angular_velocity[:, 2]
        assert given.std() == pytest.approx(0.01, rel=0.15)
        means.append(given.mean())
    assert np.std(means) == pytest.approx(0.05, rel=0.4)


def test_the_road_shakes_more_at_speed(rig: SensingRig) -> None:
    slow, fast = (measure(imu_of(rig), steady(speed=speed), 0.0, 2.0, seed=1).acceleration[:, 2]
                  for speed in (1.0, 15.0))
    assert fast.std() > 4.0 * slow.std()


def test_a_reading_is_the_same_in_whatever_stretch_it_is_asked_for(rig: SensingRig) -> None:
    imu = imu_of(rig)
    whole = measure(imu, steady(), -0.5, 1.0, seed=3)
    parts = [measure(imu, steady(), start, end, seed=3)
             for start, end in ((-0.5, 0.2), (0.2, 1.0))]
    assert len(whole.time_s) == 150
    np.testing.assert_array_equal(
        whole.acceleration, np.concatenate([part.acceleration for part in parts]))
    np.testing.assert_array_equal(whole.time_s, np.concatenate([one.time_s for one in parts]))
