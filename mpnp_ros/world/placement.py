# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where objects of each kind stand, park, walk and drive in the demo's street."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from mpnp_ros.world import street
from mpnp_ros.world.actor import Actor
from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.objects import KINDS

SIGHT = 40.0  # objects stand up to here ahead of where the ego gets to, m
_BEHIND = 18.0
_CLEARANCE = 0.7
_TRIES = 25
_COLORS = {
    'car': ('red', 'blue', 'green', 'yellow', 'white', 'black', 'gray', 'orange'),
    'truck': ('white', 'maroon', 'petrol', 'olive'),
    'pedestrian': ('red', 'navy', 'beige', 'white', 'teal', 'purple'),
    'traffic cone': ('orange',), 'barrier': ('red',)}
_SHARES = {'car': 0.50, 'truck': 0.10, 'pedestrian': 0.15, 'traffic cone': 0.13, 'barrier': 0.12}


@dataclass(frozen=True)
class Stretch:
    """The stretch of street that the ego drives, from x = 0 to `length` m in `duration_s` s."""

    length: float
    duration_s: float


@dataclass(frozen=True)
class _Spot:
    """A kind of place: its middle across the street, the heading there, what it takes."""

    y: float
    yaw: float
    spread: float  # standard deviation of y, m
    top_speed: float  # m/s; 0: it stays where it is


_RIGHT, _LEFT = street.KERB_RIGHT, street.KERB_LEFT
_VEHICLE_SPOTS = (
    (0.24, _Spot(street.EGO_LANE, 0.0, 0.25, 0.0)),
    (0.22, _Spot(street.ONCOMING_LANE, math.pi, 0.25, 8.0)),
    (0.30, _Spot(street.PARKING_RIGHT, 0.0, 0.08, 0.0)),
    (0.24, _Spot(street.PARKING_LEFT, math.pi, 0.08, 0.0)),
)
_PERSON_SPOTS = (
    (0.25, _Spot(_RIGHT - 1.8, 0.0, 0.6, 1.3)),
    (0.25, _Spot(_LEFT + 1.8, math.pi, 0.6, 1.3)),
    (0.20, _Spot(_RIGHT + 0.4, math.pi / 2.0, 0.5, 1.3)),
    (0.15, _Spot(_LEFT - 0.4, -math.pi / 2.0, 0.5, 1.3)),
    (0.15, _Spot(street.EGO_LANE, math.pi / 2.0, 0.6, 0.0)),
)
_WORKS_SPOTS = (
    (0.35, _Spot(street.EGO_LANE, 0.0, 0.5, 0.0)),
    (0.30, _Spot(street.PARKING_RIGHT, 0.0, 0.5, 0.0)),
    (0.20, _Spot(street.PARKING_LEFT, 0.0, 0.5, 0.0)),
    (0.15, _Spot(street.ONCOMING_LANE, 0.0, 0.5, 0.0)),
)
_SPOTS = {
    'car': _VEHICLE_SPOTS, 'truck': _VEHICLE_SPOTS, 'pedestrian': _PERSON_SPOTS,
    'traffic cone': _WORKS_SPOTS, 'barrier': _WORKS_SPOTS,
}
_REACH = {'car': SIGHT, 'truck': SIGHT, 'pedestrian': 26.0, 'traffic cone': 20.0, 'barrier': 26.0}


def populate(rng: np.random.Generator, stretch: Stretch, start: Box) -> list[Actor]:
    """Sample the actors of a scene: one to six per 40 m ahead, none to two behind.

    No two of them come closer than 0.7 m to each other during the stretch, nor to `start`,
    the ego's box at the start. The ego's lane stays free of what does not move up to the end.
    """
    actors: list[Actor] = []
    ahead = sum(int(rng.integers(1, 7)) for _ in range(1 + int(stretch.length // SIGHT)))
    behind = int(rng.choice(3, p=[0.45, 0.35, 0.20]))
    for index in range(ahead + behind):
        kind = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
        for _ in range(_TRIES):
            actor = _sample(rng, kind, stretch, behind=index >= ahead)
            swept = actor.swept(stretch.duration_s)
            if not swept.overlaps(start, 1.0) and not any(
                swept.overlaps(other.swept(stretch.duration_s), _CLEARANCE) for other in actors
            ):
                actors.append(actor)
                break
    return actors


def _sample(rng: np.random.Generator, name: str, stretch: Stretch, behind: bool) -> Actor:
    spots = _SPOTS[name]
    smallest, largest = KINDS[name].forms['']
    size = tuple(float(s) for s in rng.uniform(smallest, largest))
    spot = spots[rng.choice(len(spots), p=[share for share, _ in spots])][1]
    first = 4.6 + size[0] / 2.0
    if behind:
        x = -rng.uniform(2.0 + size[0] / 2.0, _BEHIND)
    else:
        in_the_way = spot.y == street.EGO_LANE and spot.top_speed == 0.0
        begin = first + (stretch.length if in_the_way else 0.0)
        end = stretch.length + _REACH[name]
        x = begin + (end - begin) * rng.random() ** (1.4 if stretch.length == 0.0 else 1.0)
    moving = spot.top_speed > 0.0 and rng.random() < 0.6
    return Actor(
        kind=name,
        color=str(rng.choice(_COLORS[name])),
        size=(size[0], size[1], size[2]),
        pose=Pose(x, spot.y + spot.spread * rng.standard_normal(),
                  spot.yaw + 0.04 * rng.standard_normal()),
        speed=spot.top_speed * rng.uniform(0.5, 1.0) if moving else 0.0,
        look=int(rng.integers(2**31)),
    )
