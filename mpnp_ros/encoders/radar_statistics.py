# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What can be read off the echoes of a sector directly: how near, how strong, how fast."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from mpnp_ros.encoders.bumps import bumps

RINGS = 10   # rings of distance, even in the logarithm
SPEEDS = 11   # marks of the scale of radial velocities over ground
STRENGTHS = 6   # marks of the scale of radar cross-sections
NEAR_M = 1.0   # where logarithmic scales begin
_HALF_M = 10.0   # distance at which proximity is one half
_HALF_S = 3.0   # time to contact at which urgency is one half
_MANY = 16   # echoes that make a count 1
_RCS_SCALE, _RCS_LOWEST, _RCS_HIGHEST = 30.0, -15.0, 25.0   # dBsm

SCALARS = (
    'some',  # 1 where there is an echo
    'count',  # of echoes, logarithmic
    'nearest_log', 'nearest_proximity', 'nearest_rcs', 'nearest_offset',
    'strongest_log', 'strongest_rcs', 'strongest_velocity',
    'mean_rcs', 'rcs_spread', 'mean_velocity', 'velocity_spread',
    'moving_some', 'moving_count',
    # The nearest of what moves:
    'moving_log', 'moving_proximity', 'moving_rcs', 'moving_velocity', 'moving_offset',
    'approaching_some', 'approaching_proximity', 'approaching_speed',  # the nearest; the fastest
    'leaving_some', 'leaving_proximity', 'leaving_speed',
    'closing_speed',  # the fastest against the sensor, which may drive itself
    'urgency',  # 1 / (1 + time to contact / 3 s) of the most urgent echo
    'ground_known', 'relative_known',  # whether the radar tells the velocity of either kind
    'heading_cos', 'heading_sin',  # of the sector's middle in the base frame, 0 where not known
)
NAMES = (
    *SCALARS,
    *(f'standing_ring_{k}' for k in range(RINGS)),
    *(f'moving_ring_{k}' for k in range(RINGS)),
    *(f'velocity_{k}' for k in range(SPEEDS)),
    *(f'moving_rcs_{k}' for k in range(STRENGTHS)),
)


@dataclass(frozen=True)
class Scales:
    """How echoes are read: the furthest (m), the fastest, and what counts as moving (m/s)."""

    max_range: float
    max_speed: float
    moving: float


@dataclass(frozen=True)
class Echoes:
    """Echoes [P] of one sector.

    Velocities are radial, m/s, positive for what goes away, NaN where the radar does not tell
    them; offsets are azimuths within the sector, -1 (right edge) to 1.
    """

    distance: np.ndarray
    offset: np.ndarray
    rcs: np.ndarray
    relative: np.ndarray
    over_ground: np.ndarray


def statistics(echoes: Echoes, heading: float, scales: Scales) -> np.ndarray:
    """Describe a sector by numbers [len(NAMES)] in [-1, 1]; `heading` is that of its middle.

    A radar that tells only velocities against itself has its movers told by those.
    """
    values = dict.fromkeys(SCALARS, 0.0)
    values['nearest_log'] = values['strongest_log'] = values['moving_log'] = 1.0
    if math.isfinite(heading):
        values['heading_cos'], values['heading_sin'] = math.cos(heading), math.sin(heading)
    histograms = np.zeros(len(NAMES) - len(SCALARS))
    if len(echoes.distance):
        told = np.isfinite(echoes.over_ground)
        velocity = np.where(told, echoes.over_ground, np.nan_to_num(echoes.relative))
        values['ground_known'] = float(told.any())
        values['relative_known'] = float(np.isfinite(echoes.relative).any())
        _describe_all(values, echoes, velocity, scales)
        moves = np.abs(velocity) >= scales.moving
        _describe_moving(values, echoes, velocity, moves, scales)
        _describe_closing(values, echoes, scales)
        histograms = _histograms(echoes, velocity, moves, scales)
    return np.concatenate([[values[name] for name in SCALARS], histograms])


def _describe_all(
    values: dict[str, float], echoes: Echoes, velocity: np.ndarray, scales: Scales
) -> None:
    nearest, strongest = int(np.argmin(echoes.distance)), int(np.argmax(echoes.rcs))
    values.update(
        some=1.0, count=_count(len(echoes.distance)),
        nearest_log=float(_log_scale(echoes.distance[nearest], scales)),
        nearest_proximity=_proximity(echoes.distance[nearest]),
        nearest_rcs=echoes.rcs[nearest] / _RCS_SCALE,
        nearest_offset=echoes.offset[nearest],
        strongest_log=float(_log_scale(echoes.distance[strongest], scales)),
        strongest_rcs=echoes.rcs[strongest] / _RCS_SCALE,
        strongest_velocity=velocity[strongest] / scales.max_speed,
        mean_rcs=echoes.rcs.mean() / _RCS_SCALE, rcs_spread=echoes.rcs.std() / _RCS_SCALE,
        mean_velocity=velocity.mean() / scales.max_speed,
        velocity_spread=velocity.std() / scales.max_speed)


def _describe_moving(
    values: dict[str, float], echoes: Echoes, velocity: np.ndarray, moves: np.ndarray,
    scales: Scales,
) -> None:
    if moves.any():
        at = int(np.argmin(np.where(moves, echoes.distance, np.inf)))
        values.update(
            moving_some=1.0, moving_count=_count(int(moves.sum())),
            moving_log=float(_log_scale(echoes.distance[at], scales)),
            moving_proximity=_proximity(echoes.distance[at]),
            moving_rcs=echoes.rcs[at] / _RCS_SCALE,
            moving_velocity=velocity[at] / scales.max_speed, moving_offset=echoes.offset[at])
    for word, sign in (('approaching', -1.0), ('leaving', 1.0)):
        way = sign * velocity
        chosen = way >= scales.moving
        if chosen.any():
            values[f'{word}_some'] = 1.0
            values[f'{word}_proximity'] = _proximity(echoes.distance[chosen].min())
            values[f'{word}_speed'] = way.max() / scales.max_speed


def _describe_closing(values: dict[str, float], echoes: Echoes, scales: Scales) -> None:
    closing = np.nan_to_num(-echoes.relative)
    if closing.max() > 0.0:
        contact_s = echoes.distance / np.maximum(closing, 1e-3)
        values['closing_speed'] = closing.max() / scales.max_speed
        values['urgency'] = _HALF_S / (_HALF_S + contact_s.min())


def _histograms(
    echoes: Echoes, velocity: np.ndarray, moves: np.ndarray, scales: Scales
) -> np.ndarray:
    ring = bumps(_log_scale(echoes.distance, scales), 0.0, 1.0, RINGS)   # [P, RINGS]
    speed = bumps(velocity, -scales.max_speed, scales.max_speed, SPEEDS)
    strength = bumps(echoes.rcs, _RCS_LOWEST, _RCS_HIGHEST, STRENGTHS) * moves[:, None]
    return np.concatenate([
        (ring * ~moves[:, None]).max(axis=0), (ring * moves[:, None]).max(axis=0),
        speed.max(axis=0), strength.max(axis=0)])


def _log_scale(metres: np.ndarray | float, scales: Scales) -> np.ndarray:
    """Map NEAR_M to 0 and the furthest to 1, evenly in the logarithm."""
    inside = np.clip(metres, NEAR_M, scales.max_range)
    return np.log(inside / NEAR_M) / math.log(scales.max_range / NEAR_M)


def _proximity(metres: float) -> float:
    return _HALF_M / (_HALF_M + float(metres))


def _count(number: int) -> float:
    return math.log1p(number) / math.log1p(_MANY)
