# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The set chosen is the best one within the budget, and the cheapest of those about as good."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from mpnp_ros.manager.search import all_sets, best_set, Task


def task(count: int, questions: int = 3, seed: int = 0, **changes) -> Task:
    """Return a task with random gains, overlaps and costs, of which about half fit the limits."""
    rng = np.random.default_rng(seed)
    gains = rng.uniform(0.0, 0.8, (questions, count))
    costs = rng.uniform(0.1, 1.0, (count, 2))

    def accuracy(members: np.ndarray) -> np.ndarray:
        return 1.0 - np.prod(1.0 - gains[:, None, :] * members[None], axis=2)

    return dataclasses.replace(Task(
        accuracy, costs, np.zeros(2), costs.sum(0) / 2, np.zeros(count, dtype=bool),
        np.zeros(questions, dtype=bool)), **changes)


def by_brute_force(one: Task) -> float:
    """Return the best mean accuracy that any affordable set with most required ones reaches."""
    best: dict[int, float] = {}
    for picks in itertools.product((False, True), repeat=len(one.costs)):
        members = np.array(picks)
        if members.any() and (one.base + members @ one.costs > one.limits + 1e-9).any():
            continue
        present = int((members & one.required).sum())
        value = float(one.accuracy(members[None]).mean())
        best[present] = max(best.get(present, 0.0), value)
    return best[max(best)]


@pytest.mark.parametrize('seed', range(8))
def test_exact_search_finds_what_brute_force_finds(seed: int) -> None:
    one = task(6, seed=seed, required=np.arange(6) == seed % 6 if seed % 2 else np.zeros(6, bool))
    chosen = best_set(one)
    assert one.allowed(chosen[None]).all()
    assert one.accuracy(chosen[None]).mean() == pytest.approx(by_brute_force(one))


def test_slack_buys_the_cheapest_set_that_is_nearly_as_good() -> None:
    one = task(6, seed=3, slack=0.05)
    sets = all_sets(6)
    sets = sets[one.allowed(sets)]
    mean = one.accuracy(sets).mean(0)
    cost = one.cost(sets)[:, 0]
    good = mean >= mean.max() - 0.05
    chosen = best_set(one)
    assert one.cost(chosen[None])[0, 0] == pytest.approx(cost[good].min())
    assert cost[good].min() < cost[mean.argmax()]


def test_of_equally_good_sets_the_cheaper_is_taken() -> None:
    one = task(2, 1, accuracy=lambda members: members.any(1).astype(float)[None],
               costs=np.array([[2.0, 0.0], [1.0, 0.0]]), limits=np.full(2, np.inf))
    assert best_set(one).tolist() == [False, True]


def test_a_standing_question_keeps_what_it_needs_against_many_others() -> None:
    def accuracy(members: np.ndarray) -> np.ndarray:
        return np.vstack([members[:, 0], *[members[:, 1]] * 60]).astype(float)

    one = task(2, accuracy=accuracy, limits=np.full(2, np.inf), slack=0.05,
               kept=np.arange(61) == 61)
    assert best_set(one).tolist() == [False, True]
    kept = dataclasses.replace(one, kept=np.arange(61) == 0)
    assert best_set(kept).tolist() == [True, True]


def test_required_ones_are_in_even_if_useless() -> None:
    one = task(2, 1, accuracy=lambda members: np.zeros((1, len(members))),
               limits=np.full(2, np.inf), required=np.array([True, False]))
    assert best_set(one).tolist() == [True, False]


def test_nothing_fits_nothing_is_chosen() -> None:
    assert not best_set(task(4, limits=np.zeros(2))).any()
    assert not best_set(task(4, limits=np.zeros(2), base=np.ones(2))).any()


def test_no_modality_at_all() -> None:
    assert best_set(task(0)).shape == (0,)


@pytest.mark.parametrize('seed', range(3))
def test_beyond_twelve_a_greedy_search_keeps_the_limits_and_comes_near(seed: int) -> None:
    one = task(13, seed=seed, slack=0.01)
    chosen = best_set(one)
    assert one.allowed(chosen[None]).all()
    sets = all_sets(13)
    best = one.accuracy(sets[one.allowed(sets)]).mean(0).max()
    assert one.accuracy(chosen[None]).mean() > 0.95 * best


def test_greedy_takes_what_is_required_first() -> None:
    one = task(13, required=np.arange(13) == 12)
    assert best_set(one)[12]
