# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions about the world as lines that the evaluation reads."""

from __future__ import annotations

import json
from pathlib import Path

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.question_files import read_questions
from mpnp_ros.world.asking.ask import ask, condition_of
from mpnp_ros.world.asking.equipment import MODALITIES
from mpnp_ros.world.asking.question import Question
from mpnp_ros.world.truth import Truth


def test_the_evaluation_reads_every_question(
    tmp_path: Path, truths: list[Truth], asked: list[list[Question]]
) -> None:
    path = tmp_path / 'questions.jsonl'
    written = [(one, one.line(f'{number}:{index}', number * 10 ** 9, f'drive {number}',
                              condition_of(truths[number])))
               for number in range(20) for index, one in enumerate(asked[number])]
    path.write_text(''.join(json.dumps(line) + '\n' for _, line in written))
    problems = Problems()
    read = read_questions(path, problems, modalities=MODALITIES)
    assert not list(problems)
    for one, (question, line) in zip(read, written, strict=True):
        assert (one.text, one.answer, one.candidates, one.type, one.hop, one.needs) == (
            question.text, question.answer, question.candidates, question.type, question.hop,
            question.needs)
        assert (one.id, one.stamp_ns, one.scene, one.condition) == (
            line['id'], line['stamp_ns'], line['scene'], line['condition'])


def test_the_same_seed_asks_the_same(truths: list[Truth], asked: list[list[Question]]) -> None:
    assert [ask(truth, seed) for seed, truth in reversed(list(enumerate(truths[:10])))] == \
        asked[9::-1]
    assert ask(truths[0], 'another') != asked[0]
