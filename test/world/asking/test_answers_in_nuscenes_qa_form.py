# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The five types of nuScenes-QA: every answer as a plain reading of the seen objects has it."""

from __future__ import annotations

from random import Random

from plain_reading import evidence, nuscenes_answer, seen

from mpnp_ros.evaluation.questions.question_nuscenes_qa import (
    ANSWERS, ANSWERS_BY_TYPE, question_hop, question_type)
from mpnp_ros.world.asking.question import Question
from mpnp_ros.world.truth import Truth


def test_answers_are_those_of_a_plain_reading_with_or_without_what_is_hardly_seen(
    truths: list[Truth], asked: list[list[Question]]
) -> None:
    rng, checked = Random(0), 0
    for truth, questions in zip(truths[:100], asked):
        there = seen(truth)
        sure = [one for one in there if evidence(truth, one) == 'enough']
        for question in questions:
            if question.type not in ANSWERS_BY_TYPE:
                continue
            for objects in (there, sure, [one for one in there
                                          if one in sure or rng.random() < 0.5]):
                assert nuscenes_answer(objects, question.text) == question.answer, question
                checked += 1
    assert checked > 12_000


def test_types_and_answers_are_nuscenes_qa_s(asked: list[list[Question]]) -> None:
    answers = set()
    for question in (one for questions in asked for one in questions):
        if question.type in ANSWERS_BY_TYPE:
            assert question_type(question.text) == question.type
            assert question_hop(question.text) == question.hop
            assert question.candidates == ANSWERS_BY_TYPE[question.type]
            answers.add(question.answer)
    assert answers == set(ANSWERS)
