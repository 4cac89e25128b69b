# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The ego with all its sensors, in nuScenes' arrangement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mpnp_ros.shipped import configuration
from mpnp_ros.world.geometry import Array
from mpnp_ros.world.sensing.rig import SensingRig
from mpnp_ros.world.sensing.sensor_file import read_sensor_file, rig_of
from mpnp_ros.world.sensors import Camera, six_cameras

SENSOR_FILES = ('lidar_32', 'radar', 'imu', 'microphones')


@dataclass(frozen=True)
class Vehicle:
    """Cameras, and all other sensors."""

    cameras: tuple[Camera, ...]
    sensing: SensingRig

    @classmethod
    def standard(
        cls, width: int = 320, height: int = 180, files: Sequence[str] = SENSOR_FILES
    ) -> Vehicle:
        """Return six cameras of one picture size and the sensors of files in config/sensors.

        Raises FileNotFoundError and SensorFileError as `read_sensor_file` does.
        """
        sensors = [
            sensor for name in files
            for sensor in read_sensor_file(configuration(f'sensors/{name}.yaml'))]
        return cls(six_cameras(width, height), rig_of(sensors))

    def frames(self) -> Iterator[tuple[str, Array]]:
        """Yield the frame of each sensor and its transform [4, 4] to base_link."""
        for camera in self.cameras:
            yield camera.frame_id, camera.base_from_sensor
        yield from self.sensing.frames()
