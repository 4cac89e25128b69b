# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An automotive radar: echoes with range, azimuth, radial velocity and radar cross-section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import apply, Array, Box, invert
from mpnp_ros.world.sensing.casting import Caster
from mpnp_ros.world.sensing.fault import Fault, NO_FAULT
from mpnp_ros.world.sensing.sensor import Field, Part, Sensor
from mpnp_ros.world.sensing.weather import CLEAR, Weather
from mpnp_ros.world.truth import EgoMotion, Seen

# The fields of nuScenes' radar files that are measured here, under their names.
ECHO = np.dtype([
    ('x', '<f4'), ('y', '<f4'), ('z', '<f4'), ('dyn_prop', 'u1'), ('rcs', '<f4'),
    ('vx', '<f4'), ('vy', '<f4'), ('vx_comp', '<f4'), ('vy_comp', '<f4')])
MOVING, STATIONARY, ONCOMING = 0, 1, 2   # dyn_prop
_STANDS_M_S = 0.5   # what is slower over ground counts as stationary

# Radar cross-section, dBsm: of usual size at 77 GHz, in round numbers.
RCS: dict[str, float] = {
    'car': 10.0, 'truck': 18.0, 'bus': 20.0, 'trailer': 18.0, 'construction vehicle': 16.0,
    'motorcycle': 5.0, 'bicycle': 0.0, 'pedestrian': -5.0, 'barrier': 3.0, 'traffic cone': -12.0}
_RCS_BACKGROUND = 5.0
_RCS_CLUTTER = -8.0
_FLUCTUATION_DB = 3.0
_SOFT_DB = 1.5   # how gradually detection fades with the echo's strength
_REFERENCE_DBSM = 10.0
_PROBES = 12   # rays at each actor
_LENGTH_PER_ECHO_M = 1.5
_CLUTTER_PER_RAIN = 0.2   # false echoes per mm/h
_CLUTTER_SPEED_M_S = 0.5


class Lobe(Part):
    """How far a beam of the antenna reaches on either side of the middle."""

    half_angle_deg: float = Field(gt=0.0, le=180.0)
    range_m: float = Field(gt=0.0, le=1000.0)


class Radar(Sensor):
    """A radar as its sensor file describes it."""

    kind: Literal['radar'] = 'radar'
    lobes: tuple[Lobe, ...] = Field(min_length=1, description='Its field of view is their union.')
    min_range_m: float = Field(ge=0.0)
    reference_range_m: float = Field(
        gt=0.0, description='Where half of the echoes of 10 dBsm are detected.')
    range_noise_m: float = Field(ge=0.0, description='Standard deviation.')
    azimuth_noise_deg: float = Field(
        ge=0.0, description='Standard deviation ahead; five times that at 60 degrees.')
    velocity_noise: float = Field(ge=0.0, description='Standard deviation, m/s.')
    miss: float = Field(ge=0.0, le=1.0, description='Share of echoes lost for no reason.')
    clutter: float = Field(ge=0.0, le=1000.0, description='False echoes per scan on average.')
    background_rays: int = Field(
        ge=0, le=1000, description='Directions in which walls and poles are looked for.')

    def reach(self, azimuth: Array) -> Array:
        """Return how far it sees at azimuths [S], rad in its frame; 0 outside its view."""
        off = np.abs(np.degrees(azimuth))
        return np.max([np.where(off <= lobe.half_angle_deg, lobe.range_m, 0.0)
                       for lobe in self.lobes], axis=0)

    @property
    def half_angle(self) -> float:
        """Return half of its widest view, rad."""
        return math.radians(max(lobe.half_angle_deg for lobe in self.lobes))


@dataclass(frozen=True)
class Scan:
    """One cycle.

    :ivar echoes: structured [P] of type ECHO, in the radar's frame: x, y in metres (a flat
        antenna knows no height: z is 0), rcs in dBsm, (vx, vy) the radial velocity against the
        radar and (vx_comp, vy_comp) that over ground, both as vectors along the ray, m/s.
    :ivar owners: [P] index of the actor, -1 for the background and clutter.
    """

    echoes: NDArray[Any]
    owners: NDArray[np.int16]


