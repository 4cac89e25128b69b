# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions have the right answer on scenes made by hand, or are not asked."""

from collections import Counter

import pytest
from staged import sighting

from mpnp_ros.world.questions import ask, balance, UNKNOWN
from mpnp_ros.world.scene import EGO_FRONT


def answers(*sightings, kind, about=''):
    return [q.answer for q in ask(sightings) if q.type == kind and about in q.text]


def test_the_colour_is_that_of_the_nearest_car() -> None:
    near, far = sighting('car', 12.0, -2.9, 'blue'), sighting('car', 25.0, 0.0, 'red')
    assert answers(far, near, kind='color') == ['blue']


def test_the_colour_is_not_asked_between_two_cars_about_as_near() -> None:
    cars = sighting('car', 12.0, -2.9, 'blue'), sighting('car', 12.5, 3.0, 'red')
    assert answers(*cars, kind='color') == []


def test_the_colour_is_not_asked_of_a_nearest_car_that_is_hardly_visible() -> None:
    hidden = sighting('car', 12.0, -2.9, 'blue', pixels=60)
    assert answers(hidden, sighting('car', 25.0, 0.0), kind='color') == []


def test_a_car_that_the_camera_does_not_show_has_no_colour() -> None:
    behind = sighting('car', -10.0, 0.0, 'blue', pixels=0)
    assert answers(behind, kind='color') == []


@pytest.mark.parametrize(('pixels', 'expected'), [(500, ['yes']), (0, ['no']), (40, [])])
def test_existence_follows_what_the_camera_shows(pixels: int, expected: list[str]) -> None:
    person = sighting('pedestrian', 10.0, 2.0, pixels=pixels)
    assert answers(person, kind='exist', about='pedestrian') == expected


def test_only_visible_cars_are_counted() -> None:
    cars = [sighting('car', 10.0, 3.0), sighting('car', 20.0, -3.0),
            sighting('car', -9.0, 0.0, pixels=0), sighting('truck', 15.0, 4.0)]
    assert answers(*cars, kind='count') == ['two']


@pytest.mark.parametrize(('y', 'side'), [(4.0, 'left'), (0.0, 'middle'), (-4.0, 'right')])
def test_directions_are_as_the_camera_shows_them(y: float, side: str) -> None:
    assert answers(sighting('car', 14.0, y), kind='direction') == [side]


@pytest.mark.parametrize(('gap', 'clear', 'distance'), [
    (5.0, ['no'], ['near']), (14.0, ['yes'], ['medium']), (30.0, ['yes'], ['far']),
    (10.0, [], [])])
def test_the_way_ahead_ends_at_an_obstacle_in_the_lane(
    gap: float, clear: list[str], distance: list[str]
) -> None:
    barrier = sighting('barrier', EGO_FRONT + gap + 0.23, 0.2)
    assert answers(barrier, kind='clear') == clear
    assert answers(barrier, kind='distance') == distance


def test_a_parked_car_beside_the_lane_leaves_the_way_clear() -> None:
    assert answers(sighting('car', 8.0, -2.9), kind='clear') == ['yes']


def test_an_obstacle_that_is_only_just_in_the_way_is_not_asked_about() -> None:
    assert answers(sighting('traffic cone', 8.0, 1.6), kind='clear') == []


def test_an_obstacle_without_a_lidar_return_is_not_known() -> None:
    assert answers(sighting('barrier', 8.0, 0.0, hits=0), kind='clear') == ['yes']


@pytest.mark.parametrize(('x', 'expected'), [(-6.0, ['yes']), (-30.0, ['no']), (20.0, ['no'])])
def test_a_vehicle_behind_is_close_or_not(x: float, expected: list[str]) -> None:
    assert answers(sighting('car', x, 0.0, pixels=0), kind='behind') == expected


def test_every_question_allows_its_answer_and_unknown() -> None:
    asked = ask([sighting('car', 12.0, 0.0), sighting('pedestrian', 9.0, 3.0)])
    assert {q.type for q in asked} == {
        'color', 'exist', 'count', 'direction', 'clear', 'distance', 'behind'}
    for question in asked:
        assert question.answer in question.candidates and UNKNOWN in question.candidates
        assert question.answer != UNKNOWN and len(set(question.needs)) == 1


def test_balancing_bounds_the_share_of_the_most_frequent_answer() -> None:
    given = ['no'] * 90 + ['yes'] * 10
    kept = balance(given, group=lambda _: '', answer=lambda item: item, most=1.5)
    assert Counter(kept) == {'no': 15, 'yes': 10}
