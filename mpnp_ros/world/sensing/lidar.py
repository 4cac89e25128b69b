# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A spinning lidar: which way it shoots, and what comes back through weather."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from mpnp_ros.world.geometry import Array
from mpnp_ros.world.sensing.casting import Caster
from mpnp_ros.world.sensing.fault import Fault, NO_FAULT
from mpnp_ros.world.sensing.sensor import Field, Part, Sensor
from mpnp_ros.world.sensing.weather import CLEAR, Weather

POINT = np.dtype([('x', '<f4'), ('y', '<f4'), ('z', '<f4'), ('intensity', '<f4'),
                  ('ring', '<u2')])
_MAX_INTENSITY = 255.0
_DARK = 0.1   # reflectivity that a data sheet's range holds for
# Of a thin medium: how often a shot comes back from a drop close by, per 1/m of extinction, and
# how far such drops lie on average.
_DROPS_M = 0.5
_DROP_DISTANCE_M = 3.0
_DROP_INTENSITY = 12.0


class Fan(Part):
    """Beams at even distances between two elevations, both included."""

    beams: int = Field(ge=1, le=512)
    highest_deg: float = Field(gt=-90.0, lt=90.0)
    lowest_deg: float = Field(gt=-90.0, lt=90.0)

    @model_validator(mode='after')
    def _check(self) -> Fan:
        if self.lowest_deg > self.highest_deg:
            raise ValueError(f'lowest_deg {self.lowest_deg:g} is above highest_deg '
                             f'{self.highest_deg:g}')
        return self


class Lidar(Sensor):
    """A spinning lidar as its sensor file describes it."""

    kind: Literal['lidar'] = 'lidar'
    fans: tuple[Fan, ...] = Field(min_length=1, description='Its beams, all fans together.')
    columns: int = Field(ge=8, le=8192, description='Shots of each beam per turn.')
    min_range_m: float = Field(ge=0.0)
    max_range_m: float = Field(gt=0.0, le=1000.0)
    dark_range_m: float = Field(
        gt=0.0, description='Where half of the shots at a surface that reflects a tenth of the '
        'light, met at a right angle, come back.')
    noise_m: float = Field(ge=0.0, description='Standard deviation of the range.')
    resolution_m: float = Field(ge=0.0, description='Of the range; 0: any.')
    dropout: float = Field(ge=0.0, le=1.0, description='Share of shots lost for no reason.')

    @model_validator(mode='after')
    def _check(self) -> Lidar:
        if self.min_range_m >= self.max_range_m:
            raise ValueError(f'min_range_m {self.min_range_m:g} is not below max_range_m '
                             f'{self.max_range_m:g}')
        return self

    @property
    def elevations(self) -> Array:
        """Return the elevation of each ring [beams], rad, the lowest first."""
        return np.radians(np.sort(np.concatenate([
            np.linspace(fan.lowest_deg, fan.highest_deg, fan.beams) for fan in self.fans])))

    @property
    def directions(self) -> Array:
        """Return the unit direction [columns * beams, 3] of each shot in the lidar's frame.

        A turn starts behind and goes clockwise as seen from above, column by column; within a
        column ring 0, the lowest, comes first.
        """
        azimuth = math.pi - 2.0 * math.pi * (np.arange(self.columns) + 0.5) / self.columns
        azimuth, elevation = (
            a.ravel() for a in np.meshgrid(azimuth, self.elevations, indexing='ij'))
        return np.column_stack([
            np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth),
            np.sin(elevation)])


@dataclass(frozen=True)
class Sweep:
    """One turn.

    :ivar points: structured [P] of type POINT: metres in the lidar's frame, intensity 0 to 255,
        ring.
    :ivar owners: [P] index of the actor that was hit, -1 for the background, drops and dust.
    """

    points: NDArray[Any]
    owners: NDArray[np.int16]


def sweep(
    lidar: Lidar, cast: Caster, world_from_base: Array, rng: np.random.Generator,
    weather: Weather = CLEAR, fault: Fault = NO_FAULT,
) -> Sweep:
    """Take one sweep, as if the whole turn were shot at one instant.

    What comes back of a shot is proportional to the reflectivity and falls with the square of
    the distance, with the extinction of the air on both ways and with the square root of the
    cosine of incidence (surfaces are rough). A shot can end at a drop or at dust before it meets
    anything. A dead lidar gives no points.
    """
    directions = lidar.directions   # [S, 3]
    world_from_lidar = world_from_base @ lidar.base_from_sensor
    azimuth = np.arctan2(directions[:, 1], directions[:, 0])
    shots = len(directions)
    luck = rng.random((5, shots))   # drawn whole: a shot's fate does not shift the next one's
    noise = lidar.noise_m * rng.standard_normal(shots)
    if fault.dead:
        return Sweep(np.empty(0, POINT), np.empty(0, np.int16))

    hits = cast(world_from_lidar[:3, 3], directions @ world_from_lidar[:3, :3].T,
                lidar.max_range_m)
    met = np.isfinite(hits.distance)
    distance = np.where(met, hits.distance, np.inf)
    safe = np.where(met, np.maximum(hits.distance, 1e-3), 1.0)
    light = np.where(met, hits.reflectivity * np.sqrt(hits.cosine), 0.0)
    through = np.exp(-2.0 * weather.extinction * safe)
    signal = light / _DARK * (lidar.dark_range_m / safe) ** 2 * through
    returned = met & (luck[0] < signal**2 / (1.0 + signal**2))
    intensity = _MAX_INTENSITY * light * through
    owner = np.where(met, hits.actor, -1)

    stopped = _stopped(lidar, weather, azimuth + math.radians(lidar.yaw_deg), luck[1:4])
    in_air = stopped < distance
    distance = np.where(in_air, stopped, distance)
    intensity = np.where(in_air, _DROP_INTENSITY * luck[0], intensity)
    owner = np.where(in_air, -1, owner)
    measured = distance + noise
    if lidar.resolution_m > 0.0:
        measured = np.round(measured / lidar.resolution_m) * lidar.resolution_m
    kept = ((returned | in_air) & (luck[4] >= lidar.dropout) & fault.sees(azimuth)
            & (measured >= lidar.min_range_m) & (measured <= lidar.max_range_m))

    points = np.empty(int(kept.sum()), POINT)
    places = directions[kept] * measured[kept, None]
    points['x'], points['y'], points['z'] = places.T
    points['intensity'] = np.round(np.clip(intensity[kept], 0.0, _MAX_INTENSITY))
    points['ring'] = np.tile(np.arange(len(lidar.elevations)), lidar.columns)[kept]
    return Sweep(points, owner[kept].astype(np.int16))


def _stopped(lidar: Lidar, weather: Weather, azimuth: Array, luck: Array) -> Array:
    """Return where shots [S] end in the air, metres, infinite for those that do not.

    :param azimuth: [S] rad in base_link.
    :param luck: [3, S], uniform from 0 to 1.
    """
    share = 1.0 - math.exp(-_DROPS_M * weather.extinction)
    drop = lidar.min_range_m - _DROP_DISTANCE_M * np.log1p(-luck[1])
    stopped = np.where(luck[0] < share, drop, np.inf)
    for dust in weather.dust:
        if dust.density > 0.0:
            path = dust.near_m - np.log1p(-luck[2]) / dust.density
            meets = dust.covers(azimuth) & (path < dust.far_m)
            stopped = np.where(meets, np.minimum(stopped, path), stopped)
    return stopped