@dataclass(frozen=True)
class _Aims:
    """Rays at what may echo: where [S, 3] in base_link, whose [S], rcs [S], velocity [S, 2]."""

    place: Array
    owner: NDArray[np.int64]
    rcs: Array
    velocity: Array


def scan(
    radar: Radar, cast: Caster, ego: EgoMotion, objects: Sequence[Seen],
    rng: np.random.Generator, weather: Weather = CLEAR, fault: Fault = NO_FAULT,
) -> Scan:
    """Take one scan; a dead radar gives no echoes.

    An actor echoes where a ray at its box meets it first; what hides it for light hides it for
    the radar. Echoes grow weaker with the fourth power of the distance and fluctuate.
    """
    if fault.dead:
        return Scan(np.empty(0, ECHO), np.empty(0, np.int16))
    aims = _aims(radar, objects, rng)
    base_from_radar = radar.base_from_sensor
    origin = base_from_radar[:3, 3]
    world_from_base = ego.pose.matrix()
    rays = aims.place - origin
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)   # [S, 3] in base_link
    hits = cast(apply(world_from_base, origin[None])[0], rays @ world_from_base[:3, :3].T,
                max(lobe.range_m for lobe in radar.lobes))
    met = np.isfinite(hits.distance) & (hits.actor == aims.owner)

    ray = rays @ base_from_radar[:3, :3]   # [S, 3] in the radar's frame
    azimuth = np.arctan2(ray[:, 1], ray[:, 0])
    distance = np.where(met, hits.distance, 1.0)
    needed = _REFERENCE_DBSM + 40.0 * np.log10(
        np.maximum(distance, 0.1) / radar.reference_range_m)
    count = len(rays)
    rcs = aims.rcs + _FLUCTUATION_DB * rng.standard_normal(count)
    detected = rng.random(count) < 1.0 / (1.0 + np.exp(
        np.clip((needed - rcs) / _SOFT_DB, -50.0, 50.0)))
    kept = (met & detected & (rng.random(count) >= radar.miss) & fault.sees(azimuth)
            & (distance <= radar.reach(azimuth)) & (distance >= radar.min_range_m))
    kept = _fewer(kept, aims.owner, objects, rng)

    # Over ground, and against the radar, which turns with the vehicle.
    over_ground = np.sum(aims.velocity * rays[:, :2], axis=1)
    own = np.array([ego.speed - ego.yaw_rate * origin[1], ego.yaw_rate * origin[0]])
    echoes = _measure(radar, distance[kept], azimuth[kept], rcs[kept], over_ground[kept],
                      rays[kept, :2] @ own, rng)
    false = _clutter(radar, own, weather, fault, rng)
    owners = np.concatenate([aims.owner[kept], np.full(len(false), -1)])
    return Scan(np.concatenate([echoes, false]), owners.astype(np.int16))


def _aims(radar: Radar, objects: Sequence[Seen], rng: np.random.Generator) -> _Aims:
    """Aim at every actor in reach and, level, into the background."""
    base_from_radar = radar.base_from_sensor
    radar_from_base = invert(base_from_radar)
    places, owners, rcs, velocities = [], [], [], []
    for one in objects:
        # Drawn for every object, so that one more far away changes nothing nearby.
        probes = _probes(one.box, rng)   # [n, 3]
        middle = apply(radar_from_base, probes.mean(axis=0)[None])[0]
        extent = math.hypot(*one.box.size[:2])
        if math.hypot(middle[0], middle[1]) - extent > max(
                lobe.range_m for lobe in radar.lobes):
            continue
        places.append(probes)
        owners.append(np.full(len(probes), one.actor))
        rcs.append(np.full(len(probes), RCS.get(one.kind, 0.0)))
        velocities.append(np.tile(one.velocity, (len(probes), 1)))
    ways = (2.0 * rng.random(radar.background_rays) - 1.0) * radar.half_angle
    level = np.column_stack([np.cos(ways), np.sin(ways), np.zeros(len(ways))])
    places.append(apply(base_from_radar, level))
    owners.append(np.full(len(ways), -1))
    rcs.append(np.full(len(ways), _RCS_BACKGROUND))
    velocities.append(np.zeros((len(ways), 2)))
    return _Aims(np.concatenate(places), np.concatenate(owners), np.concatenate(rcs),
                 np.concatenate(velocities))


