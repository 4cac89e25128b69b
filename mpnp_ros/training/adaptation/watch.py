# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How well connectors answer what they do not learn from, and the best that they have been."""

from __future__ import annotations

from collections.abc import Sequence
import math

from torch import Tensor

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.evaluation.record import same_answer
from mpnp_ros.training.held_out import judge
from mpnp_ros.training.labelled import Labelled

LOOKS = 10          # spread over the steps, beside the one before the first
PATIENCE = 4        # looks that found nothing better: what follows is learned by heart
_LEAST = 1e-4       # probability that a right answer counts as, at the least


class Watch:
    """Look at connectors as they learn, and keep those that answer watched questions best.

    A look is the mean log-likelihood of right answers among their candidates: it tells more of
    few questions than how many are right.

    :ivar best: the best look, of which `best_step`.
    """

    def __init__(self, llm: LanguageModel, connectors: Connectors,
                 watched: Sequence[Labelled]) -> None:
        self._answerer, self._watched = Answerer(llm, connectors), watched
        self._connectors = connectors
        self._kept: dict[str, Tensor] = {}
        self._looked: list[int] = []
        self.best, self.best_step = -math.inf, 0

    def due(self, step: int, steps: int) -> bool:
        """Tell whether to look after a step of so many: before the first, behind the last."""
        if not self._looked:
            return True
        if step == self._looked[-1]:
            return False
        return step >= steps or (step - self._looked[-1]) * LOOKS >= steps

    def look(self, step: int) -> None:
        """Look at the connectors as they are after a step, and keep them if they are the best."""
        found = self.likelihood()
        self._looked.append(step)
        if found > self.best:
            self.best, self.best_step = found, step
            self._kept = {name: value.detach().clone()
                          for name, value in self._connectors.state_dict().items()}

    def left(self, steps: int) -> int:
        """Return how many looks are still to come in so many steps."""
        rest = steps - self._looked[-1]
        return min(rest, math.ceil(rest * LOOKS / max(steps, 1)))

    @property
    def settled(self) -> bool:
        """Tell whether the last looks found nothing better."""
        return sum(step > self.best_step for step in self._looked) >= PATIENCE

    def take_best(self) -> None:
        """Make the connectors what they were at the best look."""
        self._connectors.load_state_dict(self._kept)

    def likelihood(self) -> float:
        """Return how likely right answers are now: a mean of logarithms."""
        records = judge(self._answerer, self._watched)
        shares = [sum(score for score, candidate in zip(one.scores, one.candidates)
                      if same_answer(candidate, one.expected or '')) for one in records]
        return sum(math.log(max(share, _LEAST)) for share in shares) / len(shares)
