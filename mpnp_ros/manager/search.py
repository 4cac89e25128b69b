# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Find the cheapest set of modalities among those that answer best within a budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mpnp_ros.manager.budget import within

EXACT_UP_TO = 12   # modalities; 4,096 sets
_SAME = 1e-12      # accuracies closer than this are the same

Accuracy = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Task:
    """What is searched for.

    :ivar accuracy: expected accuracy [Q, S] of one or more questions over sets [S, n] of booleans.
    :ivar costs: [n, D] of each modality.
    :ivar base: [D] of using none.
    :ivar limits: [D] that a set must not exceed; the empty set is allowed whatever it costs.
    :ivar required: [n] modalities that are in the set, as many of them as the limits let.
    :ivar kept: [Q] questions whose own accuracy may not fall by more than the slack.
    :ivar slack: accuracy that may be given up for a cheaper set.
    """

    accuracy: Accuracy
    costs: np.ndarray
    base: np.ndarray
    limits: np.ndarray
    required: np.ndarray
    kept: np.ndarray
    slack: float = 0.0

    def cost(self, members: np.ndarray) -> np.ndarray:
        """Return the costs [S, D] of sets [S, n]."""
        return np.asarray(self.base + members.astype(np.float64) @ self.costs)

    def allowed(self, members: np.ndarray) -> np.ndarray:
        """Tell which of the sets [S, n] keep the limits, [S]."""
        return np.asarray(within(self.cost(members), self.limits).all(1) | ~members.any(1))


def best_set(task: Task) -> np.ndarray:
    """Return the set chosen, [n] booleans: exact for up to 12 modalities, greedy beyond.

    Of the sets within the limits, those with most of the required modalities count; of these,
    those whose mean accuracy is within the slack of the best; of these, the cheapest.
    """
    if len(task.costs) > EXACT_UP_TO:
        return _greedy(task)
    return _cheapest_good(task, all_sets(len(task.costs)))


def all_sets(count: int) -> np.ndarray:
    """Return all subsets of a number of modalities, [2**count, count] booleans."""
    return (np.arange(2 ** count)[:, None] >> np.arange(count)) % 2 == 1


def _cheapest_good(task: Task, sets: np.ndarray) -> np.ndarray:
    sets = sets[task.allowed(sets)]
    present = (sets & task.required).sum(1)
    sets = sets[present == present.max()]
    accuracy = task.accuracy(sets)
    order = _by_cost(task, sets, accuracy)
    best = _best(accuracy, order)
    good = _nearly_as_good(task, accuracy, best)
    return np.asarray(sets[next(index for index in order if good[index])])


def _greedy(task: Task) -> np.ndarray:
    """Add what helps most until nothing helps, then drop the dearest that are hardly missed."""
    one_each = np.eye(len(task.costs), dtype=bool)
    chosen = np.zeros(len(task.costs), dtype=bool)
    for wanted, whatever in ((task.required, True), (~task.required, False)):
        while True:
            grown = np.vstack([chosen, *(chosen | one_each[wanted & ~chosen])])
            grown = grown[task.allowed(grown)]
            accuracy = task.accuracy(grown)
            first = 1 if whatever and len(grown) > 1 else 0
            order = [index for index in _by_cost(task, grown, accuracy) if index >= first]
            best = _best(accuracy, order)
            if (grown[best] == chosen).all():
                break
            chosen = grown[best]
    peak = chosen
    while True:
        fewer = np.vstack([peak, chosen, *(chosen & ~one_each[chosen & ~task.required])])
        accuracy = task.accuracy(fewer)
        good = _nearly_as_good(task, accuracy, 0)
        cheapest = next(index for index in _by_cost(task, fewer, accuracy) if good[index])
        if (fewer[cheapest] == chosen).all():
            return chosen
        chosen = fewer[cheapest]


def _by_cost(task: Task, sets: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Return the order of sets from cheap to dear: operations first, then what else they take."""
    cost = task.cost(sets)
    return np.lexsort([-accuracy.mean(0), sets.sum(1), *(
        cost[:, column] for column in reversed(range(cost.shape[1])))])


def _best(accuracy: np.ndarray, order: Sequence[int] | np.ndarray) -> int:
    """Return the set with the best mean accuracy, of equals the first in the order."""
    return int(order[int(np.argmax(accuracy.mean(0)[order]))])


def _nearly_as_good(task: Task, accuracy: np.ndarray, best: int) -> np.ndarray:
    """Tell which sets answer nearly as well as the best: on the whole, and what has to be kept."""
    good = np.asarray(accuracy.mean(0) >= accuracy.mean(0)[best] - task.slack - _SAME)
    for row in accuracy[task.kept]:
        good &= row >= row[best] - task.slack - _SAME
    return good
