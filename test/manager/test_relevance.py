# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Relevance is learned from evaluations, told for unseen wordings, and kept in a file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
import re

import numpy as np
from outcomes import QUESTIONS, told
import pytest

from mpnp_ros.evaluation.questions.question_nuscenes_qa import question_type
from mpnp_ros.manager.features import NgramFeatures, StateFeatures
from mpnp_ros.manager.offer import Offer
from mpnp_ros.manager.outcome import Outcome
from mpnp_ros.manager.policies.learned import LearnedPolicy
from mpnp_ros.manager.relevance import LearnedExpectation, RelevanceError, RelevanceModel
from mpnp_ros.manager.relevance_fit import fit
from mpnp_ros.manager.rules import Rule, Rules
from mpnp_ros.manager.search import all_sets
from mpnp_ros.manager.situation import AskedQuestion, Situation

HELPFUL = Rules((), Rule('otherwise', None, {'*': 0.5}))
NEEDED = {'exist': 'camera', 'count': 'lidar', 'object': 'camera', 'status': 'radar',
          'comparison': 'radar'}   # who tells what, in a world made up


@pytest.fixture(scope='module')
def model() -> RelevanceModel:
    """Return a model of a world in which half of the time is dark for the camera."""
    return fit(list(told(QUESTIONS, moments=160, dark=dict.fromkeys(range(80), 0.0))),
               NgramFeatures(256))


def expected(model: RelevanceModel, question: str, **usability: float) -> np.ndarray:
    """Return the expected accuracy of none, the first, the second and both modalities."""
    return LearnedExpectation.of(model, [AskedQuestion(question)], usability).accuracy(
        all_sets(len(usability)))[0]


def told_best(model: RelevanceModel, questions: list[tuple[str, str]],
              vectors: dict[str, np.ndarray] | None = None) -> float:
    """Return for which part of the questions the needed modality is expected to be the best."""
    asked = [AskedQuestion(text, vector=(vectors or {}).get(text)) for text, _ in questions]
    names = model.modalities
    best = LearnedExpectation.of(model, asked, dict.fromkeys(names, 1.0)).accuracy(
        np.eye(len(names), dtype=bool)).argmax(1)
    return float(np.mean([names[index] == needed
                          for index, (_, needed) in zip(best, questions)]))


def test_the_modality_that_a_question_needs_is_learned(model) -> None:
    assert told_best(model, list(QUESTIONS)) == 1.0
    none, camera, lidar, both = expected(model, QUESTIONS[0][0], camera=1.0, lidar=1.0)
    assert camera > 0.85 and both > 0.85 and none < 0.55 and lidar < 0.55


def test_a_sensor_that_sees_nothing_counts_as_absent(model) -> None:
    values = expected(model, QUESTIONS[0][0], camera=0.0, lidar=1.0)
    assert values[1] == pytest.approx(values[0]) and values[3] == pytest.approx(values[2])


def test_a_set_that_was_never_evaluated_is_told_from_its_parts() -> None:
    found = [one for one in told(QUESTIONS, moments=20) if len(one.used) == 1]
    assert expected(fit(found, NgramFeatures(256)), QUESTIONS[0][0],
                    camera=1.0, lidar=1.0)[3] > 0.8


def test_a_new_question_is_taken_as_the_average_one(model) -> None:
    asked = [AskedQuestion('')]
    states = StateFeatures('llm', 3, 4)
    known = fit([Outcome('q', ('b', 1), 's', frozenset(), True)], states,
                vectors={'q': np.ones(4)})
    assert known.inputs(asked).tolist() == [[1.0] + [0.0] * (known.components.shape[1])]


def test_the_file_gives_the_same_model(model, tmp_path: Path) -> None:
    model.save(tmp_path / 'model.safetensors')
    loaded = RelevanceModel.load(tmp_path / 'model.safetensors')
    assert loaded.facts == model.facts and loaded.features.manifest() == {
        'kind': 'ngrams', 'width': 256}
    np.testing.assert_array_equal(
        expected(loaded, QUESTIONS[2][0], camera=0.7, lidar=1.0),
        expected(model, QUESTIONS[2][0], camera=0.7, lidar=1.0))


def test_a_file_of_another_shape_is_refused(model, tmp_path: Path) -> None:
    broken = dataclasses.replace(model, features=NgramFeatures(128))
    broken.save(tmp_path / 'model.safetensors')
    with pytest.raises(RelevanceError, match=r'center is \[256\], expected \[128\]'):
        RelevanceModel.load(tmp_path / 'model.safetensors')


def test_the_learned_policy_gives_reasons(model) -> None:
    plan = LearnedPolicy(model, HELPFUL).plan(
        {'camera': Offer('camera'), 'lidar': Offer('lidar')},
        Situation((AskedQuestion(QUESTIONS[0][0]),), slack=0.05))
    assert plan.selected == ['camera'] and plan.accuracy > 0.85
    assert f'question "{QUESTIONS[0][0]}" (+' in plan.choices[0].reason


def test_a_rule_overrides_what_was_learned(model) -> None:
    rules = Rules((Rule('colour', re.compile('color'), {'lidar': 1.0}, override=True),),
                  HELPFUL.otherwise)
    plan = LearnedPolicy(model, rules).plan(
        {'camera': Offer('camera'), 'lidar': Offer('lidar')},
        Situation((AskedQuestion(QUESTIONS[0][0]),)))
    assert plan.selected == ['lidar']


def test_a_modality_that_was_never_evaluated_is_taken_by_rule(model) -> None:
    plan = LearnedPolicy(model, HELPFUL).plan(
        {'camera': Offer('camera'), 'sonar': Offer('sonar')},
        Situation((AskedQuestion(QUESTIONS[4][0]),)))
    assert 'sonar' in plan.selected
    assert plan.choices[1].reason.startswith('not learned yet, by rule')


def test_states_of_another_model_are_named() -> None:
    known = fit([Outcome('q', ('b', 1), 's', frozenset(), True)], StateFeatures('llm', 3, 4),
                vectors={'q': np.ones(4)})
    policy = LearnedPolicy(known, HELPFUL)
    assert policy.problem_with_vectors('llm', 3) == ''
    assert policy.problem_with_vectors('other', 3) == (
        'states of other entering block 3, but relevance was learned from those of llm '
        'entering block 3')


def test_words_tell_the_real_wording_of_nuscenes_qa(shared_data) -> None:
    """Half of the questions, drawn by their order in the file, tell the other half."""
    texts = list(dict.fromkeys(
        json.loads(line)['question'] for line in
        (shared_data('nuscenes_qa') / 'day_questions.jsonl').read_text().splitlines()))[:700]
    questions = [(text, NEEDED[question_type(text)]) for text in texts]
    model = fit(list(told(questions[::2], moments=1)), NgramFeatures())
    assert told_best(model, questions[1::2]) > 0.9
