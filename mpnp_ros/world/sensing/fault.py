# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a sensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import Array


@dataclass(frozen=True)
class Fault:
    """A sensor that gives nothing at all, or nothing of some sectors.

    :ivar dead: it publishes nothing.
    :ivar sectors_deg: (from, to) azimuths in the sensor's frame, counter-clockwise, in which a
        lidar or radar is blind: (170, -170) is straight behind.
    """

    dead: bool = False
    sectors_deg: tuple[tuple[float, float], ...] = ()

    def sees(self, azimuth: Array) -> NDArray[np.bool_]:
        """Return which azimuths [S], rad in the sensor's frame, it is not blind to."""
        degrees = np.degrees(azimuth)
        seen = np.full(np.shape(azimuth), not self.dead)
        for start, end in self.sectors_deg:
            seen &= (degrees - start) % 360.0 > (end - start) % 360.0
        return seen

    def conditions(self, sensor: str) -> tuple[str, ...]:
        """Return in words what is wrong with a sensor, for the truth of a moment."""
        if self.dead:
            return (f'dead {sensor}',)
        return tuple(f'{sensor} blind from {start:g} to {end:g} degrees'
                     for start, end in self.sectors_deg)


NO_FAULT = Fault()
