# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Only what a working sensor gets is asked about."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses

from plain_reading import evidence
import pytest
from random_truth import CAMERAS, random_truth

from mpnp_ros.world.asking.ask import ask, condition_of
from mpnp_ros.world.asking.equipment import STANDARD, Working
from mpnp_ros.world.asking.question import Question
from mpnp_ros.world.asking.sensing import Sensing
from mpnp_ros.world.truth import Truth


def types(questions: Iterable[Question]) -> set[str]:
    return {question.type for question in questions}


def test_what_no_sensor_gets_changes_nothing(
    truths: list[Truth], asked: list[list[Question]]
) -> None:
    hidden = 0
    for seed in range(60):
        truth = truths[seed]
        left = tuple(one for one in truth.objects
                     if one.sound or evidence(truth, one) != 'none')
        hidden += len(truth.objects) - len(left)
        assert ask(dataclasses.replace(truth, objects=left), seed) == asked[seed]
    assert hidden > 50


@pytest.mark.parametrize(('condition', 'silent'), [
    ('dead lidar_top', {'distance', 'free way'}), ('dead camera', {'color'}),
    ('dead imu', {'turning', 'braking'}), ('dead microphones', {'hearing', 'hearing side'}),
    ('blinded radar', {'speed', 'approach'}), ('dead radar_back_left', {'approach'})])
def test_a_dead_sensor_is_not_asked(
    condition: str, silent: set[str], asked: list[list[Question]]
) -> None:
    left = set()
    for seed in range(20):
        truth = dataclasses.replace(random_truth(seed), conditions=('day', condition))
        left |= types(ask(truth, seed))
    assert types(one for questions in asked for one in questions) - left == silent


def test_a_vehicle_with_a_camera_alone_is_asked_what_it_can_tell() -> None:
    for seed in range(10):
        questions = ask(random_truth(seed, conditions=False), seed,
                        {'camera': STANDARD['camera']})
        assert types(questions) <= {'exist', 'count', 'object', 'status', 'comparison', 'color'}
        assert {question.needs for question in questions} <= {('camera',)}


def test_every_question_names_what_it_needs_and_allows_its_answer(
    asked: list[list[Question]]
) -> None:
    for question in (one for questions in asked for one in questions):
        assert question.answer in question.candidates
        assert bool(question.needs) != bool(question.needs_any)


def test_a_dead_camera_does_not_count_what_it_would_show() -> None:
    one = next(one for seed in range(20) for one in random_truth(seed).objects
               if max(one.pixels.values(), default=0) > 200)
    conditions = tuple(f'dead camera {name}' for name in one.pixels)
    for given, sight in (((), 'clear'), (conditions, 'unseen')):
        truth = Truth(0.0, random_truth(3).ego, (one,), given)
        assert Sensing(truth).of('camera', one) == sight


@pytest.mark.parametrize(('pixels', 'hits', 'echoes', 'sight'), [
    (0, 0, 0, 'unseen'), (39, 0, 0, 'doubtful'), (40, 0, 0, 'faint'), (120, 0, 0, 'clear'),
    (0, 1, 0, 'doubtful'), (0, 2, 0, 'faint'), (0, 5, 0, 'clear'), (0, 0, 1, 'doubtful'),
    (0, 0, 50, 'faint'), (39, 5, 1, 'clear')])
def test_the_best_sensor_says_how_well_an_object_is_seen(
    pixels: int, hits: int, echoes: int, sight: str
) -> None:
    car = dataclasses.replace(
        next(one for one in random_truth(1).objects if one.kind == 'car'),
        pixels={'front': pixels}, hits=hits, echoes=echoes)
    assert Sensing(Truth(0.0, random_truth(1).ego, (car,))).best(car) == sight


@pytest.mark.parametrize(('conditions', 'cameras'), [
    ((), set(CAMERAS)), (('dead camera back_left',), set(CAMERAS) - {'back left'}),
    (('dead camera front', 'dirty lens back'), set(CAMERAS) - {'front'}),
    (('blinded back right', 'night'), set(CAMERAS) - {'back right'}), (('dead camera',), set())])
def test_conditions_take_the_cameras_they_name(
    conditions: tuple[str, ...], cameras: set[str]
) -> None:
    works = Working(conditions)
    assert {name for name in CAMERAS if works.one('camera', name)} == cameras
    assert works.any('camera') == bool(cameras)
    assert works.all('camera') == (cameras == set(CAMERAS))


def test_an_unknown_modality_is_refused() -> None:
    with pytest.raises(ValueError, match='sensors of sonar: expected some of camera, lidar'):
        Working((), {'sonar': ('front',)})


def test_an_object_without_words_is_named() -> None:
    truth = random_truth(1, conditions=False)
    cow = dataclasses.replace(truth.objects[0], kind='cow', hits=9, actor=7)
    with pytest.raises(ValueError, match=r"actor 7 at 0.5 s: category 'cow'"):
        ask(dataclasses.replace(truth, objects=(cow,)), 0)


@pytest.mark.parametrize(('conditions', 'name'), [
    ((), 'day'), (('day',), 'day'), (('night', 'rain'), 'night, rain'),
    (('dusk', 'dirty lens front_left', 'dead camera back'), 'dusk, dirty lens, dead camera'),
    (('day', 'dead lidar_top', 'dead radar_front', 'dead radar_back_left'),
     'day, dead lidar, dead radar')])
def test_a_condition_names_no_single_sensor(conditions: tuple[str, ...], name: str) -> None:
    assert condition_of(Truth(0.0, random_truth(0).ego, (), conditions)) == name
