# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One object of a scene and its motion."""

from __future__ import annotations

from dataclasses import dataclass

from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.objects import Size


@dataclass(frozen=True)
class Actor:
    """One object: what it is, where it starts, and how fast it goes straight on.

    Poses are in the world frame, sizes in metres, speeds in m/s along the heading.
    """

    kind: str
    color: str
    size: Size
    pose: Pose
    speed: float = 0.0
    look: int = 0  # seed of the details of its appearance

    def at(self, time_s: float) -> Pose:
        """Return its pose after `time_s` seconds."""
        return self.pose.ahead(self.speed * time_s)

    def box(self, time_s: float = 0.0) -> Box:
        """Return its box after `time_s` seconds."""
        return Box(self.at(time_s), self.size)

    def swept(self, duration_s: float) -> Box:
        """Return a box around every place that it passes within `duration_s` seconds."""
        way = self.speed * duration_s
        length, width, height = self.size
        return Box(self.pose.ahead(way / 2.0), (length + abs(way), width, height))
