# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Who is in a scene: those of all that could be that come into nobody's way."""

from __future__ import annotations

import itertools
import math

import numpy as np

from mpnp_ros.world.actor import Actor
from mpnp_ros.world.bystanders import people, works
from mpnp_ros.world.geometry import Box
from mpnp_ros.world.pace import Pace
from mpnp_ros.world.roads import Roads
from mpnp_ros.world.traffic import AROUND_M, beside_kerbs, in_lanes

MOST = 45  # actors
_CLEARANCE_M = 0.25
CHECKED_EVERY_S = 0.5  # that nobody touches anybody


def populate(
    roads: Roads, ego: Pace, ego_boxes: list[Box], rng: np.random.Generator
) -> tuple[Actor, ...]:
    """Return at most MOST actors that touch neither each other nor the ego.

    :param ego_boxes: of the ego, every CHECKED_EVERY_S from 0 on.
    """
    times = np.arange(len(ego_boxes)) * CHECKED_EVERY_S
    start = roads.ego.pose(roads.ego_start_m)
    near = [road.middle.nearest(start) for road in roads.roads]
    # The works come first, so that they find their place.
    wanted = itertools.chain(
        works(roads, near, rng), in_lanes(roads, ego, rng), beside_kerbs(roads, rng),
        people(roads, near, rng))
    kept: list[Actor] = []
    ways: list[list[Box]] = [ego_boxes]
    for actor in wanted:
        if math.hypot(actor.pose.x - start.x, actor.pose.y - start.y) > AROUND_M:
            continue
        way = [actor.box(float(time_s)) for time_s in times]
        if not any(_meet(way, other) for other in ways):
            kept.append(actor)
            ways.append(way)
    if len(kept) > MOST:
        chosen = sorted(rng.permutation(len(kept))[:MOST])
        kept = [kept[index] for index in chosen]
    return tuple(kept)


def _meet(one: list[Box], other: list[Box]) -> bool:
    for a, b in zip(one, other):
        apart = math.hypot(a.pose.x - b.pose.x, a.pose.y - b.pose.y)
        if apart < (math.hypot(*a.size[:2]) + math.hypot(*b.size[:2])) / 2.0 + _CLEARANCE_M and (
                a.overlaps(b, _CLEARANCE_M)):
            return True
    return False
