# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What KITTI's GPS/IMU unit measured (oxts): position, orientation, rates, accelerations."""

from __future__ import annotations

from dataclasses import dataclass
import math
from pathlib import Path

import numpy as np

from mpnp_ros.importing.error import DatasetError, read_text

_EARTH_RADIUS_M = 6378137.0
_VALUES = 30   # per packet, see dataformat.txt of the data set


@dataclass(frozen=True)
class Oxts:
    """One packet.

    :ivar rotation: [3, 3], the unit's axes in a map whose x points east and z up.
    :ivar acceleration: m/s^2, and angular_rate, rad/s, along and around the unit's axes.
    :ivar accuracy_m: of the position.
    """

    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    rotation: np.ndarray
    acceleration: tuple[float, float, float]
    angular_rate: tuple[float, float, float]
    accuracy_m: float

    def position(self, scale: float) -> np.ndarray:
        """Return the place in the Mercator plane, metres east, north and up.

        :param scale: of the plane, see `mercator_scale`; the same for all of a drive.
        """
        radius = scale * _EARTH_RADIUS_M
        return np.array([
            radius * math.radians(self.longitude_deg),
            radius * math.log(math.tan(math.radians(90.0 + self.latitude_deg) / 2.0)),
            self.altitude_m])


def mercator_scale(latitude_deg: float) -> float:
    """Return the scale at which lengths around a latitude are true."""
    return math.cos(math.radians(latitude_deg))


def read_oxts(path: Path) -> Oxts:
    """Read a packet; raises DatasetError where the file is not 30 finite numbers."""
    try:
        values = [float(value) for value in read_text(path).split()]
    except ValueError as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(path, f'not numbers: {error}') from error
    if len(values) != _VALUES or not all(map(math.isfinite, values)):
        raise DatasetError(path, f'expected {_VALUES} finite numbers, got {len(values)}')
    latitude, longitude, altitude, roll, pitch, yaw = values[:6]
    if not abs(latitude) < 90.0:
        raise DatasetError(path, f'latitude {latitude}: expected less than 90 degrees')
    ax, ay, az = values[11:14]
    wx, wy, wz = values[17:20]
    return Oxts(
        latitude, longitude, altitude, _turn(2, yaw) @ _turn(1, pitch) @ _turn(0, roll),
        (ax, ay, az), (wx, wy, wz), accuracy_m=values[23])


def _turn(axis: int, angle: float) -> np.ndarray:
    """Return the rotation [3, 3] around a coordinate axis, rad, right-handed."""
    matrix = np.eye(3)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[first, first] = matrix[second, second] = math.cos(angle)
    matrix[second, first] = math.sin(angle)
    matrix[first, second] = -math.sin(angle)
    return matrix
