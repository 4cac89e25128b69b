# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A drive down a street: the ego's way and what its sensors give along it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import math

from mpnp_ros.world.frame import Frame, take_frame
from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.scene import Scene
from mpnp_ros.world.sensors import RIG, Rig
from mpnp_ros.world.simulator import Simulator

_SWAY_M = 0.15  # amplitude about the middle of the lane
_SWAY_LENGTH_M = 40.0


@dataclass(frozen=True)
class Drive:
    """The ego goes straight on at `speed` m/s and brakes evenly to a stop at the end.

    Everything follows from the fields: the same drive gives the same frames on one machine.
    """

    seed: int
    duration_s: float = 13.0
    rate_hz: float = 2.0
    speed: float = 5.5
    braking_s: float = 4.0

    @property
    def length(self) -> float:
        """Return the way driven, metres."""
        return self.speed * (self.duration_s - self.braking_s / 2.0)

    @property
    def times(self) -> list[float]:
        """Return when the sensors look, seconds from the start."""
        count = math.floor(self.duration_s * self.rate_hz + 1e-9) + 1
        return [index / self.rate_hz for index in range(count)]

    def scene(self) -> Scene:
        """Return the street, with its actors, that is driven through."""
        return Scene.from_seed(self.seed, self.length, self.duration_s)

    def pose(self, time_s: float) -> Pose:
        """Return where base_link is at a time between 0 and `duration_s`."""
        x = self.speed * min(time_s, self.duration_s)
        braked = max(min(time_s, self.duration_s) - (self.duration_s - self.braking_s), 0.0)
        x -= self.speed * braked**2 / (2.0 * self.braking_s)
        turns = 2.0 * math.pi / _SWAY_LENGTH_M
        return Pose(x, _SWAY_M * math.sin(turns * x),
                    math.atan(_SWAY_M * turns * math.cos(turns * x)))

    def frames(self, rig: Rig = RIG) -> Iterator[Frame]:
        """Look through the sensors along the way; raises NoGraphics where none can be drawn."""
        with Simulator(self.scene(), rig.cameras) as simulator:
            for index, time_s in enumerate(self.times):
                yield take_frame(simulator, rig, self.pose(time_s), time_s, noise_seed=index)
