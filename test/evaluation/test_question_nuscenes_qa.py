# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""NuScenes-QA: the released JSON and lines of it; types and hops that follow from the wording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import pytest

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.questions.question_files import read_questions
from mpnp_ros.evaluation.questions.question_nuscenes_qa import (
    ANSWERS,
    ANSWERS_BY_TYPE,
    question_hop,
    question_type,
)

STAMPS = {'t1': 100, 't2': 200}


def entry(**fields: Any) -> dict[str, Any]:
    return {'sample_token': 't1', 'question': 'How many cars are there?', 'answer': '3',
            'template_type': 'count', 'num_hop': 0, **fields}


def read(folder: Path, *questions: object, **known: Any) -> tuple[list[AskedQuestion], Problems]:
    path = folder / 'val.json'
    path.write_text(json.dumps({'info': {}, 'split': 'val', 'questions': questions}))
    problems = Problems()
    return read_questions(path, problems, **{'stamps': STAMPS, **known}), problems


def test_the_released_file_gives_moments_types_hops_and_candidates(tmp_path: Path) -> None:
    questions, problems = read(
        tmp_path, entry(), entry(sample_token='t2', num_hop=1, answer='moving',
                                 template_type='status', question='What status is the car?'))
    assert not len(problems)
    assert questions[0] == AskedQuestion(
        'val:0', 100, 'How many cars are there?', '3', tuple('0 1 2 3 4 5 6 7 8 9 10'.split()),
        type='count', hop=0)
    assert (questions[1].stamp_ns, questions[1].hop) == (200, 1)
    assert questions[1].candidates == ANSWERS_BY_TYPE['status']


def test_counts_may_stand_as_numbers(tmp_path: Path) -> None:
    questions, _ = read(tmp_path, entry(answer=10))
    assert questions[0].answer == '10'


def test_samples_of_other_bags_are_passed_over(tmp_path: Path) -> None:
    questions, problems = read(tmp_path, entry(sample_token='elsewhere'), entry())
    assert [question.id for question in questions] == ['val:1']
    assert not len(problems)


def test_a_file_about_other_bags_only_is_named(tmp_path: Path) -> None:
    questions, problems = read(tmp_path, entry(sample_token='a'), entry(sample_token='b'))
    assert questions == []
    problem, = problems
    assert problem.what == 'no question of the file is about a sample of the bag'
    assert problem.places == ['val.json']


def test_without_the_stamps_of_the_samples_nothing_can_be_asked(tmp_path: Path) -> None:
    questions, problems = read(tmp_path, entry(), entry(), stamps=None)
    assert questions == []
    problem, = problems
    assert 'no samples.json of the bag' in problem.what
    assert problem.count == 2


@pytest.mark.parametrize('fields, what', [
    ({'answer': '11'}, "none of nuScenes-QA's 30 answers"),
    ({'answer': 'a lot'}, "none of nuScenes-QA's 30 answers"),
    ({'answer': 'car'}, 'none of the candidates'),
    ({'template_type': 'colour'}, "'template_type' is none of exist, count, object, status, comp"),
    ({'template_type': ['count']}, "'template_type' is none of"),
    ({'num_hop': 'one'}, "'hop'"),
    ({'question': None}, "'question' is missing"),
    ({'sample_token': None}, "'stamp_ns' is missing"),
    ({'sample_token': 7}, "'sample_token' is not text"),
])
def test_a_bad_question_is_named_and_the_rest_is_read(
        tmp_path: Path, fields: dict[str, Any], what: str) -> None:
    questions, problems = read(tmp_path, entry(), entry(**fields), entry())
    assert [question.id for question in questions] == ['val:0', 'val:2']
    problem, = problems
    assert what in problem.what
    assert problem.places[0].startswith('val.json, question 1')


def test_an_entry_that_is_no_object_is_named(tmp_path: Path) -> None:
    _, problems = read(tmp_path, entry(), 'How many?')
    problem, = problems
    assert problem.what == 'not a JSON object'


@pytest.mark.parametrize('text, kind, hop', [
    ('Are there any stopped buses?', 'exist', 0),
    ('Are any traffic cones visible?', 'exist', 0),
    ('There is a bus; are there any cars to the front left of it?', 'exist', 1),
    ('Are there any other trucks that in the same status as the bus?', 'exist', 0),
    ('Is there another car of the same status as the truck to the back of the bus?', 'exist', 1),
    ('How many moving cars are there?', 'count', 0),
    ('What number of cars are to the back right of me?', 'count', 1),
    ('How many other things are in the same status as the bus?', 'count', 0),
    ('There is a bus; what number of things are to the front of it?', 'count', 1),
    ('What is the parked thing?', 'object', 0),
    ('The parked thing is what?', 'object', 0),
    ('There is a moving thing; what is it?', 'object', 0),
    ('The thing that is both to the back of the bus and the front of me is what?', 'object', 1),
    ('What status is the car?', 'status', 0),
    ('What is the status of the car to the front of the bus?', 'status', 1),
    ('There is a car to the back left of me; what is its status?', 'status', 1),
    ('The car is in what status?', 'status', 0),
    ('Do the car and the bus have the same status?', 'comparison', 0),
    ('Does the car have the same status as the bus to the back of me?', 'comparison', 1),
    ('Is the status of the car the same as the bus?', 'comparison', 0),
    ('Is the car the same status as the bus?', 'comparison', 0),
    ('There is a car; is its status the same as the bus?', 'comparison', 0),
    ('There is a car to the front of me; is it the same status as the bus?', 'comparison', 1),
    ('there is a car; does it have the same status as the bus', 'comparison', 0),
])
def test_type_and_hops_follow_from_the_wording(text: str, kind: str, hop: int) -> None:
    assert (question_type(text), question_hop(text)) == (kind, hop)


@pytest.mark.parametrize('text', ['', '?', 'Where does the road lead?', 'Please count the cars.'])
def test_another_wording_has_no_type(text: str) -> None:
    assert question_type(text) == ''


def test_a_question_of_no_type_may_get_any_answer(tmp_path: Path) -> None:
    questions, _ = read(tmp_path, {'sample_token': 't1', 'answer': 'bus',
                                   'question': 'Which one is biggest?'})
    assert questions[0].type == '' and questions[0].hop is None
    assert questions[0].candidates == ANSWERS


def test_the_thirty_answers_are_different() -> None:
    assert len(set(ANSWERS)) == len(ANSWERS) == 30


def test_the_real_questions_all_have_a_type_that_may_get_their_answer(
        shared_data: Callable[[str], Path]) -> None:
    path = shared_data('nuscenes_qa') / 'day_questions.jsonl'
    lines = [json.loads(text) for text in path.read_text().splitlines()]
    stamps = {fields['sample_token']: 1 for fields in lines}
    problems = Problems()
    questions = read_questions(path, problems, stamps=stamps)
    assert not len(problems)   # the answer of none lies outside those of its type
    assert len(questions) == len(lines) == 1817
    assert {question.answer for question in questions} == set(ANSWERS)
    counts = Counter((question.type, question.hop) for question in questions)
    assert counts == {
        ('exist', 0): 248, ('exist', 1): 256, ('count', 0): 149, ('count', 1): 143,
        ('object', 0): 69, ('object', 1): 315, ('status', 0): 128, ('status', 1): 151,
        ('comparison', 0): 30, ('comparison', 1): 328}
