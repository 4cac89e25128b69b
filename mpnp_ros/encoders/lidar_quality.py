# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How much a sweep can tell: returns there are, returns from dust and rain, sectors that lack."""

from __future__ import annotations

import math

import numpy as np

from mpnp_ros.encoders.quality import Flaw, judged, Quality, ramp
from mpnp_ros.encoders.range_view import RangeView

_SECTORS = 72
_MOST_POINTS = 40000          # more are thinned out evenly
_GROUND = math.radians(-4.0)  # beams below this meet the ground before they grow weak
_LEVEL = math.radians(-8.0)   # above this there is nothing of the vehicle that carries the lidar
_NEAR_M = 4.0


def sweep_quality(
    points: np.ndarray, view: RangeView, base_from_sensor: np.ndarray | None = None
) -> Quality:
    """Judge a sweep [P, 4] (x, y, z in metres in the sensor frame, intensity); 1 to 3 ms.

    Measures: 'returns' (of the shots at the ground, those that came back, against the sectors
    and beams with most), 'near' (of the returns about level, those from within 4 m: dust, rain,
    dirt), 'dropped' (share of the circle without returns), 'range_p10_m', 'range_p50_m' and
    'range_p90_m'. How far it sees is measured and not judged: a room is small.
    """
    points = _thinned(points)
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    flat = np.hypot(x, y)  # [P]
    reach = np.hypot(flat, z)
    seen = (reach >= view.min_range) & (reach <= view.max_range)
    if not seen.any():
        return Quality({'returns': 0.0, 'near': 0.0, 'dropped': 1.0}, 0.0, 'no returns')
    x, y, z, flat, reach = x[seen], y[seen], z[seen], flat[seen], reach[seen]
    elevation = np.arctan2(z, flat)
    shots = _count(x, y, elevation, view, base_from_sensor)  # [rows, _SECTORS]

    per_sector = shots.sum(axis=0)
    lacking = per_sector < 0.1 * np.median(per_sector[per_sector > 0])
    dropped = float(lacking.mean())
    full = float(np.percentile(shots[:, ~lacking], 90))
    returns = min(float(shots[:, ~lacking].mean()) / max(full, 1.0), 1.0)
    level = elevation > _LEVEL
    near = float((reach[level] < _NEAR_M).mean()) if level.any() else 0.0
    p10, p50, p90 = (float(value) for value in np.percentile(reach[::3], (10, 50, 90)))
    return judged(
        {'returns': returns, 'near': near, 'dropped': dropped, 'range_p10_m': p10,
         'range_p50_m': p50, 'range_p90_m': p90},
        [Flaw(ramp(returns, 0.3, 0.8),
              f'few returns ({returns:.0%} of the shots at the ground)'),
         Flaw(ramp(near, 0.7, 0.15), f'returns from the air ({near:.0%} within 4 m)'),
         Flaw(1.0 - dropped, f'no returns from {dropped:.0%} of the circle'
              f'{_where(lacking) if dropped else ""}')])


def _thinned(points: np.ndarray) -> np.ndarray:
    by = -(-len(points) // _MOST_POINTS)
    if by < 2:
        return points
    # Every second point would be every second beam: each is taken from anywhere in its group.
    groups = np.arange(len(points) // by)
    return points[groups * by + (groups * 40503 >> 7) % by]


def _count(
    x: np.ndarray, y: np.ndarray, elevation: np.ndarray, view: RangeView,
    base_from_sensor: np.ndarray | None,
) -> np.ndarray:
    """Count returns by beam and sector around the base: [rows, _SECTORS].

    Counted are the beams that point at the ground and return anything; where none does, all.
    """
    turn = 0.0
    if base_from_sensor is not None:
        turn = math.atan2(base_from_sensor[1, 0], base_from_sensor[0, 0])
    azimuth = np.arctan2(y, x) + (turn + math.pi)
    sector = (azimuth * (_SECTORS / (2.0 * math.pi))).astype(np.int64) % _SECTORS
    up, down = math.radians(view.fov_up), math.radians(view.fov_down)
    per_radian = (view.beams - 1) / (up - down)
    row = np.clip(np.rint((up - elevation) * per_radian), 0, view.beams - 1).astype(np.int64)
    counts = np.bincount(row * _SECTORS + sector, minlength=view.beams * _SECTORS)
    counts = counts.reshape(view.beams, _SECTORS)
    counts = counts[counts.any(axis=1)]
    ground = (up - np.unique(row) / per_radian) < _GROUND
    return counts[ground] if ground.any() else counts


def _where(lacking: np.ndarray) -> str:
    """Return the widest gap in words, degrees counter-clockwise from base +x."""
    if lacking.all():
        return ''
    twice = np.concatenate([lacking, lacking]).astype(np.int8)
    edges = np.flatnonzero(np.diff(twice, prepend=0, append=0))
    starts, ends = edges[::2], edges[1::2]
    widest = int(np.argmax(ends - starts))
    wide = 360.0 / _SECTORS
    first, last = (int(starts[widest] * wide - 180.0), int(ends[widest] * wide - 180.0))
    return f' ({(first + 180) % 360 - 180} to {(last + 180) % 360 - 180} degrees)'
