# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The questions beside a bag of nuScenes, and what the annotations say of the objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imports import questions, run
import pytest
from staged_nuscenes import StagedNuscenes, START_US, STEP_US

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.question_files import read_questions
from mpnp_ros.importing.box import Box
from mpnp_ros.importing.channels import Channels
from mpnp_ros.importing.nuscenes import NuscenesDataset
from mpnp_ros.importing.nuscenes_categories import condition_of


def boxes(nuscenes: StagedNuscenes, keyframe: int = 0) -> dict[str, Box]:
    dataset = NuscenesDataset(nuscenes.root, channels=Channels())
    dataset.names(['scene-0061'])
    moment = dataset.drive('scene-0061').moments[keyframe]
    return {box.label: box for box in moment.boxes()}


def without_attributes(records: list[dict[str, Any]]) -> None:
    for record in records:
        record['attribute_tokens'] = []


def test_questions_can_be_asked_of_the_bag(nuscenes: StagedNuscenes, tmp_path: Path) -> None:
    assert run('nuscenes', nuscenes.root, tmp_path) == 0
    problems = Problems()
    asked = read_questions(
        tmp_path / 'scene-0061' / 'questions.jsonl', problems, start_ns=1000 * START_US,
        end_ns=1000 * (START_US + STEP_US))
    assert len(asked) == 30
    assert not len(problems)
    assert {one.type for one in asked} == {'exist', 'count', 'object', 'status', 'comparison'}
    assert {one.hop for one in asked} == {0, 1}
    assert {one.scene for one in asked} == {'scene-0061'}
    assert {one.stamp_ns for one in asked} == {1000 * START_US, 1000 * (START_US + STEP_US)}


def test_the_condition_is_in_the_description_of_the_scene(
    nuscenes: StagedNuscenes, tmp_path: Path
) -> None:
    assert run('nuscenes', nuscenes.root, tmp_path) == 0
    assert {one['condition'] for one in questions(tmp_path / 'scene-0061')} == {'day'}
    assert {one['condition'] for one in questions(tmp_path / 'scene-1077')} == {'night rain'}


@pytest.mark.parametrize(('description', 'condition'), [
    ('Night, big street', 'night'), ('Rain, wait at light', 'rain'),
    ('Parking lot after rain', 'day'), ('Difficult lighting', 'day')])
def test_night_and_rain_are_told_from_words(description: str, condition: str) -> None:
    assert condition_of(description) == condition


def test_what_tells_the_answers_is_named_as_far_as_it_is_imported(
        nuscenes: StagedNuscenes, tmp_path: Path) -> None:
    for out, options, told in (('both', (), ['camera', 'lidar']),
                               ('one', ('--cameras', 'none', '--questions', '3'), ['lidar'])):
        assert run('nuscenes', nuscenes.root, tmp_path / out, *options) == 0
        asked = questions(tmp_path / out / 'scene-0061')
        assert asked and all(one['needs'] == [] and one['needs_any'] == told for one in asked)


def test_the_same_seed_gives_the_same_questions(nuscenes: StagedNuscenes, tmp_path: Path) -> None:
    for out, seed in (('a', '7'), ('b', '7'), ('c', '8')):
        assert run('nuscenes', nuscenes.root, tmp_path / out, '--seed', seed) == 0
    a, b, c = (questions(tmp_path / out / 'scene-0061') for out in 'abc')
    assert a == b
    assert a != c


def test_the_questions_of_a_scene_do_not_depend_on_other_scenes(
    nuscenes: StagedNuscenes, tmp_path: Path
) -> None:
    assert run('nuscenes', nuscenes.root, tmp_path / 'both') == 0
    assert run('nuscenes', nuscenes.root, tmp_path / 'one', '--scenes', 'scene-1077') == 0
    assert questions(tmp_path / 'both' / 'scene-1077') == questions(
        tmp_path / 'one' / 'scene-1077')


def test_the_number_of_questions_can_be_chosen(nuscenes: StagedNuscenes, tmp_path: Path) -> None:
    assert run('nuscenes', nuscenes.root, tmp_path, '--questions', '3') == 0
    assert len(questions(tmp_path / 'scene-0061')) == 6


def test_attributes_are_statuses(nuscenes: StagedNuscenes) -> None:
    found = boxes(nuscenes)
    assert {label: box.statuses for label, box in found.items()} == {
        'vehicle.car': ('moving',), 'vehicle.truck': ('parked',),
        'human.pedestrian.adult': ('standing',), 'movable_object.barrier': None,
        'vehicle.bicycle': ('with rider',), 'animal': None}
    assert found['animal'].categories == ()


def test_without_attributes_the_speed_tells_what_moves(nuscenes: StagedNuscenes) -> None:
    nuscenes.change('sample_annotation', without_attributes)
    found = boxes(nuscenes)
    assert found['vehicle.car'].statuses == ('moving',)              # 5 m in half a second
    assert found['vehicle.truck'].statuses == ('stopped', 'parked')
    assert found['human.pedestrian.adult'].statuses == ('standing', 'not standing')
    assert found['vehicle.bicycle'].statuses is None


def test_what_no_sensor_meets_is_doubtful(nuscenes: StagedNuscenes) -> None:
    def hide(records: list[dict[str, Any]]) -> None:
        records[0].update(num_lidar_pts=0, num_radar_pts=0)
        records[1].update(num_lidar_pts=1, num_radar_pts=0)
        records[2].update(translation=[100.0, 290.0, 1.0])
    nuscenes.change('sample_annotation', hide)
    found = boxes(nuscenes)
    assert found['vehicle.car'].sight == 'doubtful'
    assert found['vehicle.truck'].sight == 'faint'
    assert found['human.pedestrian.adult'].sight == 'doubtful'
    assert found['vehicle.bicycle'].sight == 'clear'
