# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of the sensors that are no cameras, as they go into a bag."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mpnp_ros import messages
from mpnp_ros.world.sensing.imu import Imu, Inertia
from mpnp_ros.world.sensing.lidar import Lidar
from mpnp_ros.world.sensing.microphones import Microphones
from mpnp_ros.world.sensing.radar import Radar
from mpnp_ros.world.sensing.rig import Observation, SensingRig
from mpnp_ros.world.sensing.sensor import Sensor

AUDIO = 'mpnp_ros/msg/Audio'
_CLOUD = 'sensor_msgs/msg/PointCloud2'
_IMU = 'sensor_msgs/msg/Imu'
_BYTES_MAX_CHANNELS = 255

Stamped = tuple[int, Any]   # nanoseconds and a message


@dataclass(frozen=True)
class _Row:
    """How the sensors of one class are recorded: where, as what, and by which function."""

    kind: type[Sensor]
    topic: str
    type: str
    messages: Callable[[Any, Observation, int], Iterator[Stamped]]


class SensingRecorder:
    """Write what a rig observes as stamped messages.

    The stamp of a message is `start_ns` plus its time of the drive.
    """

    def __init__(self, rig: SensingRig, start_ns: int) -> None:
        self._rig, self._start_ns = rig, start_ns

    @property
    def topics(self) -> Mapping[str, str]:
        """Return the type of message of each topic."""
        return {topic: row.type for _, topic, row in self._rows()}

    def topic_of(self, sensor: str) -> str:
        """Return the topic of a sensor by its name; raises KeyError for an unknown one."""
        return {one.name: topic for one, topic, _ in self._rows()}[sensor]

    def record(self, observation: Observation) -> Iterator[tuple[str, int, Any]]:
        """Yield topic, stamp in nanoseconds and message, in the order of the stamps.

        Inertial readings lie before the instant; of a dead sensor there is nothing.
        """
        found = [
            (stamp_ns, topic, message) for sensor, topic, row in self._rows()
            for stamp_ns, message in row.messages(sensor, observation, self._start_ns)]
        for stamp_ns, topic, message in sorted(found, key=lambda one: one[0]):
            yield topic, stamp_ns, message

    def _rows(self) -> Iterator[tuple[Sensor, str, _Row]]:
        for sensor in self._rig.sensors:
            row = next(row for row in _ROWS if isinstance(sensor, row.kind))
            yield sensor, row.topic.format(name=sensor.name), row


def audio(samples: NDArray[np.int16], sample_rate: int, frame_id: str, stamp_ns: int) -> Any:
    """Return samples [n, channels] as mpnp_ros/msg/Audio, stamped with the last one's time.

    Raises ValueError for more than 255 channels.
    """
    channels = samples.shape[1]
    if not 1 <= channels <= _BYTES_MAX_CHANNELS:
        raise ValueError(f'{channels} channels: expected 1 to {_BYTES_MAX_CHANNELS}')
    return messages.new(
        AUDIO, header=messages.header(frame_id, stamp_ns), sample_rate=sample_rate,
        channels=channels, data=np.ascontiguousarray(samples, np.int16).reshape(-1))


def _ns(start_ns: int, time_s: float) -> int:
    return start_ns + round(time_s * 1e9)


def _clouds(lidar: Lidar, seen: Observation, start_ns: int) -> Iterator[Stamped]:
    if lidar.name in seen.sweeps:
        stamp_ns = _ns(start_ns, seen.time_s)
        points = seen.sweeps[lidar.name].points
        yield stamp_ns, messages.point_cloud(points, lidar.frame_id, stamp_ns)


def _echoes(radar: Radar, seen: Observation, start_ns: int) -> Iterator[Stamped]:
    if radar.name in seen.scans:
        stamp_ns = _ns(start_ns, seen.time_s)
        echoes = seen.scans[radar.name].echoes
        yield stamp_ns, messages.point_cloud(echoes, radar.frame_id, stamp_ns)


def _readings(imu: Imu, seen: Observation, start_ns: int) -> Iterator[Stamped]:
    given: Inertia | None = seen.inertia.get(imu.name)
    if given is None:
        return
    for time_s, turning, acceleration, yaw in zip(
            given.time_s, given.angular_velocity, given.acceleration, given.yaw, strict=True):
        stamp_ns = _ns(start_ns, float(time_s))
        cos, sin = np.cos(yaw), np.sin(yaw)
        map_from_sensor = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
        yield stamp_ns, messages.imu(
            imu.frame_id, stamp_ns, map_from_sensor, turning, acceleration)


def _sounds(array: Microphones, seen: Observation, start_ns: int) -> Iterator[Stamped]:
    if array.name in seen.sounds:
        stamp_ns = _ns(start_ns, seen.time_s)
        yield stamp_ns, audio(
            seen.sounds[array.name], array.rate_hz, array.frame_id, stamp_ns)


_ROWS = (
    _Row(Lidar, '/{name}/points', _CLOUD, _clouds),
    _Row(Radar, '/{name}/points', _CLOUD, _echoes),
    _Row(Imu, '/{name}/data', _IMU, _readings),
    _Row(Microphones, '/{name}/audio', AUDIO, _sounds),
)
