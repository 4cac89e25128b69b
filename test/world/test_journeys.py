# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes of journeys hold all kinds of objects, each with the status that its motion says."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mpnp_ros.world.conditions import Conditions
from mpnp_ros.world.journey import Journey
from mpnp_ros.world.objects import KINDS, PAINTS
from mpnp_ros.world.population import MOST
from mpnp_ros.world.roads import LAYOUTS
from mpnp_ros.world.scene import ego_box

STATUSES = {
    'motion': {'moving', 'stopped', 'parked'}, 'rider': {'with rider', 'without rider'},
    'posture': {'moving', 'standing', 'not standing'}, '': {''}}


@pytest.fixture(scope='module')
def journeys():
    """Return journeys of three seconds."""
    return [Journey.from_seed(seed, duration_s=3.0) for seed in range(300, 330)]


def test_a_seed_gives_one_journey() -> None:
    assert Journey.from_seed(5) == Journey.from_seed(5)
    assert Journey.from_seed(5) != Journey.from_seed(6)


def test_conditions_change_nobody() -> None:
    day, night = (Journey.from_seed(5, Conditions(light)) for light in ('day', 'night'))
    assert day.scene.actors == night.scene.actors


def test_all_ten_kinds_of_nuscenes_qa_occur(journeys) -> None:
    assert set(KINDS) == {
        'car', 'truck', 'bus', 'trailer', 'construction vehicle', 'motorcycle', 'bicycle',
        'pedestrian', 'traffic cone', 'barrier'}
    assert {actor.kind for journey in journeys for actor in journey.scene.actors} == set(KINDS)


def test_every_status_of_every_kind_occurs(journeys) -> None:
    found: dict[str, set[str]] = {name: set() for name in KINDS}
    for journey in journeys:
        for one in journey.objects(1.0):
            found[one.kind].add(one.status)
    for name, kind in KINDS.items():
        assert found[name] <= STATUSES[kind.statuses], name
        if name not in ('trailer', 'construction vehicle'):  # few of them stop or drive
            assert found[name] == STATUSES[kind.statuses], name


def test_what_moves_is_said_to_move(journeys) -> None:
    for journey in journeys:
        for one, actor in zip(journey.objects(1.0), journey.scene.actors):
            before, after = actor.at(0.99), actor.at(1.01)
            speed = math.hypot(after.x - before.x, after.y - before.y) / 0.02
            assert math.hypot(*one.velocity) == pytest.approx(speed, rel=0.05, abs=0.05)
            if one.status in ('parked', 'stopped', 'standing', 'not standing', 'without rider'):
                assert speed < 0.15, one
            elif one.status == 'moving':
                assert speed > 0.05, one


def test_colours_are_words_or_nothing(journeys) -> None:
    told = {(one.kind, one.color) for journey in journeys for one in journey.objects(0.0)}
    assert {color for _, color in told} <= {*PAINTS, ''}
    assert {kind for kind, color in told if not color} == {'pedestrian', 'bicycle', 'barrier'}


def test_nobody_touches_anybody_nor_the_ego(journeys) -> None:
    for journey in journeys:
        for time_s in (0.0, 1.5, 3.0):
            boxes = [ego_box(journey.motion(time_s).pose)]
            boxes += [actor.box(time_s) for actor in journey.scene.actors]
            for one, other in itertools.combinations(boxes, 2):
                if math.hypot(one.pose.x - other.pose.x, one.pose.y - other.pose.y) < 14.0:
                    assert not one.overlaps(other), (journey.seed, time_s)


def test_everybody_is_on_a_road_or_a_pavement(journeys) -> None:
    for journey in journeys:
        roads = journey.streetscape.roads
        for actor in journey.scene.actors:
            assert roads.corridor(actor.at(1.5).x, actor.at(1.5).y) < 1.0, (journey.seed, actor)


def test_brake_lights_are_on_where_something_slows_down_or_waits(journeys) -> None:
    told = {(one.status, actor.brakes(1.0)) for journey in journeys
            for one, actor in zip(journey.objects(1.0), journey.scene.actors)
            if one.kind == 'car'}
    assert ('stopped', True) in told and ('moving', False) in told and ('moving', True) in told
    assert ('parked', True) not in told and ('stopped', False) not in told


def test_scenes_are_full_but_bounded(journeys) -> None:
    counts = [len(journey.scene.actors) for journey in journeys]
    assert min(counts) >= 5 and max(counts) <= MOST


def test_objects_are_on_all_sides(journeys) -> None:
    sides = np.zeros(4)
    for journey in journeys:
        for one in journey.objects(0.0):
            azimuth = math.degrees(math.atan2(one.box.pose.y, one.box.pose.x))
            sides[int((azimuth + 45.0) % 360.0 // 90.0)] += 1
    assert (sides > 0.06 * sides.sum()).all()


def test_all_layouts_occur(journeys) -> None:
    assert {journey.streetscape.roads.layout for journey in journeys} == set(LAYOUTS)


def test_a_layout_can_be_chosen() -> None:
    for layout in LAYOUTS:
        assert Journey.from_seed(1, layout=layout).streetscape.roads.layout == layout


def test_the_ego_drives_turns_brakes_and_stands(journeys) -> None:
    motions = [journey.motion(1.0) for journey in journeys]
    assert any(one.speed == 0.0 for one in motions)
    assert any(one.speed > 5.0 and one.acceleration == 0.0 for one in motions)
    assert any(one.acceleration < -1.0 for one in motions)
    assert any(one.acceleration > 0.5 for one in motions)
    assert any(one.yaw_rate > 0.1 for one in motions)
    assert any(one.yaw_rate < -0.1 for one in motions)


def test_the_egos_motion_is_that_of_its_pose(journeys) -> None:
    for journey in journeys:
        for time_s in (0.4, 1.3):
            before, now, after = (journey.motion(time_s + d) for d in (-0.02, 0.0, 0.02))
            speed = math.hypot(after.pose.x - before.pose.x, after.pose.y - before.pose.y) / 0.04
            turned = math.remainder(after.pose.yaw - before.pose.yaw, 2.0 * math.pi) / 0.04
            assert speed == pytest.approx(now.speed, abs=0.1)
            assert turned == pytest.approx(now.yaw_rate, abs=0.15)
