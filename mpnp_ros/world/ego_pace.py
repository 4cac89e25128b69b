# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How the ego drives: it cruises, speeds up, brakes, turns, waits."""

from __future__ import annotations

import math

import numpy as np

from mpnp_ros.world.pace import Pace
from mpnp_ros.world.roads import Roads

_LONG_S = 20.0
_CLOSE_M = 4.0  # nearer than this to where it has to stop, it stands
_BEND_SPEED = 6.0  # m/s in a bend of 15 m


def sample_pace(roads: Roads, rng: np.random.Generator) -> Pace:
    """Return a pace that suits the way from the ego's start on."""
    if roads.flowing != 0 and roads.ego_stop_m is not None:
        return _up_to(roads.ego_stop_m - roads.ego_start_m, rng)
    limit = 13.0
    for ahead in range(-2, 14, 2):
        curvature = abs(roads.ego.curvature(roads.ego_start_m + ahead))
        if curvature > 0.0:
            limit = min(limit, _BEND_SPEED * math.sqrt(1.0 / (15.0 * curvature)))
    manner = str(rng.choice(['cruise', 'faster', 'slower', 'stand'], p=[0.38, 0.20, 0.27, 0.15]))
    if manner == 'stand':
        return Pace()
    speed = float(rng.uniform(0.45, 1.0)) * limit
    if manner == 'cruise':
        return Pace(speed)
    if manner == 'faster':
        return Pace(0.5 * speed, ((3.0, float(rng.uniform(0.8, 2.2))),))
    return Pace(speed, ((_LONG_S, -float(rng.uniform(1.2, 4.5))),))


def _up_to(left_m: float, rng: np.random.Generator) -> Pace:
    if left_m < _CLOSE_M:
        return Pace()
    braking = float(rng.uniform(1.2, 3.0))
    return Pace(math.sqrt(2.0 * braking * left_m), ((_LONG_S, -braking),))
