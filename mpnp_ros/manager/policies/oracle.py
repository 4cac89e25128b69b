# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The policy 'oracle': it has seen the answers, and shows what a policy could reach at best."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mpnp_ros.manager.policies.choosing import ChoosingPolicy
from mpnp_ros.manager.situation import AskedQuestion


class OraclePolicy(ChoosingPolicy):
    """Use the cheapest set with which each question is answered right; for evaluation only.

    :ivar right: by question of the moment at hand, the sets that answered it right.
    """

    name = 'oracle'

    def __init__(self) -> None:
        self.right: Mapping[str, Collection[frozenset[str]]] = {}

    def expect(self, questions: Sequence[AskedQuestion], usability: Mapping[str, float]
               ) -> _Known:
        """Return what is known of the questions."""
        return _Known(questions, list(usability), self.right)


@dataclass(frozen=True)
class _Known:

    questions: Sequence[AskedQuestion]
    names: Sequence[str]
    right: Mapping[str, Collection[frozenset[str]]]

    def accuracy(self, members: np.ndarray) -> np.ndarray:
        sets = [frozenset(name for name, used in zip(self.names, row) if used)
                for row in members]
        return np.array([[float(used in self.right.get(one.text, ())) for used in sets]
                         for one in self.questions])

    def why(self, question: int, _modality: int) -> str:
        return f'known of {self.questions[question].quoted()}'
