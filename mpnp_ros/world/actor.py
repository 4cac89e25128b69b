# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One object of a scene and its motion."""

from __future__ import annotations

from dataclasses import dataclass
import math

from mpnp_ros.world.course import Course
from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.objects import KINDS, Size
from mpnp_ros.world.pace import Pace

_STILL = 0.1  # m/s; slower is not moving


@dataclass(frozen=True)
class Route:
    """The way of an actor: from `start_m` along a course, at a pace."""

    course: Course
    start_m: float
    pace: Pace


@dataclass(frozen=True)
class Actor:
    """One object: what it is, where it starts, and how it goes on.

    Poses are in the world frame, sizes in metres, speeds in m/s along the heading.

    :ivar speed: straight on from `pose`, for what has no route.
    :ivar look: seed of the details of its appearance.
    :ivar form: one of its kind's forms, e.g. 'with rider'; '' for a kind without.
    :ivar parked: it stands where it may stay; what stands in a lane is stopped.
    :ivar route: where it goes; `pose` is then that of time 0.
    :ivar sound: 'siren', 'horn', 'engine' or ''.
    """

    kind: str
    color: str
    size: Size
    pose: Pose
    speed: float = 0.0
    look: int = 0
    form: str = ''
    parked: bool = False
    route: Route | None = None
    sound: str = ''

    def at(self, time_s: float) -> Pose:
        """Return its pose after `time_s` seconds."""
        if self.route is None:
            return self.pose.ahead(self.speed * time_s)
        way, _, _ = self.route.pace.at(time_s)
        return self.route.course.pose(self.route.start_m + way)

    def speed_at(self, time_s: float) -> float:
        """Return how fast it is then, m/s along its heading."""
        return self.speed if self.route is None else self.route.pace.at(time_s)[1]

    def velocity(self, time_s: float) -> tuple[float, float]:
        """Return how fast it moves then along the x and the y axis of the world, m/s."""
        speed, yaw = self.speed_at(time_s), self.at(time_s).yaw
        return speed * math.cos(yaw), speed * math.sin(yaw)

    @property
    def drives(self) -> bool:
        """Say whether it is a vehicle on its way, with its lamps on."""
        told = KINDS[self.kind].statuses
        return not self.parked and (told == 'motion' or self.form == 'with rider')

    def brakes(self, time_s: float) -> bool:
        """Say whether its brake lights are on: it slows down, or waits in a lane."""
        if not self.drives:
            return False
        slowing = self.route is not None and self.route.pace.at(time_s)[2] < 0.0
        return slowing or self.speed_at(time_s) < _STILL

    def status(self, time_s: float) -> str:
        """Return its status in nuScenes-QA's words, '' for what has none."""
        told = KINDS[self.kind].statuses
        if told == 'posture':
            if self.form == 'sitting':
                return 'not standing'
            return 'moving' if self.speed_at(time_s) > _STILL else 'standing'
        if told == 'rider':
            return self.form
        if told == 'motion':
            if self.speed_at(time_s) > _STILL:
                return 'moving'
            return 'parked' if self.parked else 'stopped'
        return ''

    def box(self, time_s: float = 0.0) -> Box:
        """Return its box after `time_s` seconds."""
        return Box(self.at(time_s), self.size)

    def swept(self, duration_s: float) -> Box:
        """Return a box around every place that it passes within `duration_s` seconds.

        Only of what goes straight on without a route.
        """
        way = self.speed * duration_s
        length, width, height = self.size
        return Box(self.pose.ahead(way / 2.0), (length + abs(way), width, height))
