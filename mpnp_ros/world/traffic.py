# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Vehicles on the roads of a scene: in the lanes, at stop lines, beside the kerb."""

from __future__ import annotations

from collections.abc import Iterator
import math

import numpy as np

from mpnp_ros.world.actor import Actor, Route
from mpnp_ros.world.course import Course
from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.objects import KINDS
from mpnp_ros.world.pace import Pace
from mpnp_ros.world.roads import LANE_M, PARKING_M, Road, Roads

AROUND_M = 55.0  # of the ego's start; further off there is nobody
STANDING = Pace()
_IN_LANES = {
    'car': 0.50, 'truck': 0.13, 'bus': 0.11, 'motorcycle': 0.10, 'bicycle': 0.09, 'trailer': 0.05,
    'construction vehicle': 0.02}
_PARKED = {
    'car': 0.56, 'truck': 0.11, 'trailer': 0.10, 'bus': 0.04, 'motorcycle': 0.11, 'bicycle': 0.08}
_ENGINES = ('truck', 'bus', 'motorcycle', 'construction vehicle')


def make(
    rng: np.random.Generator, kind: str, pose: Pose, *, form: str = '', color: str = '',
    route: Route | None = None, parked: bool = False, sound: str = '',
) -> Actor:
    """Return an actor of a kind, and of a form or the usual one, in a size and colour drawn."""
    known = KINDS[kind]
    form = form or known.usual
    size = tuple(float(s) for s in rng.uniform(*known.forms[form]))
    return Actor(
        kind=kind, color=color or str(rng.choice(known.colors)), size=(size[0], size[1], size[2]),
        pose=pose if route is None else route.course.pose(route.start_m), form=form,
        look=int(rng.integers(2**31)), parked=parked, route=route, sound=sound)


def in_lanes(roads: Roads, ego: Pace, rng: np.random.Generator) -> Iterator[Actor]:
    """Yield the vehicles that drive or wait, lane by lane; those in the ego's at its pace."""
    for index, road in enumerate(roads.roads):
        for direction in (1, -1):
            for lane in range(road.lanes):
                course = road.lane(lane, direction)
                if index == 0 and direction == 1 and lane == roads.ego_lane:
                    yield from _with_ego(roads, ego, rng)
                else:
                    yield from _lane(roads, road, index, direction, course, rng)


def _with_ego(roads: Roads, ego: Pace, rng: np.random.Generator) -> Iterator[Actor]:
    waits = roads.flowing != 0 and roads.ego_stop_m is not None
    if not waits and rng.random() < 0.7:
        yield from _queue(rng, roads.ego, ego, roads.ego_start_m + 9.0, 1, 2)
    if rng.random() < 0.75:
        yield from _queue(rng, roads.ego, ego, roads.ego_start_m - 6.0, -1, 2)


def _lane(
    roads: Roads, road: Road, index: int, direction: int, course: Course, rng: np.random.Generator
) -> Iterator[Actor]:
    if rng.random() < 0.25:
        return
    stop = next((along for along, way in road.stops if way == direction), None)
    ends = roads.layout == 'junction' and index == 1  # nobody can go straight on
    if stop is not None and (ends or index != roads.flowing):
        line = stop if direction > 0 else road.middle.length - stop
        yield from _queue(rng, course, STANDING, line - 0.6, -1, 3, dense=True)
        return
    top = float(rng.uniform(4.0, 12.0))
    pace = Pace(top) if rng.random() < 0.75 else Pace(top, ((2.0, -1.2), (2.0, 0.0)))
    near = course.nearest(roads.ego.pose(roads.ego_start_m))
    yield from _queue(rng, course, pace, near - AROUND_M + 15.0 * float(rng.random()), 1, 5)


def _queue(
    rng: np.random.Generator, course: Course, pace: Pace, first_m: float, toward: int, most: int,
    dense: bool = False,
) -> Iterator[Actor]:
    """Yield vehicles one after the other from a place on, ahead (+1) or behind (-1) of it."""
    along = first_m
    for _ in range(int(rng.integers(1, most + 1))):
        if not dense:
            along += toward * float(rng.uniform(3.0, 22.0))
        kind = str(rng.choice(list(_IN_LANES), p=list(_IN_LANES.values())))
        for actor in _driven(rng, kind, course, along, toward, pace):
            if actor.route is not None and 0.0 < actor.route.start_m < course.length:
                yield actor
            along += toward * (actor.size[0] + 0.9)
        along += toward * float(rng.uniform(1.0, 3.0))


