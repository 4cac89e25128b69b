# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""All sensors of a vehicle that are no cameras: what they measure at one instant of a drive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
import dataclasses
from dataclasses import dataclass, field
import zlib

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import Array
from mpnp_ros.world.sensing.casting import Caster
from mpnp_ros.world.sensing.fault import Fault, NO_FAULT
from mpnp_ros.world.sensing.hearing import with_levels
from mpnp_ros.world.sensing.imu import Imu, Inertia, measure, Motion
from mpnp_ros.world.sensing.lidar import Lidar, Sweep, sweep
from mpnp_ros.world.sensing.microphones import Microphones, record
from mpnp_ros.world.sensing.radar import Radar, Scan, scan
from mpnp_ros.world.sensing.sensor import Sensor
from mpnp_ros.world.sensing.weather import CLEAR, Weather
from mpnp_ros.world.truth import Seen

_FIRST_STRETCH_S = 1.0   # of inertial readings before a drive's first instant


@dataclass(frozen=True)
class Instant:
    """One moment of a drive, as the sensors need it.

    :ivar time_s: of the drive.
    :ivar motion: how the ego moves; asked from one second before the first instant on.
    :ivar objects: what is around, without what the sensors make of it.
    :ivar cast: casts rays into the world as it is at that time.
    :ivar seed: of the drive; all noise follows from it and the time.
    :ivar previous_s: time of the instant before, None for the first: inertial readings are
        given since then.
    :ivar faults: by name of the sensor.
    """

    time_s: float
    motion: Motion
    objects: tuple[Seen, ...]
    cast: Caster
    seed: int
    previous_s: float | None = None
    weather: Weather = CLEAR
    faults: Mapping[str, Fault] = field(default_factory=dict)


@dataclass(frozen=True)
class Observation:
    """What the sensors that are not dead gave at one instant, by name of the sensor.

    :ivar sounds: samples [n, microphones] of each array.
    :ivar objects: those of the instant with their `hits`, `echoes` and `level_db` filled in.
    """

    time_s: float
    sweeps: Mapping[str, Sweep]
    scans: Mapping[str, Scan]
    inertia: Mapping[str, Inertia]
    sounds: Mapping[str, NDArray[np.int16]]
    objects: tuple[Seen, ...]


@dataclass(frozen=True)
class SensingRig:
    """The sensors of one vehicle that are no cameras."""

    lidars: tuple[Lidar, ...] = ()
    radars: tuple[Radar, ...] = ()
    imus: tuple[Imu, ...] = ()
    microphones: tuple[Microphones, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two sensors of one name."""
        counts = Counter(sensor.name for sensor in self.sensors)
        twice = [name for name, count in counts.items() if count > 1]
        if twice:
            raise ValueError(f'several sensors are called {", ".join(twice)}')

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """Return all of them."""
        return (*self.lidars, *self.radars, *self.imus, *self.microphones)

    def frames(self) -> Iterator[tuple[str, Array]]:
        """Yield the frame of each sensor and its transform [4, 4] to base_link."""
        for sensor in self.sensors:
            yield sensor.frame_id, sensor.base_from_sensor

    def observe(self, instant: Instant) -> Observation:
        """Return what the sensors give; the same instant gives the same observation.

        Raises ValueError where a fault names no sensor of the rig.
        """
        known = {sensor.name for sensor in self.sensors}
        unknown = instant.faults.keys() - known
        if unknown:
            raise ValueError(f'faults of {", ".join(sorted(unknown))}: the rig has '
                             f'{", ".join(sorted(known)) or "no sensor"}')
        ego = instant.motion(instant.time_s)
        world_from_base = ego.pose.matrix()
        since = instant.previous_s
        if since is None:
            since = instant.time_s - _FIRST_STRETCH_S
        alive = [s for s in self.sensors if not self._fault(instant, s).dead]
        sweeps = {
            one.name: sweep(one, instant.cast, world_from_base, _noise(instant, one),
                            instant.weather, self._fault(instant, one))
            for one in alive if isinstance(one, Lidar)}
        scans = {
            one.name: scan(one, instant.cast, ego, instant.objects, _noise(instant, one),
                           instant.weather, self._fault(instant, one))
            for one in alive if isinstance(one, Radar)}
        inertia = {
            one.name: measure(one, instant.motion, since, instant.time_s, instant.seed)
            for one in alive if isinstance(one, Imu)}
        sounds = {
            one.name: record(one, ego, instant.objects, instant.time_s, _noise(instant, one))
            for one in alive if isinstance(one, Microphones)}
        objects = _credited(instant.objects, [s.owners for s in sweeps.values()],
                            [s.owners for s in scans.values()])
        if self.microphones:
            objects = with_levels(objects, self.microphones[0].position)
        return Observation(instant.time_s, sweeps, scans, inertia, sounds, objects)

    def _fault(self, instant: Instant, sensor: Sensor) -> Fault:
        return instant.faults.get(sensor.name, NO_FAULT)


def _noise(instant: Instant, sensor: Sensor) -> np.random.Generator:
    """Return the noise of a sensor at an instant, independent of all others."""
    when = round(instant.time_s * 1e6) + (1 << 40)   # times before the start too
    return np.random.default_rng([instant.seed, 13, zlib.crc32(sensor.name.encode()), when])


def _credited(
    objects: Sequence[Seen], hits: Sequence[NDArray[np.int16]],
    echoes: Sequence[NDArray[np.int16]],
) -> tuple[Seen, ...]:
    """Return the objects with how often the sensors met each."""
    hit = Counter(np.concatenate(hits).tolist() if hits else [])
    echoed = Counter(np.concatenate(echoes).tolist() if echoes else [])
    return tuple(
        dataclasses.replace(one, hits=hit[one.actor], echoes=echoed[one.actor])
        for one in objects)
