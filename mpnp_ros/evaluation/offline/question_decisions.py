# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The manager's decision about each question of a moment, without a manager node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses

import numpy as np

from mpnp_ros.evaluation.offline.moment import Moment
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.record import Verdict
from mpnp_ros.manager.decider import Decider, DeciderSettings
from mpnp_ros.manager.policies.base import Policy
from mpnp_ros.manager.situation import AskedQuestion as Counted
from mpnp_ros.suite.stamp import seconds_between

VectorOf = Callable[[str], np.ndarray | None]
_NOW_S = 0.0   # all is known at one instant


class QuestionDecisions:
    """Decide about each question alone, as the service `plan_modalities` does.

    Nothing is remembered: neither the questions before nor how long a sensor has been bad. So a
    decision depends on its moment alone, whatever else is asked and wherever a run begins.
    """

    def __init__(self, policy: Policy, settings: DeciderSettings, answers_per_s: float,
                 vector_of: VectorOf) -> None:
        self._policy, self._vector_of = policy, vector_of
        self._answers_per_s = answers_per_s
        self._settings = dataclasses.replace(
            settings, context=dataclasses.replace(settings.context, dwell_s=0.0))

    def decided(self, moment: Moment) -> Moment:
        """Return the moment with a decision about each of its questions."""
        decider = Decider(self._policy, self._settings)
        decider.expense.assume_rate(self._answers_per_s, _NOW_S)
        for report in moment.reports.values():
            decider.take_report(report, _NOW_S)
        return dataclasses.replace(moment, decision=(), by_question=tuple(
            self._verdicts(decider, question) for question in moment.questions))

    def _verdicts(self, decider: Decider, question: AskedQuestion) -> tuple[Verdict, ...]:
        plan = decider.plan_for(Counted(
            question.text, question.modalities, vector=self._vector_of(question.text)), _NOW_S)
        return tuple(Verdict(choice.modality, choice.selected, choice.reason)
                     for choice in plan.choices)


def answers_per_s(questions: Sequence[AskedQuestion]) -> float:
    """Return how often a bag's questions are asked on its clock; 0 where that cannot be told."""
    stamps = [question.stamp_ns for question in questions]
    span_s = seconds_between(max(stamps), min(stamps)) if stamps else 0.0
    return len(stamps) / span_s if span_s else 0.0
