# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Roads and how they meet: straight on, around a bend, at a crossing, at a junction.

Offsets across a road are metres to the left of its middle line, as that line runs; one drives on
the right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import functools
import math

import numpy as np

from mpnp_ros.world.course import Course, sideways
from mpnp_ros.world.geometry import Array, Pose

LANE_M = 3.5
PARKING_M = 2.3
PAVEMENT_M = 3.4
_EDGE_M = 0.35  # between the outer lane and the kerb where nobody parks
_REACH_M = 85.0  # of a road from the middle of the scene, to both sides
_STOP_M = 5.2  # from the other road's kerb to where one stops: the zebra is in between


@dataclass(frozen=True)
class Road:
    """A road along `middle`; where others join, its kerbs and marks have gaps.

    :ivar lanes: in each direction.
    :ivar parking: whether there is a parking strip on the left and on the right.
    :ivar gaps: (side, from, to): side +1 left, -1 right, metres along the middle line.
    :ivar stops: (along, direction): where traffic that goes along (+1) or against (-1) the
        middle line stops.
    """

    middle: Course
    lanes: int
    parking: tuple[bool, bool]
    gaps: tuple[tuple[int, float, float], ...] = ()
    stops: tuple[tuple[float, int], ...] = ()

    @property
    def bends(self) -> bool:
        """Say whether any of it is an arc."""
        return any(curvature for _, curvature in self.middle.pieces)

    def kerb(self, side: int) -> float:
        """Return how far the kerb of a side is from the middle line."""
        strip = PARKING_M if self.parking[0 if side > 0 else 1] else _EDGE_M
        return self.lanes * LANE_M + strip

    def outside(self, side: int) -> float:
        """Return how far the outer edge of the pavement is from the middle line."""
        return self.kerb(side) + PAVEMENT_M

    def lane(self, index: int, direction: int) -> Course:
        """Return the middle of a lane as it is driven; lane 0 is next to the middle line."""
        offset = (index + 0.5) * LANE_M
        return self.middle.beside(-offset) if direction > 0 else self.middle.beside(offset).back()

    def stretches(self, side: int, begin_m: float, end_m: float) -> list[tuple[float, float]]:
        """Return the (from, to) of [begin_m, end_m] that no gap of the side takes."""
        free, start = [], begin_m
        for _, gap_from, gap_to in sorted(gap for gap in self.gaps if gap[0] == side):
            if gap_from > start:
                free.append((start, min(gap_from, end_m)))
            start = max(start, gap_to)
        if start < end_m:
            free.append((start, end_m))
        return [(a, b) for a, b in free if b - a > 0.01]

    def place(self, along_m: float, left_m: float, turn: float = 0.0) -> Pose:
        """Return a pose on the road, turned by `turn` rad from the direction of its middle."""
        pose = sideways(self.middle.pose(along_m), left_m)
        return Pose(pose.x, pose.y, pose.yaw + turn)

    @functools.cached_property
    def points(self) -> Array:
        """Return places [P, 2] on the middle line, every 2 m."""
        return self.middle.places(np.arange(0.0, self.middle.length + 1.0, 2.0))


@dataclass(frozen=True)
class Roads:
    """The roads of a scene and the way of the ego.

    :ivar layout: 'straight', 'bend', 'crossing' or 'junction'.
    :ivar ego: the ego's way; it starts `ego_start_m` along it.
    :ivar ego_lane: of the first road, in which the ego starts.
    :ivar flowing: the road that has right of way; on the others traffic waits.
    :ivar ego_stop_m: where along its way the ego has to stop if its road has to wait.
    """

    layout: str
    roads: tuple[Road, ...]
    ego: Course
    ego_start_m: float
    ego_lane: int = 0
    flowing: int = 0
    ego_stop_m: float | None = None

    def corridor(self, x: float, y: float, but: int = -1) -> float:
        """Return how far a place is outside all pavements, but those of a road; negative: on."""
        found = math.inf
        for index, road in enumerate(self.roads):
            if index != but:
                near = np.hypot(*(road.points - [x, y]).T).min()
                found = min(found, float(near) - max(road.outside(1), road.outside(-1)))
        return found


def _straight(rng: np.random.Generator) -> Roads:
    lanes = int(rng.integers(1, 3))
    middle = Course(Pose(-_REACH_M, 0.0), ((2.0 * _REACH_M, 0.0),))
    road = Road(middle, lanes, _parking(rng))
    lane = int(rng.integers(lanes))
    return Roads('straight', (road,), road.lane(lane, 1), _REACH_M, lane)


