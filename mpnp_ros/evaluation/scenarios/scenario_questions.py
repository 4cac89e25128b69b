# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The questions of a scenario about one of its bags."""

from __future__ import annotations

from collections.abc import Sequence

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.questions.question_fields import MAX_QUESTION_BYTES
from mpnp_ros.evaluation.questions.question_files import read_questions
from mpnp_ros.evaluation.questions.sample_stamps import read_sample_stamps
from mpnp_ros.evaluation.scenarios.scenario import Bag, Scenario


def scenario_questions(
    scenario: Scenario,
    bag: Bag,
    problems: Problems,
    *,
    start_ns: int | None = None,
    end_ns: int | None = None,
    modalities: Sequence[str] | None = None,
    max_question_bytes: int = MAX_QUESTION_BYTES,
) -> list[AskedQuestion]:
    """Return what a scenario asks about a bag, in the order of the stamps, then of the files.

    Ids are unique among all bags of the scenario. The other parameters are `read_questions`'.
    """
    stamps = read_sample_stamps(bag.path, problems)
    questions: dict[str, AskedQuestion] = {}
    for path in (*bag.questions, *scenario.questions):
        for question in read_questions(
                path, problems, stamps=stamps, start_ns=start_ns, end_ns=end_ns,
                modalities=modalities, condition=bag.condition, scene=bag.scene, bag=bag.title,
                max_question_bytes=max_question_bytes):
            if question.id in questions:
                problems.add('an id is used twice', f'{bag.title}/{path.name} ({question.id})')
            elif not scenario.conditions or question.condition in scenario.conditions:
                questions[question.id] = question
    return sorted(questions.values(), key=lambda question: question.stamp_ns)