def _driven(
    rng: np.random.Generator, kind: str, course: Course, along: float, toward: int, pace: Pace
) -> Iterator[Actor]:
    """Yield a vehicle whose near end is at `along`, with what it pulls."""
    forms = {'motorcycle': 'with rider', 'bicycle': 'with rider', 'construction vehicle': 'loader'}
    if kind == 'trailer':
        pair = ('truck', 'trailer') if toward < 0 else ('trailer', 'truck')
        color = str(rng.choice(KINDS['truck'].colors))
        for one in pair:
            form = 'box' if one == 'truck' else str(rng.choice(list(KINDS['trailer'].forms)))
            actor = _placed(rng, one, form, course, along, toward, pace, color)
            yield actor
            along += toward * (actor.size[0] + 0.35)
        return
    form, color, sound = forms.get(kind, ''), '', ''
    if kind == 'truck':
        form = str(rng.choice(['box', 'flatbed', 'pickup', 'fire'], p=[0.4, 0.25, 0.25, 0.1]))
    if kind == 'car' and rng.random() < 0.06:
        form, color = 'police', 'white'
    if form == 'fire':
        color = 'red'
    if form in ('police', 'fire') and rng.random() < 0.8:
        sound = 'siren'
    elif rng.random() < 0.05 and kind != 'bicycle':
        sound = 'horn'
    elif kind in _ENGINES:
        sound = 'engine'
    yield _placed(rng, kind, form, course, along, toward, pace, color, sound)


def _placed(
    rng: np.random.Generator, kind: str, form: str, course: Course, along: float, toward: int,
    pace: Pace, color: str = '', sound: str = '',
) -> Actor:
    drawn = make(rng, kind, Pose(0.0, 0.0), form=form, color=color, sound=sound)
    aside = -0.9 if kind == 'bicycle' else 0.15 * float(rng.standard_normal())
    route = Route(course.beside(aside), along + toward * drawn.size[0] / 2.0, pace)
    return Actor(**{**vars(drawn), 'route': route, 'pose': route.course.pose(route.start_m)})


def beside_kerbs(roads: Roads, rng: np.random.Generator) -> Iterator[Actor]:
    """Yield what is parked, along the strips and on the pavement."""
    near = roads.ego.pose(roads.ego_start_m)
    for road in roads.roads:
        for side in (-1, 1):
            middle = road.middle.nearest(near)
            low, high = max(middle - AROUND_M, 0.0), min(middle + AROUND_M, road.middle.length)
            for begin, end in road.stretches(side, low, high):
                strip = road.parking[0 if side > 0 else 1]
                yield from _strip(rng, road, side, begin + 6.0, end - 6.0, strip)


def _strip(
    rng: np.random.Generator, road: Road, side: int, begin: float, end: float, strip: bool
) -> Iterator[Actor]:
    along = begin + 8.0 * float(rng.random())
    busy = float(rng.uniform(0.2, 0.75))
    turn = 0.0 if side < 0 else math.pi
    while along < end:
        kind = str(rng.choice(list(_PARKED), p=list(_PARKED.values())))
        if kind in ('bicycle', 'motorcycle'):
            on_road = kind == 'motorcycle' and strip
            offset = road.kerb(side) + (-0.9 if on_road else 1.2)
            pose = road.place(along, side * offset, turn + float(rng.uniform(1.2, 1.9)))
            if rng.random() < busy and (on_road or rng.random() < 0.6):
                yield make(rng, kind, pose, form='without rider', parked=True)
            along += float(rng.uniform(1.2, 5.0))
            continue
        form = str(rng.choice(['box', 'flatbed', 'pickup'])) if kind == 'truck' else ''
        drawn = make(rng, kind, Pose(0.0, 0.0), form=form, parked=True)
        if along + drawn.size[0] > end:
            return
        if strip and rng.random() < busy:
            pose = road.place(along + drawn.size[0] / 2.0,
                              side * (road.lanes * LANE_M + PARKING_M / 2.0),
                              turn + 0.02 * float(rng.standard_normal()))
            yield Actor(**{**vars(drawn), 'pose': pose})
        along += drawn.size[0] + float(rng.uniform(0.8, 3.0))