def _bend(rng: np.random.Generator) -> Roads:
    radius = float(rng.uniform(28.0, 70.0)) * float(rng.choice([-1.0, 1.0]))
    turn = float(rng.uniform(0.6, 1.3))
    arc = abs(radius) * turn
    lead = _REACH_M - float(rng.uniform(-0.3, 0.6)) * arc
    lead = float(np.clip(lead, 40.0, 100.0))
    middle = Course(Pose(-_REACH_M, 0.0), ((lead, 0.0), (arc, 1.0 / radius), (90.0, 0.0)))
    road = Road(middle, 1, _parking(rng))
    return Roads('bend', (road,), road.lane(0, 1), _REACH_M)


def _crossing(rng: np.random.Generator) -> Roads:
    return _meet(rng, 'crossing')


def _junction(rng: np.random.Generator) -> Roads:
    return _meet(rng, 'junction')


def _meet(rng: np.random.Generator, layout: str) -> Roads:
    """Return two roads that meet at right angles in the origin; a junction has no fourth arm."""
    lanes = int(rng.integers(1, 3))
    side = int(rng.choice([-1, 1]))  # on which the other road of a junction lies
    own_parking, other_parking = _parking(rng), _parking(rng)
    east = Course(Pose(-_REACH_M, 0.0), ((2.0 * _REACH_M, 0.0),))
    own = Road(east, lanes, own_parking)
    if layout == 'crossing':
        other = Road(Course(Pose(0.0, -_REACH_M, math.pi / 2.0), ((2.0 * _REACH_M, 0.0),)), 1,
                     other_parking)
        reach = _REACH_M
    else:
        other = Road(Course(Pose(0.0, 0.0, side * math.pi / 2.0), ((_REACH_M, 0.0),)), 1,
                     other_parking)
        reach = 0.0
    # Seen from the east-west road, the other's left kerb lies in the west if it runs north.
    north = layout == 'crossing' or side > 0
    west, far_east = (other.kerb(1), other.kerb(-1)) if north else (other.kerb(-1), other.kerb(1))
    sides = (1, -1) if layout == 'crossing' else (side,)
    own = Road(east, lanes, own_parking,
               tuple((s, _REACH_M - west, _REACH_M + far_east) for s in sides),
               ((_REACH_M - west - _STOP_M, 1), (_REACH_M + far_east + _STOP_M, -1)))
    if layout == 'crossing':
        low, high = reach - own.kerb(-1), reach + own.kerb(1)
        other = Road(other.middle, 1, other_parking, ((1, low, high), (-1, low, high)),
                     ((low - _STOP_M, 1), (high + _STOP_M, -1)))
    else:
        end = own.kerb(side)
        other = Road(other.middle, 1, other_parking, ((1, 0.0, end), (-1, 0.0, end)),
                     ((end + _STOP_M, -1),))
    flowing = 0 if rng.random() < 0.65 else 1
    turns = ['straight', 'left', 'right'] if layout == 'crossing' else [
        'straight', 'left' if side > 0 else 'right']
    turn = str(rng.choice(turns))
    lane = lanes - 1 if turn == 'right' else 0 if turn == 'left' else int(rng.integers(lanes))
    way = _turn(own, lane, turn)
    stop = _REACH_M - west - _STOP_M - 3.9  # base_link is 3.7 m behind the bumper
    if flowing == 1:
        start = stop - float(rng.uniform(0.0, 22.0))
    elif turn == 'straight':
        start = _REACH_M - float(rng.uniform(-4.0, 34.0))
    else:
        start = way.pieces[0][0] - float(rng.uniform(-2.0, 10.0))
    return Roads(layout, (own, other), way, start, lane, flowing, stop)


def _turn(own: Road, lane: int, turn: str) -> Course:
    """Return a way from the west through the crossing, into the other road's lane for a turn."""
    if turn == 'straight':
        return own.lane(lane, 1)
    offset, half = (lane + 0.5) * LANE_M, LANE_M / 2.0
    radius = 5.0 if turn == 'right' else 7.0 + offset
    # A right turn ends in the lane at x = -half, a left one at x = +half.
    begin = -half - radius if turn == 'right' else half - radius
    sign = -1.0 if turn == 'right' else 1.0
    return Course(Pose(-_REACH_M, -offset), (
        (_REACH_M + begin, 0.0), (radius * math.pi / 2.0, sign / radius), (60.0, 0.0)))


def _parking(rng: np.random.Generator) -> tuple[bool, bool]:
    drawn = (bool(rng.random() < 0.65), bool(rng.random() < 0.65))
    return drawn if any(drawn) else (False, True)


_LAYOUTS: dict[str, Callable[[np.random.Generator], Roads]] = {
    'straight': _straight, 'bend': _bend, 'crossing': _crossing, 'junction': _junction}
LAYOUTS = tuple(_LAYOUTS)


def sample_roads(rng: np.random.Generator, layout: str = '') -> Roads:
    """Return roads of a layout, or of any."""
    return _LAYOUTS[layout or str(rng.choice(LAYOUTS, p=[0.25, 0.25, 0.30, 0.20]))](rng)
