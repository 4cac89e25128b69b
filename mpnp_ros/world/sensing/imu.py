# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An inertial measurement unit: turning rates and accelerations from the ego's motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import Array
from mpnp_ros.world.sensing.sensor import Field, Sensor
from mpnp_ros.world.truth import EgoMotion

GRAVITY = 9.80665   # m/s^2, standard
_REFERENCE_SPEED = 10.0   # m/s at which the road shakes with `vibration`
_STEP_S = 0.01   # over which the change of the yaw rate is taken
_BLOCK = 64   # readings whose noise is drawn together
_EARLIEST = 1 << 32   # added to a block's number, which may be negative, to seed its noise

Motion = Callable[[float], EgoMotion]
"""How the ego moves at a time of the drive, s; also a little before it begins."""


class Imu(Sensor):
    """An inertial measurement unit as its sensor file describes it."""

    kind: Literal['imu'] = 'imu'
    rate_hz: float = Field(gt=0.0, le=2000.0)
    gyro_noise: float = Field(ge=0.0, description='Standard deviation of a reading, rad/s.')
    gyro_bias: float = Field(ge=0.0, description='Standard deviation among drives, rad/s.')
    accelerometer_noise: float = Field(
        ge=0.0, description='Standard deviation of a reading, m/s^2.')
    accelerometer_bias: float = Field(
        ge=0.0, description='Standard deviation among drives, m/s^2.')
    vibration: float = Field(
        ge=0.0, description='Standard deviation that the road adds to the acceleration at '
        '10 m/s, upright, half of it level, m/s^2.')


@dataclass(frozen=True)
class Inertia:
    """Readings in the order of time.

    :ivar time_s: [n] of the drive.
    :ivar angular_velocity: [n, 3] rad/s around the unit's axes.
    :ivar acceleration: [n, 3] m/s^2 along the unit's axes, gravity included: at rest z shows
        9.81.
    :ivar yaw: [n] rad, where the unit's x axis points in the world.
    """

    time_s: Array
    angular_velocity: Array
    acceleration: Array
    yaw: Array


def measure(imu: Imu, motion: Motion, after_s: float, until_s: float, seed: int) -> Inertia:
    """Return the readings after one time up to another, at whole periods of the drive's clock.

    The bias is the same during the whole drive of a seed, and a reading is the same in whatever
    stretch it is asked for.
    """
    numbers = np.arange(math.floor(after_s * imu.rate_hz + 1e-6) + 1,
                        math.floor(until_s * imu.rate_hz + 1e-6) + 1)
    times = numbers / imu.rate_hz
    bias = np.random.default_rng([seed, 11]).standard_normal(6)
    noise = _noise(numbers, seed)
    moved = [motion(time_s) for time_s in times]
    speed = np.array([one.speed for one in moved])
    turn = np.array([one.yaw_rate for one in moved])

    gyro = np.zeros((len(times), 3))
    gyro[:, 2] = turn
    gyro += imu.gyro_bias * bias[:3] + imu.gyro_noise * noise[:, :3]
    in_base = np.zeros((len(times), 3))
    in_base[:, 0] = [one.acceleration for one in moved]
    in_base[:, 1] = speed * turn
    in_base[:, 2] = GRAVITY
    x, y, _ = imu.position
    if x or y:   # off the rear axle Euler's and the centripetal acceleration come in addition
        turning = np.array([_turning(motion, time_s) for time_s in times])
        in_base[:, 0] -= turning * y + turn**2 * x
        in_base[:, 1] += turning * x - turn**2 * y
    acceleration = in_base @ imu.base_from_sensor[:3, :3]
    shaken = imu.vibration * speed[:, None] / _REFERENCE_SPEED * np.array([0.5, 0.5, 1.0])
    acceleration += (imu.accelerometer_bias * bias[3:]
                     + np.hypot(imu.accelerometer_noise, shaken) * noise[:, 3:])
    yaw = np.array([one.pose.yaw for one in moved]) + math.radians(imu.yaw_deg)
    return Inertia(times, gyro, acceleration, yaw)


def _turning(motion: Motion, time_s: float) -> float:
    """Return the change of the yaw rate, rad/s^2."""
    before, after = motion(time_s - _STEP_S), motion(time_s + _STEP_S)
    return (after.yaw_rate - before.yaw_rate) / (2.0 * _STEP_S)


def _noise(numbers: NDArray[np.int64], seed: int) -> Array:
    """Return normal noise [n, 6] that depends on the numbers of the readings alone."""
    blocks = numbers // _BLOCK
    drawn = {block: np.random.default_rng([seed, 12, block + _EARLIEST]).standard_normal(
        (_BLOCK, 6)) for block in np.unique(blocks).tolist()}
    return np.array([drawn[block][number % _BLOCK] for block, number in zip(
        blocks.tolist(), numbers.tolist(), strict=True)]).reshape(-1, 6)
