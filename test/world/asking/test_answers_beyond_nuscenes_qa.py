# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Colours, distances, speeds, turns and sounds: every answer as a plain reading has it."""

from __future__ import annotations

import math
import re

from plain_reading import gap_m, hits, nearest, pixels, seen
import pytest
from random_truth import random_truth

from mpnp_ros.world.asking.ask import ask
from mpnp_ros.world.asking.question import Question
from mpnp_ros.world.sensing.hearing import audible
from mpnp_ros.world.truth import EgoMotion, Seen, Truth

Asked = list[tuple[Truth, Question]]
NEAREST = re.compile(r'(?:nearest|closest) (.+?)(?: moving| away)?(?: has what color'
                     r'|: .+|\?| about .+| still, .+)')


@pytest.fixture(scope='module')
def by_type(truths: list[Truth], asked: list[list[Question]]) -> dict[str, Asked]:
    found: dict[str, Asked] = {}
    for truth, questions in zip(truths, asked):
        for question in questions:
            found.setdefault(question.type, []).append((truth, question))
    return found


def meant(truth: Truth, question: Question) -> Seen:
    words = NEAREST.search(question.text)
    assert words, question.text
    return nearest(truth, words[1].rstrip('?'))


def test_a_colour_is_that_of_the_nearest_and_a_camera_shows_it(by_type: dict[str, Asked]) -> None:
    assert len(by_type['color']) > 300
    for truth, question in by_type['color'][::3]:
        one = meant(truth, question)
        assert question.answer == one.color
        assert pixels(truth, one) >= 120
        assert question.needs == ('camera',)


def test_a_distance_is_that_of_the_nearest_and_the_lidar_meets_it(
    by_type: dict[str, Asked]
) -> None:
    meters = {'five': 5, 'ten': 10, 'twenty': 20, 'forty': 40}
    assert {question.answer for _, question in by_type['distance']} == set(meters)
    for truth, question in by_type['distance'][::3]:
        one = meant(truth, question)
        assert question.answer == min(
            meters, key=lambda name: abs(math.log(gap_m(one) / meters[name])))
        assert hits(truth, one) >= 5


def test_a_speed_is_that_of_the_nearest_and_a_radar_measures_it(
    by_type: dict[str, Asked]
) -> None:
    assert {question.answer for _, question in by_type['speed']} == {'still', 'slow', 'fast'}
    for truth, question in by_type['speed'][::3]:
        one = meant(truth, question)
        x, y, (vx, vy) = one.box.pose.x, one.box.pose.y, one.velocity
        along = abs(x * vx + y * vy) / math.hypot(x, y)
        for speed in (along, math.hypot(vx, vy)):
            assert question.answer == (
                'still' if speed < 0.65 else 'slow' if speed < 6.0 else 'fast')
        assert one.echoes >= 2


def test_something_approaches_where_its_own_motion_brings_it_nearer(
    by_type: dict[str, Asked]
) -> None:
    later = 1e-3
    for truth, question in by_type['approach']:
        assert not any('radar' in condition for condition in truth.conditions)
        place = re.search(r'from the (.+)\?', question.text)
        coming = []
        for one in within(truth, place[1]) if place else seen(truth):
            x, y = one.box.pose.x, one.box.pose.y
            moved = math.hypot(x + later * one.velocity[0], y + later * one.velocity[1])
            coming.append((math.hypot(x, y) - moved) / later)
        assert question.answer == ('yes' if max(coming, default=0.0) > 1.0 else 'no')
    assert len({question.text for _, question in by_type['approach']}) == 21


def within(truth: Truth, direction: str) -> list[Seen]:
    middle = {'front': 0, 'front left': 60, 'front right': -60, 'back left': 120,
              'back right': -120, 'back': 180}[direction]
    return [one for one in seen(truth) if abs(math.remainder(math.degrees(math.atan2(
        one.box.pose.y, one.box.pose.x)) - middle, 360.0)) < 30.0]