def _probes(box: Box, rng: np.random.Generator) -> Array:
    """Return places [_PROBES, 3] inside a box, away from its edges; the first is its middle."""
    share = rng.uniform(-0.45, 0.45, (_PROBES, 2))
    share[0] = 0.0
    local = share * np.array(box.size[:2])
    c, s = math.cos(box.pose.yaw), math.sin(box.pose.yaw)
    flat = local @ np.array([[c, s], [-s, c]]) + [box.pose.x, box.pose.y]
    height = box.size[2] * rng.uniform(0.15, 0.85, _PROBES)
    height[0] = 0.5 * box.size[2]
    return np.column_stack([flat, height])


def _fewer(kept: NDArray[np.bool_], owner: NDArray[np.int64], objects: Sequence[Seen],
           rng: np.random.Generator) -> NDArray[np.bool_]:
    """Keep at most as many echoes of an actor as its length gives, in the order of the aims."""
    kept = kept.copy()
    for one in objects:
        mine = np.flatnonzero(kept & (owner == one.actor))
        most = 1 + round(max(one.box.size[:2]) / _LENGTH_PER_ECHO_M * rng.random())
        kept[mine[most:]] = False
    return kept


def _measure(
    radar: Radar, distance: Array, azimuth: Array, rcs: Array, over_ground: Array, own: Array,
    rng: np.random.Generator,
) -> NDArray[Any]:
    """Return echoes [P] with the noise of the radar; velocities are radial, m/s."""
    count = len(distance)
    wide = 1.0 + 4.0 * np.square(np.degrees(azimuth) / 60.0)
    seen = azimuth + np.radians(radar.azimuth_noise_deg) * wide * rng.standard_normal(count)
    far = np.maximum(distance + radar.range_noise_m * rng.standard_normal(count), 0.0)
    error = radar.velocity_noise * rng.standard_normal(count)
    ray = np.column_stack([np.cos(seen), np.sin(seen)])
    echoes = np.zeros(count, ECHO)
    echoes['x'], echoes['y'] = (far[:, None] * ray).T
    echoes['rcs'] = rcs
    echoes['vx'], echoes['vy'] = ((over_ground - own + error)[:, None] * ray).T
    echoes['vx_comp'], echoes['vy_comp'] = ((over_ground + error)[:, None] * ray).T
    measured = over_ground + error
    echoes['dyn_prop'] = np.select(
        [np.abs(measured) < _STANDS_M_S, measured < 0.0], [STATIONARY, ONCOMING], MOVING)
    return echoes


def _clutter(
    radar: Radar, own: Array, weather: Weather, fault: Fault, rng: np.random.Generator
) -> NDArray[Any]:
    """Return false echoes, mostly standing ones, more of them in rain."""
    count = rng.poisson(radar.clutter + _CLUTTER_PER_RAIN * weather.rain_mm_h)
    azimuth = (2.0 * rng.random(count) - 1.0) * radar.half_angle
    far = radar.min_range_m + rng.random(count) * radar.reach(azimuth)
    rcs = _RCS_CLUTTER + _FLUCTUATION_DB * rng.standard_normal(count)
    over_ground = rng.laplace(0.0, _CLUTTER_SPEED_M_S, count)
    ray = np.column_stack([np.cos(azimuth), np.sin(azimuth)])
    ray_in_base = ray @ radar.base_from_sensor[:2, :2].T
    echoes = _measure(radar, far, azimuth, rcs, over_ground, ray_in_base @ own, rng)
    return echoes[fault.sees(azimuth) & (far <= radar.reach(azimuth))]
