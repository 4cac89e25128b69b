# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""DriveLM: scenes, key frames and sections become scenes, moments and types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.questions.question_files import read_questions

STAMPS = {'frame1': 100, 'frame2': 200}


def pair(question: str, answer: Any, **fields: Any) -> dict[str, Any]:
    return {'Q': question, 'A': answer, 'C': None, 'con_up': None, 'con_down': None,
            'cluster': None, 'layer': None, **fields}


def frame(**sections: Any) -> dict[str, Any]:
    return {'key_object_infos': {'<c1,CAM_BACK,1088.3,497.5>': {'Category': 'Vehicle'}},
            'QA': sections, 'image_paths': {'CAM_FRONT': '../front.jpg'}}


def read(folder: Path, content: Any, **known: Any) -> tuple[list[AskedQuestion], Problems]:
    path = folder / 'v1_1_train_nus.json'
    path.write_text(json.dumps(content))
    problems = Problems()
    return read_questions(path, problems, **{'stamps': STAMPS, **known}), problems


def scene(frames: Any) -> dict[str, Any]:
    return {'scene_description': 'The ego vehicle proceeds.', 'key_frames': frames}


def test_frames_give_moments_sections_types_and_scenes(tmp_path: Path) -> None:
    questions, problems = read(tmp_path, {
        'scene1': scene({'frame1': frame(
            perception=[pair('What are objects to the back?', 'Two cars.')],
            planning=[pair('What are safe actions?', 'Brake gently.')])}),
        'scene2': scene({'frame2': frame(
            prediction=[pair('What is the future state?', 'Stationary.')],
            behavior=[pair('Predict the behavior.', 'Going straight.')])})})
    assert not len(problems)
    assert questions[0] == AskedQuestion(
        'v1_1_train_nus:frame1:perception:0', 100, 'What are objects to the back?', 'Two cars.',
        type='perception', scene='scene1')
    assert [(q.stamp_ns, q.type, q.scene) for q in questions[1:]] == [
        (100, 'planning', 'scene1'), (200, 'prediction', 'scene2'), (200, 'behavior', 'scene2')]


def test_questions_with_options_or_a_mere_yes_or_no_have_candidates(tmp_path: Path) -> None:
    options = 'Please select the correct answer from the following options: ' \
              'A. Going ahead. B. Stopped. C. Back up. D. Turn left.'
    questions, problems = read(tmp_path, {'scene1': scene({'frame1': frame(perception=[
        pair(f'What is the moving status of object <c1,CAM_BACK,1088.3,497.5>? {options}', 'D'),
        pair('Are there barriers to the front?', 'Yes.'),
        pair('Is there any traffic element?', 'Yes, there are some.')])})})
    assert not len(problems)
    assert [(q.candidates, q.answer) for q in questions] == [
        (('A', 'B', 'C', 'D'), 'D'), (('yes', 'no'), 'yes'), ((), 'Yes, there are some.')]


def test_questions_without_answers_can_be_asked(tmp_path: Path) -> None:
    questions, _ = read(tmp_path, {'scene1': scene({'frame1': frame(
        perception=[{'Q': 'What is it?'}, {'Q': 'What now?', 'A': ''}])})})
    assert [question.answer for question in questions] == [None, None]


def test_frames_of_other_bags_are_passed_over(tmp_path: Path) -> None:
    ask = [pair('What now?', 'Go.')]
    questions, problems = read(tmp_path, {
        'scene1': scene({'frame1': frame(planning=ask), 'elsewhere': frame(planning=ask)})})
    assert [question.stamp_ns for question in questions] == [100]
    assert not len(problems)


def test_the_same_question_keeps_its_id_in_a_part_of_the_file(tmp_path: Path) -> None:
    ask = [pair('What now?', 'Go.')]
    whole, _ = read(tmp_path, {'scene1': scene({'frame1': frame(planning=ask)}),
                               'scene2': scene({'frame2': frame(planning=ask)})})
    part, _ = read(tmp_path, {'scene2': scene({'frame2': frame(planning=ask)})})
    assert part == whole[1:]


@pytest.mark.parametrize('bad, what', [
    ({'frame2': {'key_object_infos': {}}}, "a key frame without 'QA'"),
    ({'frame2': frame(perception=['What?'])}, 'not a JSON object'),
    ({'frame2': frame(perception=[{'A': 'Go.'}])}, "'Q' is missing"),
    ({'frame2': frame(perception=[pair('What?', 7.5)])}, "'answer' is not text"),
    ({'frame2': frame(perception=[pair('Which? options: A. One. B. Two.', 'E')])},
     'none of the candidates'),
    ({'frame2': frame(Perception={'q': [], 'a': []})}, "a section of 'QA'"),
    ({'frame2': frame(perception='What?')}, "a section of 'QA'"),
])
def test_what_is_bad_is_named_and_the_rest_is_read(
        tmp_path: Path, bad: dict[str, Any], what: str) -> None:
    questions, problems = read(tmp_path, {'scene1': scene({
        'frame1': frame(planning=[pair('What now?', 'Go.')]), **bad})})
    assert [question.stamp_ns for question in questions] == [100]
    problem, = problems
    assert what in problem.what
    assert problem.places[0].startswith('v1_1_train_nus.json, frame frame2')


def test_a_scene_without_key_frames_is_named(tmp_path: Path) -> None:
    questions, problems = read(tmp_path, {
        'scene1': scene({'frame1': frame(planning=[pair('What now?', 'Go.')])}), 'scene2': {}})
    assert len(questions) == 1
    problem, = problems
    assert problem.places == ['v1_1_train_nus.json, scene scene2']