def test_the_way_is_free_up_to_the_first_object_in_it(by_type: dict[str, Asked]) -> None:
    for truth, question in by_type['free way']:
        length = float(re.search(r'(\d+) meters', question.text)[1])   # type: ignore[index]
        first = math.inf
        for one in seen(truth):
            corners = one.box.footprint()
            ahead = corners[:, 0].min() - 3.7
            if ahead >= 0.0 and corners[:, 1].min() < 1.4 and corners[:, 1].max() > -1.4:
                first = min(first, ahead)
        assert question.answer == ('no' if first < length else 'yes')
        assert abs(truth.ego.yaw_rate) <= 0.1
    assert {question.answer for _, question in by_type['free way']} == {'yes', 'no'}


def test_turns_and_brakes_are_the_ego_vehicle_s(by_type: dict[str, Asked]) -> None:
    for truth, question in by_type['turning']:
        rate, text = truth.ego.yaw_rate, question.text
        way = 'left' if rate > 0.06 else 'right' if rate < -0.06 else 'neither'
        expected = way if 'neither' in text else 'yes' if (
            way in text.lower() if 'left' in text or 'right' in text else way != 'neither') \
            else 'no'
        assert question.answer == expected, (rate, text)
    for truth, question in by_type['braking']:
        change, text = truth.ego.acceleration, question.text
        word = 'braking' if change < -0.55 else 'speeding up' if change > 0.55 else 'neither'
        asks = 'braking' if 'braking' in text or 'slowing' in text else 'speeding up'
        assert question.answer == (word if 'neither' in text else
                                   'yes' if word == asks else 'no'), (change, text)


def test_what_is_heard_is_what_stands_out(by_type: dict[str, Asked]) -> None:
    for truth, question in by_type['hearing']:
        heard = [one for one in truth.objects
                 if one.actor in audible(truth.objects, truth.ego.speed)]
        asks = next((word for word in ('siren,', 'siren', 'horn', 'engine')
                     if word in question.text), '')
        if asks == 'siren,':
            loudest = max(heard, key=lambda one: one.level_db, default=None)
            assert question.answer == (loudest.sound if loudest else 'nothing')
        else:
            assert question.answer == (
                'yes' if any(one.sound == asks for one in heard) else 'no')
    for truth, question in by_type['hearing side']:
        sound = next(word for word in ('siren', 'horn', 'engine') if word in question.text)
        sides = {
            'front' if x > abs(y) else 'back' if -x > abs(y) else 'left' if y > 0 else 'right'
            for one in truth.objects if one.sound == sound
            and one.actor in audible(truth.objects, truth.ego.speed)
            for x, y in [(one.box.pose.x, one.box.pose.y)]}
        assert sides == {question.answer}
    assert len(by_type['hearing side']) > 30


@pytest.mark.parametrize(('ego', 'text', 'answer'), [
    (EgoMotion(random_truth(0).ego.pose, 8.0, -2.0, 0.0), 'Am I braking?', 'yes'),
    (EgoMotion(random_truth(0).ego.pose, 8.0, 0.0, 0.0), 'Am I braking?', 'no'),
    (EgoMotion(random_truth(0).ego.pose, 8.0, -0.5, 0.0), 'Am I braking?', None),
    (EgoMotion(random_truth(0).ego.pose, 8.0, 0.0, 0.2), 'Am I turning left?', 'yes'),
    (EgoMotion(random_truth(0).ego.pose, 8.0, 0.0, -0.2), 'Am I turning left?', 'no'),
    (EgoMotion(random_truth(0).ego.pose, 8.0, 0.0, 0.06), 'Am I turning left?', None)])
def test_what_is_a_close_call_is_not_asked(ego: EgoMotion, text: str, answer: str | None) -> None:
    groups = {one.group.partition(': ')[2]: one.answer for one in ask(Truth(0.0, ego, ()), 0)}
    assert groups.get(text) == answer
