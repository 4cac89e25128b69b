# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions from objects: right answers, nuScenes-QA's wording, even answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
import json
from pathlib import Path
from random import Random
import re
from typing import Any

import pytest

from mpnp_ros.evaluation.nuscenes_qa.decisions import decide
from mpnp_ros.evaluation.nuscenes_qa.generator import GeneratedQuestion, QuestionGenerator
from mpnp_ros.evaluation.nuscenes_qa.scene import (
    DIRECTIONS,
    possible_statuses_of,
    Scene,
    SceneObject,
)
from mpnp_ros.evaluation.nuscenes_qa.scene_graph import SceneGraph
from mpnp_ros.evaluation.questions.question_nuscenes_qa import (
    ANSWERS,
    ANSWERS_BY_TYPE,
    OBJECTS,
    question_hop,
    question_type,
    STATUSES,
)

STREET = Scene((
    SceneObject('car', 15, 0, ('moving',)), SceneObject('car', -20, 3, ('parked',)),
    SceneObject('car', -30, 2, ('parked',)), SceneObject('bus', 30, 12, ('moving',)),
    SceneObject('truck', 8, -20, ('stopped',)), SceneObject('pedestrian', 10, 10, ('standing',)),
    SceneObject('bicycle', -15, -12, ('with rider',)), SceneObject('barrier', 20, -6),
    SceneObject('barrier', 25, -7)))
# Counted by hand from the places above; in the first of the wordings.
TRUE = {
    'How many cars are there?': '3',
    'How many parked cars are there?': '2',
    'How many barriers are to the front of me?': '2',
    'How many parked cars are to the back of me?': '2',
    'How many cars are to the back of the bus?': '2',
    'How many cars are to the back right of the bus?': '1',
    'Are there any trailers?': 'no',
    'Are there any with rider bicycles?': 'yes',
    'Are there any pedestrians to the front left of me?': 'yes',
    'Are there any moving things to the front left of me?': 'no',
    'Is there another car of the same status as the bus?': 'yes',
    'Is there another bus of the same status as the bus?': 'no',
    'How many other things are there of the same status as the truck?': '0',
    'What is the stopped thing?': 'truck',
    'What is the standing thing to the front left of me?': 'pedestrian',
    'What is the with rider thing?': 'bicycle',
    'What is the status of the bus?': 'moving',
    'What is the status of the thing to the back right of me?': 'with rider',
    'What is the status of the pedestrian to the back of the bus?': 'standing',
    'Do the truck and the bus have the same status?': 'no',
    'Do the bus and the car to the front of me have the same status?': 'yes',
}


class FirstWording(Random):
    """Choose the first of all."""

    def choice(self, seq: Sequence[Any]) -> Any:
        return seq[0]


def all_questions(scene: Scene, rng: Random) -> dict[str, str]:
    """Return the answer to everything that a scene decides, each in one of its wordings."""
    return {family.word(row, rng): answer for family in decide(SceneGraph(scene), Random(0))
            for answer, rows in family.rows.items() for row in rows.tolist()}


def random_scene(rng: Random, count: int) -> Scene:
    objects = []
    for _ in range(count):
        category = rng.choice(OBJECTS)
        statuses = possible_statuses_of(category)
        objects.append(SceneObject(
            category, rng.uniform(-40, 40), rng.uniform(-40, 40),
            (rng.choice(statuses),) if statuses else ()))
    return Scene(tuple(objects))


@pytest.fixture(scope='module')
def street() -> dict[str, str]:
    return all_questions(STREET, FirstWording(0))


@pytest.fixture(scope='module')
def varied() -> list[GeneratedQuestion]:
    rng = Random(5)
    ask = QuestionGenerator(5, 40)
    return [question for _ in range(30)
            for question in ask(random_scene(rng, rng.choice((4, 8, 16))))]


@pytest.mark.parametrize(('text', 'answer'), TRUE.items())
def test_answers_are_those_counted_by_hand(
    street: dict[str, str], text: str, answer: str
) -> None:
    assert street[text] == answer


@pytest.mark.parametrize('text', [
    'What is the status of the car?', 'What is the moving thing?',
    'What is the parked thing to the back of me?', 'What is the status of the barrier?'])
def test_nothing_is_asked_of_what_is_not_one_object(
    street: dict[str, str], text: str
) -> None:
    assert text not in street


def test_type_and_hop_are_those_that_the_wording_shows(varied: list[GeneratedQuestion]) -> None:
    assert len(varied) == 1200
    for question in varied:
        assert question_type(question.text) == question.type
        assert question_hop(question.text) == question.hop
        assert question.answer in question.candidates == ANSWERS_BY_TYPE[question.type]


def test_every_answer_of_nuscenes_qa_occurs(varied: list[GeneratedQuestion]) -> None:
    assert {question.answer for question in varied} == set(ANSWERS)


def test_more_than_ten_are_not_counted() -> None:
    crowd = Scene(tuple(SceneObject('pedestrian', 10, y, ('moving',)) for y in range(-6, 6)))
    asked = all_questions(crowd, FirstWording(0))
    assert asked['Are there any pedestrians?'] == 'yes'
    assert 'How many pedestrians are there?' not in asked
    assert asked['How many cars are there?'] == '0'


def test_nothing_is_asked_twice_of_one_scene() -> None:
    asked = QuestionGenerator(3, 200)(STREET)
    assert len({question.text for question in asked}) == len(asked) == 200


def test_the_same_seed_gives_the_same_questions() -> None:
    a, b, c = (QuestionGenerator(seed)(STREET) for seed in (1, 1, 2))
    assert a == b
    assert a != c
    assert len(a) == 15


def test_types_and_answers_come_evenly() -> None:
    rng = Random(11)
    ask = QuestionGenerator(11)
    asked = [question for _ in range(40) for question in ask(random_scene(rng, 12))]
    types = Counter(question.type for question in asked)
    assert max(types.values()) <= 1.1 * min(types.values())
    for kind in ('exist', 'comparison'):
        answers = Counter(question.answer for question in asked if question.type == kind)
        assert max(answers.values()) <= 1.5 * min(answers.values()), answers


def test_a_scene_without_objects_is_asked_about_what_is_missing() -> None:
    asked = QuestionGenerator(0, 20)(Scene(()))
    assert {question.type for question in asked} == {'exist', 'count'}
    assert {question.answer for question in asked} == {'no', '0'}


def test_where_little_is_known_little_is_asked() -> None:
    scene = Scene((SceneObject('', 5, 0, sight='doubtful'),), annotated=())
    assert QuestionGenerator(0)(scene) == []


MASKS = {**dict.fromkeys((*OBJECTS, 'thing'), '[O]'), **dict.fromkeys(STATUSES, '[S]'),
         **dict.fromkeys(DIRECTIONS, '[D]')}
WORDS = re.compile(rf'\b({"|".join(sorted(MASKS, key=len, reverse=True))})(?=s?\b)')


def form(text: str) -> str:
    """Return the wording alone: categories, statuses and directions masked."""
    return WORDS.sub(lambda found: MASKS[found[0]], text)


def test_every_wording_of_the_released_questions_occurs(
    shared_data: Callable[[str], Path]
) -> None:
    lines = (shared_data('nuscenes_qa') / 'day_questions.jsonl').read_text().splitlines()
    released = {form(json.loads(line)['question']) for line in lines}
    rng, generated = Random(7), set()
    for _ in range(16):
        generated |= set(map(form, all_questions(random_scene(rng, 6), rng)))
    assert len(released) > 300
    assert released <= generated
