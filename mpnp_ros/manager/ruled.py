# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What rules expect: a question is answered where each of its aspects is told by some modality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mpnp_ros.manager.rules import Rule, Rules
from mpnp_ros.manager.situation import ANY_QUESTION, AskedQuestion

_GUESSED = 0.2   # what an aspect that no modality tells is worth: the others still count


@dataclass(frozen=True)
class RuledExpectation:
    """The expected accuracy by rules over the modalities on offer.

    An aspect is missed only if every modality misses it: with weights w and usabilities u it is
    told with 1 - product(1 - w u), and guessed otherwise. What a pattern such as camera* names is
    shared evenly by the modalities that match: each camera sees its part. Aspects are
    independent: their values are multiplied.
    """

    questions: Sequence[AskedQuestion]
    rules: Sequence[Sequence[Rule]]   # of each question
    names: Sequence[str]
    usability: np.ndarray             # [n]

    @classmethod
    def of(cls, rules: Rules, questions: Sequence[AskedQuestion],
           usability: Mapping[str, float]) -> RuledExpectation:
        """Return it for the modalities on offer and their usability, in order."""
        return cls(questions, [rules.of(one.text) for one in questions], list(usability),
                   np.array(list(usability.values()), dtype=np.float64))

    def accuracy(self, members: np.ndarray) -> np.ndarray:
        """Return [Q, S]."""
        distinct = {id(rule): rule for rules in self.rules for rule in rules}
        told = {key: self._told(rule, members) for key, rule in distinct.items()}
        known: dict[tuple[int, ...], np.ndarray] = {}   # many questions have the same aspects
        for aspects in {tuple(map(id, rules)) for rules in self.rules}:
            known[aspects] = np.prod([told[key] for key in aspects], axis=0) if aspects else (
                np.ones(len(members)))
        return np.array([known[tuple(map(id, rules))] for rules in self.rules]).reshape(
            len(self.rules), len(members))

    def why(self, question: int, modality: int) -> str:
        """Return the aspect that weighs most for a modality, e.g. 'colour question'."""
        rules = self.rules[question]
        weight = [rule.weights.get(rule.entry_of(self.names[modality]) or '', 0.0)
                  for rule in rules]
        name = rules[int(np.argmax(weight))].name
        asked = self.questions[question]
        if asked == ANY_QUESTION:
            return asked.quoted()
        words = f'question of no known kind, {asked.quoted()}' if name == 'otherwise' else (
            f'{name} question')
        return f'standing {words}' if asked.standing else words

    def _told(self, rule: Rule, members: np.ndarray) -> np.ndarray:
        """Return how well sets [S, n] tell an aspect, [S]."""
        missed = np.ones(len(members))
        entries = [rule.entry_of(name) for name in self.names]
        for entry, weight in rule.weights.items():
            places = [place for place, found in enumerate(entries) if found == entry]
            if places:
                share = (members[:, places] * self.usability[places]).mean(1)
                missed *= 1.0 - weight * share
        return 1.0 - (1.0 - _GUESSED) * missed
