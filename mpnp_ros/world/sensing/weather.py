# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Weather as the sensors meet it."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.conditions import Conditions
from mpnp_ros.world.geometry import Array

_CONTRAST_LEFT = 0.05   # at the distance that is called visibility (Koschmieder)
_HARDEST_RAIN_MM_H = 30.0
_THICKEST_DUST = 0.3   # puffs per metre


@dataclass(frozen=True)
class Dust:
    """Dust in the air between two distances from the vehicle, in a sector around it.

    :ivar density: puffs per metre that stop a beam.
    :ivar near_m: from the sensor.
    :ivar far_m: from the sensor.
    :ivar azimuth_deg: of the sector's middle in base_link.
    :ivar width_deg: of the sector.
    """

    density: float
    near_m: float = 2.0
    far_m: float = 15.0
    azimuth_deg: float = 0.0
    width_deg: float = 360.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.density < math.inf:
            raise ValueError(f'dust of density {self.density}: expected 0 or more')
        if not 0.0 <= self.near_m < self.far_m:
            raise ValueError(
                f'dust from {self.near_m} to {self.far_m} m: expected near_m below far_m')

    def covers(self, azimuth: Array) -> NDArray[np.bool_]:
        """Return where azimuths [S], rad in base_link, lie in the sector."""
        off = np.degrees(azimuth) - self.azimuth_deg
        inside: NDArray[np.bool_] = (
            np.abs((off + 180.0) % 360.0 - 180.0) <= self.width_deg / 2.0)
        return inside


@dataclass(frozen=True)
class Weather:
    """The weather of one moment.

    :ivar rain_mm_h: 2 is light rain, 10 heavy, 30 a cloudburst.
    :ivar visibility_m: at which fog leaves 5 % of the contrast; infinite without fog.
    """

    rain_mm_h: float = 0.0
    visibility_m: float = math.inf
    dust: tuple[Dust, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.rain_mm_h < math.inf:
            raise ValueError(f'rain of {self.rain_mm_h} mm/h: expected 0 or more')
        if not self.visibility_m > 0.0:
            raise ValueError(f'visibility of {self.visibility_m} m: expected more than 0')

    @property
    def extinction(self) -> float:
        """Return the share of a lidar's light that is lost per metre of air, 1/m.

        Rain as Goodin et al. (2019), "Predicting the Influence of Rain on LIDAR in ADAS", give
        it; fog by Koschmieder's law, taken for the lidar's wavelength too.
        """
        fog = -math.log(_CONTRAST_LEFT) / self.visibility_m
        return 0.01 * self.rain_mm_h**0.6 + fog

    @classmethod
    def of(cls, conditions: Conditions) -> Weather:
        """Return the weather of a drive's conditions, whose strengths go from 0 to 1."""
        dust = (Dust(_THICKEST_DUST * conditions.dust),) if conditions.dust > 0.0 else ()
        return cls(_HARDEST_RAIN_MM_H * conditions.rain, conditions.visibility_m, dust)


CLEAR = Weather()
