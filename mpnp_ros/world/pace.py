# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How fast something goes along its course: stretches of even acceleration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """A speed over time; nothing goes backwards: braking ends at rest.

    :ivar speed: m/s at time 0; it is kept before.
    :ivar stretches: (duration in s, acceleration in m/s^2) from time 0 on; then the speed stays.
    """

    speed: float = 0.0
    stretches: tuple[tuple[float, float], ...] = ()

    def at(self, time_s: float) -> tuple[float, float, float]:
        """Return the way since time 0 (m), the speed (m/s) and the acceleration (m/s^2)."""
        if time_s < 0.0:
            return self.speed * time_s, self.speed, 0.0
        way, speed, left = 0.0, self.speed, time_s
        for duration, acceleration in self.stretches:
            now = min(left, duration)
            moving = now
            if acceleration < 0.0:
                moving = min(now, speed / -acceleration)
            way += speed * moving + acceleration * moving**2 / 2.0
            speed = max(speed + acceleration * moving, 0.0)
            if left < duration:
                return way, speed, acceleration if moving == now else 0.0
            left -= duration
        return way + speed * left, speed, 0.0
