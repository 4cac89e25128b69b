# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""People on pavements, benches and zebras, and road works with their machines."""

from __future__ import annotations

from collections.abc import Iterator
import math

import numpy as np

from mpnp_ros.world.actor import Actor, Route
from mpnp_ros.world.course import Course
from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.pace import Pace
from mpnp_ros.world.roads import LANE_M, PAVEMENT_M, Road, Roads
from mpnp_ros.world.traffic import AROUND_M, make

_STRIDE = (0.8, 1.7)  # m/s


def people(roads: Roads, near: list[float], rng: np.random.Generator) -> Iterator[Actor]:
    """Yield pedestrians; `near` is where along each road the ego is nearest."""
    for road, middle in zip(roads.roads, near):
        for side in (-1, 1):
            crowd = int(rng.integers(0, 7))
            spans = road.stretches(side, max(middle - AROUND_M, 0.0),
                                   min(middle + AROUND_M, road.middle.length))
            if not spans:
                continue
            for _ in range(crowd):
                begin, end = spans[int(rng.integers(len(spans)))]
                if end - begin > 4.0:
                    yield from _on_pavement(rng, road, side,
                                            float(rng.uniform(begin + 2.0, end - 2.0)))
    for index, road in enumerate(roads.roads):
        if index != roads.flowing:
            for along, direction in road.stops:
                yield from _on_zebra(rng, road, along + 2.4 * direction)


def _on_pavement(
    rng: np.random.Generator, road: Road, side: int, along: float
) -> Iterator[Actor]:
    kerb, drawn = road.kerb(side), rng.random()
    if drawn < 0.16:
        turn = -side * math.pi / 2.0  # looks at the road
        yield make(rng, 'pedestrian', road.place(along, side * (kerb + PAVEMENT_M - 0.7), turn),
                   form='sitting')
        return
    group = 1 + int(rng.random() < 0.3) + int(rng.random() < 0.1)
    walks = drawn < 0.62
    course = road.middle.beside(side * (kerb + float(rng.uniform(1.3, PAVEMENT_M - 0.8))))
    forth = rng.random() < 0.5
    pace = Pace(float(rng.uniform(*_STRIDE)))
    for member in range(group):
        there = along + 0.25 * member
        line = course.beside(0.8 * member)
        if walks:
            way = line if forth else line.back()
            start = there if forth else line.length - there
            yield make(rng, 'pedestrian', Pose(0.0, 0.0), route=Route(way, start, pace))
        else:
            pose = line.pose(there)
            turned = Pose(pose.x, pose.y, pose.yaw + float(rng.uniform(-math.pi, math.pi)))
            yield make(rng, 'pedestrian', turned, form='standing')


def _on_zebra(rng: np.random.Generator, road: Road, along: float) -> Iterator[Actor]:
    for _ in range(int(rng.integers(0, 3))):
        side = int(rng.choice([-1, 1]))
        wide = road.kerb(1) + road.kerb(-1)
        start = road.place(along + float(rng.uniform(-0.9, 0.9)), side * road.kerb(side),
                           -side * math.pi / 2.0)
        course = Course(start, ((wide, 0.0),))
        yield make(rng, 'pedestrian', Pose(0.0, 0.0), route=Route(
            course, float(rng.uniform(-1.0, 0.8 * wide)), Pace(float(rng.uniform(*_STRIDE)))))


def works(roads: Roads, near: list[float], rng: np.random.Generator) -> Iterator[Actor]:
    """Yield a site between cones and barriers beside a lane of the first road."""
    if rng.random() < 0.3:
        yield from _lonely_cones(roads, near, rng)
        return
    road, side = roads.roads[0], int(rng.choice([-1, 1]))
    along = near[0] + float(rng.uniform(-25.0, 28.0))
    length = float(rng.uniform(11.0, 18.0))
    if not any(a <= along and along + length <= b
               for a, b in road.stretches(side, 0.0, road.middle.length)):
        return
    strip = road.parking[0 if side > 0 else 1]
    inner = road.lanes * LANE_M - 0.15  # along the edge of the outer lane
    outer = road.kerb(side) + (0.6 if strip else 2.3)
    along_turn = math.pi / 2.0  # a barrier stands across its heading
    concrete = bool(rng.random() < 0.4)
    place = along + 1.2
    while place < along + length:
        if rng.random() < 0.9:
            yield make(rng, 'barrier', road.place(place, side * inner, along_turn),
                       form='concrete' if concrete else '')
        place += 3.6 if concrete else 2.8
    for end in (along - 0.8, along + length + 1.2):
        yield make(rng, 'barrier', road.place(end, side * (inner + outer) / 2.0))
    first = along - 1.6
    for index in range(int(rng.integers(3, 7))):  # a taper against the traffic
        ahead = first - 1.5 * index if side < 0 else along + length + 2.0 + 1.5 * index
        yield make(rng, 'traffic cone', road.place(ahead, side * (inner + 0.35 * index)))
    form = str(rng.choice(['excavator', 'loader', 'roller']))
    middle = road.place(along + length / 2.0, side * (inner + outer + 1.0) / 2.0,
                        float(rng.choice([0.0, math.pi])) + 0.05 * float(rng.standard_normal()))
    yield make(rng, 'construction vehicle', middle, form=form, sound='engine',
               parked=bool(rng.random() < 0.5))
    for _ in range(int(rng.integers(0, 3))):
        pose = road.place(along + float(rng.uniform(0.5, length - 0.5)), side * (outer - 0.3),
                          float(rng.uniform(-math.pi, math.pi)))
        yield make(rng, 'pedestrian', pose, form='worker', color='yellow')


def _lonely_cones(
    roads: Roads, near: list[float], rng: np.random.Generator
) -> Iterator[Actor]:
    road, side = roads.roads[0], int(rng.choice([-1, 1]))
    along = near[0] + float(rng.uniform(-20.0, 25.0))
    for index in range(int(rng.integers(0, 6))):
        yield make(rng, 'traffic cone', road.place(
            along + 2.5 * index, side * (road.lanes * LANE_M + 0.3)))
