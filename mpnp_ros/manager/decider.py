# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The manager without ROS: what is heard goes in, decisions come out."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from mpnp_ros.manager.asked import AskLog
from mpnp_ros.manager.budget import Budget
from mpnp_ros.manager.context import ContextSettings, ModalityContext
from mpnp_ros.manager.cost import amount, Cost, DIMENSIONS
from mpnp_ros.manager.expense import Expense, ExpenseSettings
from mpnp_ros.manager.offer import Offer
from mpnp_ros.manager.policies.base import Plan, Policy
from mpnp_ros.manager.report import Report
from mpnp_ros.manager.situation import AskedQuestion, Situation

MOST_MODALITIES = 64
ERROR_QUESTION, ERROR_REQUEST = 1, 2   # of Query.srv
_MOST_VECTORS = 1024   # questions of which the vector is remembered
_SAME_COST = 0.1   # a cost that changes by a smaller part is the same


@dataclass(frozen=True)
class DeciderSettings:
    """All that can be set but the policy; see the classes."""

    context: ContextSettings = ContextSettings()
    expense: ExpenseSettings = ExpenseSettings()
    budget: Budget = Budget()
    slack: float = 0.02
    remember_s: float = 60.0


class Decider:
    """Keep the context of all modalities and the questions that count, and have a policy decide.

    Times are seconds of a steady clock. `decide` may be called as often as one likes: it returns
    the last plan as long as nothing has changed that a policy looks at.
    """

    def __init__(self, policy: Policy, settings: DeciderSettings) -> None:
        self.policy, self.settings = policy, settings
        self.contexts: dict[str, ModalityContext] = {}
        self.asked = AskLog(settings.remember_s)
        self.expense = Expense(settings.expense)
        self.plan = Plan([])
        self._costs: dict[str, Cost] = {}
        self._vectors: dict[str, tuple[np.ndarray, str, int]] = {}
        self._seen: Any = None

    def take_report(self, report: Report, now_s: float) -> None:
        """Take in what an encoder says of itself; raises ValueError for one too many."""
        known = self.contexts.get(report.modality)
        if known is None and len(self.contexts) >= MOST_MODALITIES:
            raise ValueError(f'{report.modality!r} is one modality too many: {MOST_MODALITIES} '
                             'are known already')
        if known is None:
            self.contexts[report.modality] = ModalityContext(
                report, now_s, self.settings.context)
        else:
            known.take(report, now_s)

    def take_vector(self, question: str, vector: np.ndarray, llm: str, block: int) -> str:
        """Take in what a language model makes of a question.

        Returns in words why the policy cannot use it, '' if it can.
        """
        self._vectors.pop(question, None)
        self._vectors[question] = vector, llm, block
        while len(self._vectors) > _MOST_VECTORS:
            del self._vectors[next(iter(self._vectors))]
        self._seen = None
        return self.policy.problem_with_vectors(llm, block)

    def take_answer(self, answer: Any, now_s: float) -> None:
        """Take in an Answer: what it took, that its question was asked, and what that named.

        One that was no question at all, such as a megabyte of text, does not count. What no
        encoder offers is not remembered.
        """
        self.expense.take_answer(answer, now_s)
        refused = answer.error_code in (ERROR_QUESTION, ERROR_REQUEST)
        if answer.question and not answer.question_id and not refused:
            named = tuple(name for name in answer.named if name in self.contexts)
            self.asked.note(AskedQuestion(answer.question, named), now_s)

    def take_power(self, watts: float) -> None:
        """Take in what the power meter shows."""
        self.expense.take_power(watts, self.plan.cost.flops_per_s)

    def pass_time(self, now_s: float, tick_s: float = 0.0) -> None:
        """Notice what has not happened; `tick_s` is how often this is called."""
        for context in self.contexts.values():
            context.pass_time(now_s, tick_s)

    def decide(self, now_s: float) -> Plan:
        """Return the plan for the questions that count now."""
        asked = self.asked.at(now_s)
        situation = self._situation(asked, now_s)
        offers = self.offers(now_s)
        due = [name for name, context in self.contexts.items() if context.due(now_s)]
        # A sensor that nobody asks for is looked at again only when a question wants it.
        seen = (self.policy, asked, self.settings, tuple(due), tuple(
            dataclasses.replace(one, trial=one.trial and 'trial') for one in offers.values()))
        if seen == self._seen:
            return self.plan
        if due:
            self._begin_trials(due, offers, situation, now_s)
            offers = self.offers(now_s)
        self.plan = self.policy.plan(offers, situation)
        for name, context in self.contexts.items():
            if context.trial_s is not None and name not in self.plan.selected:
                context.give_up_trial(now_s)
        self._seen = seen
        return self.plan

    def plan_for(self, question: AskedQuestion, now_s: float) -> Plan:
        """Return what would be used for one question alone."""
        return self.policy.plan(self.offers(now_s), self._situation((question,), now_s))

    def offers(self, now_s: float) -> dict[str, Offer]:
        """Return what a policy is told of each modality."""
        return {name: Offer(
            name, context.online, context.trouble, context.usable,
            context.usability, self._cost(name, context, now_s),
            context.trial_words(now_s) if context.trial_s is not None else '',
            context.payload_bytes, context.report.bits)
            for name, context in sorted(self.contexts.items())}

    def spending(self) -> dict[str, str]:
        """Return in words what the plan spends and may spend, by the names of Cost."""
        limits = self.settings.budget.limits()
        return {name: amount(name, cost) + (
            f' of {amount(name, limit)}' if np.isfinite(limit) else '')
            for name, cost, limit in zip(DIMENSIONS, self.plan.cost.vector(), limits)}

    def _begin_trials(self, due: Sequence[str], offers: dict[str, Offer], situation: Situation,
                      now_s: float) -> None:
        """Try those again that would be used if they were as good as they can be."""
        hoped = {name: dataclasses.replace(offer, usable=True, usability=1.0, trouble='')
                 if name in due else offer for name, offer in offers.items()}
        for name in self.policy.plan(hoped, situation).selected:
            if name in due:
                self.contexts[name].begin_trial(now_s)

    def _situation(self, asked: tuple[AskedQuestion, ...], now_s: float) -> Situation:
        asked = tuple(dataclasses.replace(one, vector=self._vector(one)) for one in asked)
        return Situation(asked, self.settings.budget, self.expense.base(), self.settings.slack)

    def _vector(self, question: AskedQuestion) -> np.ndarray | None:
        if question.vector is not None or question.text not in self._vectors:
            return question.vector
        vector, llm, block = self._vectors[question.text]
        return None if self.policy.problem_with_vectors(llm, block) else vector

    def _cost(self, name: str, context: ModalityContext, now_s: float) -> Cost:
        """Return a modality's cost, the last one where it has hardly changed."""
        cost, known = self.expense.of(context, now_s), self._costs.get(name)
        if known is None or not _about_equal(known, cost):
            self._costs[name] = cost
        return self._costs[name]


def _about_equal(one: Cost, two: Cost) -> bool:
    """Tell whether costs differ by a small part only; what is not known differs from a number."""
    return all(abs(a - b) <= _SAME_COST * max(abs(a), abs(b)) or (a != a and b != b)
               for a, b in zip(dataclasses.astuple(one), dataclasses.astuple(two)))
