# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Say in words why modalities were chosen or not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mpnp_ros.manager.budget import Budget
from mpnp_ros.manager.cost import amount
from mpnp_ros.manager.expectation import Expectation
from mpnp_ros.manager.offer import Offer
from mpnp_ros.manager.search import Task

_NOTHING = 0.001   # a gain in accuracy below this is none


class Reasons:
    """The reasons behind a set that was chosen among modalities, given by their places."""

    def __init__(self, task: Task, offers: Sequence[Offer], chosen: np.ndarray,
                 expectation: Expectation, budget: Budget) -> None:
        self._task, self._offers, self._chosen = task, offers, chosen
        self._expectation, self._budget = expectation, budget

    def for_selected(self, place: int) -> str:
        """Return the question that would lose most without a modality."""
        without = self._chosen.copy()
        without[place] = False
        return self._words(place, self._gains(without, self._chosen))

    def against(self, place: int) -> str:
        """Return why a modality that could have been added was not."""
        grown = self._chosen.copy()
        grown[place] = True
        gains = self._gains(self._chosen, grown)
        refusal = self._budget.refuses(
            self._task.cost(grown[None])[0], self._offers[place])
        if gains.mean() < _NOTHING:
            return f'not needed: {self._expectation.why(int(np.argmax(gains)), place)}'
        if refusal:
            return refusal
        flops = float(self._task.costs[place, 0])
        what = f' for {amount("flops_per_s", flops)}' if flops else ''
        return f'would add {100.0 * gains.mean():.1f} %{what}: not worth it'

    def _gains(self, less: np.ndarray, more: np.ndarray) -> np.ndarray:
        accuracy = self._expectation.accuracy(np.array([less, more]))
        return np.asarray(accuracy[:, 1] - accuracy[:, 0])

    def _words(self, place: int, gains: np.ndarray) -> str:
        question = int(np.argmax(gains))
        return f'{self._expectation.why(question, place)} (+{100.0 * gains[question]:.0f} %)'
