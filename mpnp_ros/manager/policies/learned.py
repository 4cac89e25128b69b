# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The policy 'learned': what evaluation has shown about questions and sensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mpnp_ros.manager.expectation import Expectation
from mpnp_ros.manager.features import StateFeatures
from mpnp_ros.manager.policies.choosing import ChoosingPolicy
from mpnp_ros.manager.relevance import LearnedExpectation, RelevanceModel
from mpnp_ros.manager.ruled import RuledExpectation
from mpnp_ros.manager.rules import Rules
from mpnp_ros.manager.situation import AskedQuestion


class LearnedPolicy(ChoosingPolicy):
    """Choose by a relevance model.

    Rules count where they override it, and for modalities that it does not know.
    """

    name = 'learned'

    def __init__(self, model: RelevanceModel, rules: Rules) -> None:
        self.model, self.rules = model, rules

    @property
    def wants_vectors(self) -> bool:
        """Tell whether relevance was learned from states of a language model."""
        return isinstance(self.model.features, StateFeatures)

    def problem_with_vectors(self, llm: str, block: int) -> str:
        """Name the states that the relevance model was learned from, where others came."""
        given = self.model.features
        if not isinstance(given, StateFeatures) or (given.llm, given.block) == (llm, block):
            return ''
        return (f'states of {llm} entering block {block}, but relevance was learned from those '
                f'of {given.llm} entering block {given.block}')

    def expect(self, questions: Sequence[AskedQuestion], usability: Mapping[str, float]
               ) -> Expectation:
        """Return what the model expects, completed by the rules."""
        overriding = [self.rules.overriding(one.text) for one in questions]
        new = {name: 0.0 if name in self.model.modalities else value
               for name, value in usability.items()}
        return _Completed(
            LearnedExpectation.of(self.model, questions, usability),
            RuledExpectation(questions, overriding, list(usability), _values(usability)),
            RuledExpectation.of(self.rules, questions, new),
            np.array([bool(rules) for rules in overriding], dtype=bool),
            [name in self.model.modalities for name in usability])


@dataclass(frozen=True)
class _Completed:
    """What a model expects, what overriding rules expect, and what rules expect of the rest.

    :ivar by_rule: [Q] whether rules override the model for a question.
    :ivar known: [n] whether the model knows a modality.
    """

    learned: LearnedExpectation
    ruled: RuledExpectation
    rest: RuledExpectation
    by_rule: np.ndarray
    known: Sequence[bool]

    def accuracy(self, members: np.ndarray) -> np.ndarray:
        learned = self.learned.accuracy(members)   # [Q, S]
        if not all(self.known):
            rest = self.rest.accuracy(members)
            none = self.rest.accuracy(np.zeros_like(members))
            learned += (1.0 - learned) * (rest - none) / np.maximum(1.0 - none, 1e-9)
        if not self.by_rule.any():
            return learned
        return np.where(self.by_rule[:, None], self.ruled.accuracy(members), learned)

    def why(self, question: int, modality: int) -> str:
        if self.by_rule[question]:
            return self.ruled.why(question, modality)
        if not self.known[modality]:
            return f'not learned yet, by rule: {self.rest.why(question, modality)}'
        return self.learned.why(question, modality)


def _values(usability: Mapping[str, float]) -> np.ndarray:
    return np.array(list(usability.values()), dtype=np.float64)
