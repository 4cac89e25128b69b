# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A short drive through a sampled scene, and everything that the ego's sensors give along it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import dataclasses
from dataclasses import dataclass
import math

import numpy as np

from mpnp_ros.world.conditions import Conditions
from mpnp_ros.world.ego_pace import sample_pace
from mpnp_ros.world.geometry import Box, Pose, wrap
from mpnp_ros.world.objects import KINDS
from mpnp_ros.world.pace import Pace
from mpnp_ros.world.population import CHECKED_EVERY_S, populate
from mpnp_ros.world.scene import ego_box, Scene
from mpnp_ros.world.sensing.fault import Fault
from mpnp_ros.world.sensing.rig import Instant, Observation
from mpnp_ros.world.sensing.weather import Weather
from mpnp_ros.world.sensors import six_cameras
from mpnp_ros.world.simulator import Picture, Simulator
from mpnp_ros.world.streetscape import Streetscape
from mpnp_ros.world.truth import EgoMotion, Seen, Truth
from mpnp_ros.world.vehicle import Vehicle

MOMENT_S = 1.5  # when a scene of one moment is looked at: its sensors know the second before
_EASE_M = 1.2  # over which a curve begins and ends
_CAMERAS = tuple(camera.name for camera in six_cameras())
_OTHERS = ('lidar_top',)


@dataclass(frozen=True)
class Capture:
    """One moment: pictures by camera, what the other sensors gave, and the truth.

    A dead camera has no picture.
    """

    pictures: Mapping[str, Picture]
    observation: Observation
    truth: Truth


@dataclass(frozen=True)
class Journey:
    """A scene, the ego's pace on its way through it, and the conditions.

    :ivar seed: from which all noise follows.
    :ivar duration_s: for which nobody comes into anybody's way.
    """

    seed: int
    duration_s: float
    pace: Pace
    scene: Scene
    conditions: Conditions

    @classmethod
    def from_seed(
        cls, seed: int, conditions: Conditions | None = None, layout: str = '',
        duration_s: float = 2.0,
    ) -> Journey:
        """Sample a journey; conditions and layout (mpnp_ros.world.roads.LAYOUTS) may be given.

        Everything follows from the arguments.
        """
        if conditions is None:
            conditions = Conditions.from_seed(seed, _CAMERAS, _OTHERS)
        streetscape = Streetscape.from_seed(seed, conditions.light, layout)
        rng = np.random.default_rng([seed, 23])
        pace = sample_pace(streetscape.roads, rng)
        bare = cls(seed, duration_s, pace, Scene(streetscape, ()), conditions)
        count = math.floor(duration_s / CHECKED_EVERY_S) + 1
        boxes = [ego_box(bare.motion(i * CHECKED_EVERY_S).pose) for i in range(count)]
        actors = populate(streetscape.roads, pace, boxes, rng)
        return dataclasses.replace(bare, scene=Scene(streetscape, actors))

    @property
    def streetscape(self) -> Streetscape:
        """Return the roads and what stands along them."""
        street = self.scene.street
        if not isinstance(street, Streetscape):
            raise TypeError(f'a journey through {type(street).__name__}: expected a Streetscape')
        return street

    def motion(self, time_s: float) -> EgoMotion:
        """Return how the ego moves at a time; before 0 it came at the speed that it has then."""
        way, speed, acceleration = self.pace.at(time_s)
        roads = self.streetscape.roads
        along = roads.ego_start_m + way
        here = roads.ego.pose(along)
        before, after = roads.ego.pose(along - _EASE_M), roads.ego.pose(along + _EASE_M)
        turn = wrap(after.yaw - before.yaw)
        yaw = wrap(before.yaw + turn / 2.0)
        return EgoMotion(Pose(here.x, here.y, yaw), speed, acceleration,
                         speed * turn / (2.0 * _EASE_M))

    def times(self, rate_hz: float = 2.0) -> list[float]:
        """Return when the sensors look along it, seconds from the start."""
        return [index / rate_hz for index in range(math.floor(self.duration_s * rate_hz) + 1)]

    def captures(
        self, vehicle: Vehicle, times: Sequence[float] = (MOMENT_S,)
    ) -> Iterator[Capture]:
        """Look through all sensors at some times, in their order.

        Dead sensors that the vehicle has not are left out. Raises NoGraphics where the machine
        has no off-screen OpenGL.
        """
        others = [sensor.name for sensor in vehicle.sensing.sensors]
        known = {*(f'camera {camera.name}' for camera in vehicle.cameras), *others}
        dead = tuple(name for name in self.conditions.dead if name in known)
        faults = {name: Fault(dead=True) for name in dead if name in others}
        conditions = dataclasses.replace(self.conditions, dead=dead)
        previous: float | None = None
        with Simulator(self.scene, vehicle.cameras, conditions) as simulator:
            for time_s in times:
                ego = self.motion(time_s)
                simulator.move(ego.pose, time_s)
                pictures = simulator.look(self.seed, noise_seed(self.seed, time_s))
                observation = vehicle.sensing.observe(Instant(
                    time_s, self.motion, self.objects(time_s), simulator.cast, self.seed,
                    previous, Weather.of(conditions), faults))
                objects = _with_pixels(observation.objects, pictures)
                yield Capture(pictures, observation,
                              Truth(time_s, ego, objects, conditions.names))
                previous = time_s

    def objects(self, time_s: float) -> tuple[Seen, ...]:
        """Return all actors as the ego meets them, without what the sensors make of them."""
        ego = self.motion(time_s).pose
        c, s = math.cos(ego.yaw), math.sin(ego.yaw)
        found = []
        for index, actor in enumerate(self.scene.actors):
            x, y = actor.velocity(time_s)
            found.append(Seen(
                actor=index, kind=actor.kind,
                color=actor.color if KINDS[actor.kind].colored else '',
                status=actor.status(time_s),
                box=Box(ego.to_local(actor.at(time_s)), actor.size),
                velocity=(c * x + s * y, c * y - s * x), sound=actor.sound))
        return tuple(found)


def noise_seed(seed: int, time_s: float) -> int:
    """Return a seed of the noise of a moment."""
    return seed * 100_003 + round(time_s * 1000.0) % 100_003


def _with_pixels(
    objects: Sequence[Seen], pictures: Mapping[str, Picture]
) -> tuple[Seen, ...]:
    counts = {
        name: np.bincount(picture.segments[picture.seen & (picture.segments >= 0)],
                          minlength=len(objects))
        for name, picture in pictures.items()}
    return tuple(
        dataclasses.replace(one, pixels={
            name: int(count[one.actor]) for name, count in counts.items() if count[one.actor]})
        for one in objects)
