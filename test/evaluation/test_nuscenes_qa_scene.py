# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What fits which words: directions, statuses, sight, and what is not known of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mpnp_ros.evaluation.nuscenes_qa.direction import directions
from mpnp_ros.evaluation.nuscenes_qa.scene import DIRECTIONS, Scene, SceneObject
from mpnp_ros.evaluation.nuscenes_qa.scene_graph import (
    decided, Description, DESCRIPTIONS, SceneGraph, UNDECIDED)


def at(angle_deg: float, distance_m: float = 20.0) -> np.ndarray:
    angle = math.radians(angle_deg)
    return np.array([[distance_m * math.cos(angle), distance_m * math.sin(angle)]])


def names(mask: np.ndarray) -> list[str]:
    return [name for name, there in zip(DIRECTIONS, mask) if there]


def graph(*objects: SceneObject, **given: Any) -> SceneGraph:
    return SceneGraph(Scene(objects, **given))


def count(found: SceneGraph, category: str, status: str = '') -> int:
    row = DESCRIPTIONS.index(Description(category, status))
    return int(decided(*found.bounds())[row])


@pytest.mark.parametrize(('angle_deg', 'direction'), [
    (0, 'front'), (27, 'front'), (-27, 'front'), (33, 'front left'), (87, 'front left'),
    (-33, 'front right'), (-87, 'front right'), (93, 'back left'), (147, 'back left'),
    (-93, 'back right'), (-147, 'back right'), (153, 'back'), (180, 'back'), (-153, 'back')])
def test_each_direction_is_a_sector_of_sixty_degrees(angle_deg: float, direction: str) -> None:
    sure, possible = directions(np.zeros((1, 2)), at(angle_deg))
    assert names(sure[0, :, 0]) == names(possible[0, :, 0]) == [direction]


def test_near_a_border_two_directions_are_possible_and_none_is_sure() -> None:
    sure, possible = directions(np.zeros((1, 2)), at(30.5))
    assert not sure.any()
    assert names(possible[0, :, 0]) == ['front', 'front left']


def test_the_nearer_an_object_the_wider_the_border() -> None:
    for distance_m, is_sure in ((20.0, True), (1.0, False)):
        sure, _ = directions(np.zeros((1, 2)), at(24.0, distance_m))
        assert sure.any() == is_sure


def test_directions_between_objects_follow_the_heading_of_the_ego_vehicle() -> None:
    sure, _ = directions(np.array([[30.0, 5.0]]), np.array([[10.0, 5.0]]))
    assert names(sure[0, :, 0]) == ['back']


def test_an_object_lies_in_no_direction_from_itself() -> None:
    sure, possible = directions(np.array([[3.0, 4.0]]), np.array([[3.0, 4.0]]))
    assert not sure.any()
    assert not possible.any()


def test_things_are_of_every_category() -> None:
    found = graph(SceneObject('car', 5, 0, ('moving',)), SceneObject('barrier', 9, 9))
    assert count(found, 'thing') == 2
    assert count(found, 'thing', 'moving') == 1
    assert count(found, 'bus') == 0


def test_a_status_that_is_not_known_leaves_the_count_open() -> None:
    found = graph(SceneObject('car', 5, 0, ('stopped', 'parked')), SceneObject('car', 9, 0))
    assert count(found, 'car') == 2
    assert count(found, 'car', 'parked') == UNDECIDED
    assert count(found, 'pedestrian', 'moving') == 0


@pytest.mark.parametrize(('sight', 'counted', 'is_anchor'), [
    ('clear', 1, True), ('faint', 1, False), ('doubtful', UNDECIDED, False)])
def test_what_is_hardly_seen_is_not_asked_about(
    sight: Any, counted: int, is_anchor: bool
) -> None:
    found = graph(SceneObject('bus', 40, 0, ('moving',), sight))
    assert count(found, 'bus') == counted
    assert ('the bus' in [anchor.words for anchor in found.anchors]) == is_anchor


def test_an_object_of_unknown_category_may_be_any() -> None:
    found = graph(SceneObject('', 10, 0, sight='doubtful'), SceneObject('car', 20, 0))
    assert count(found, 'bus') == UNDECIDED
    assert [anchor.words for anchor in found.anchors] == ['me']


def test_only_what_fits_one_object_is_an_anchor() -> None:
    found = graph(
        SceneObject('car', 10, 0, ('moving',)), SceneObject('car', 20, 0, ('parked',)),
        SceneObject('truck', 30, 0, ('parked',)))
    assert {anchor.words for anchor in found.anchors} == {
        'me', 'the truck', 'the moving car', 'the parked car', 'the parked truck',
        'the moving thing'}


def test_where_not_all_is_annotated_nothing_is_sure() -> None:
    found = graph(SceneObject('car', 10, 0, ('moving',)), annotated=('front',))
    assert count(found, 'car') == UNDECIDED
    assert [anchor.words for anchor in found.anchors] == ['me']
    around = decided(*found.bounds_around())
    row = DESCRIPTIONS.index(Description('car'))
    assert dict(zip(DIRECTIONS, around[row, 0].tolist())) == {
        'front': 1, **dict.fromkeys(DIRECTIONS[1:], UNDECIDED)}


@pytest.mark.parametrize(('fields', 'message'), [
    ({'category': 'cow'}, "category 'cow': expected one of barrier"),
    ({'category': 'car', 'statuses': ('standing',)}, 'car with status standing: expected moving'),
    ({'category': 'barrier', 'statuses': ('moving',)}, 'expected none'),
    ({'category': 'car', 'x': math.nan}, 'not a place')])
def test_an_object_that_cannot_be_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SceneObject(**{'x': 1.0, 'y': 2.0, **fields})
