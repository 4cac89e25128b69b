# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Decode sensor_msgs/Imu, one message or those of a stretch of time."""

from __future__ import annotations

from collections.abc import Sequence
import math
from typing import Any

import numpy as np

from mpnp_ros.encoders.base import InputError

COLUMNS = ('time_s', 'turn_x', 'turn_y', 'turn_z', 'force_x', 'force_y', 'force_z')
_NOT_MEASURED = -1.0   # first element of a covariance, by the definition of the message


def decode_imu(message: Any) -> np.ndarray:
    """Decode a sensor_msgs/Imu, or a list of them, to readings [n, 7] float64: COLUMNS.

    Duck-typed on header.stamp, angular_velocity (rad/s) and linear_acceleration (m/s^2) with
    their covariances. Time is that of the stamp, s. Raises InputError naming the field: no
    reading, one that is not finite, one that is not measured.
    """
    messages = list(message) if isinstance(message, Sequence) else [message]
    if not messages:
        raise InputError('message: there is no reading')
    return np.array([_reading(one) for one in messages])


def _reading(message: Any) -> list[float]:
    for name in ('header', 'angular_velocity', 'linear_acceleration'):
        if not hasattr(message, name):
            raise InputError(f'message: expected sensor_msgs/msg/Imu with {name}, '
                             f'got {type(message).__name__}')
    stamp = message.header.stamp
    row = [stamp.sec + stamp.nanosec * 1e-9]
    for name in ('angular_velocity', 'linear_acceleration'):
        covariance = getattr(message, f'{name}_covariance', None)
        if covariance is not None and len(covariance) and covariance[0] == _NOT_MEASURED:
            raise InputError(f'{name}: the sensor does not measure it (its covariance is -1)')
        vector = getattr(message, name)
        values = [float(vector.x), float(vector.y), float(vector.z)]
        if not all(map(math.isfinite, values)):
            raise InputError(f'{name}: expected finite numbers, got {values}')
        row += values
    return row
