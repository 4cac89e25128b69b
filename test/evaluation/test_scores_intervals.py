# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How sure a share is: what is resampled, and whether the interval holds what it promises."""

from __future__ import annotations

import numpy as np
import pytest

from mpnp_ros.evaluation.figures.intervals import (
    BLOCKS,
    Interval,
    mean_interval,
    QUESTIONS,
    SCENES,
    time_blocks,
    Units,
    units_of,
)

SECOND_NS = 1_000_000_000


def of(*scenes: int) -> Units:
    return Units(np.array(scenes), SCENES)


def simulated(rng: np.random.Generator, scenes: int) -> tuple[np.ndarray, Units]:
    """Return right answers of scenes that differ in difficulty; two of three are right."""
    questions = rng.integers(5, 25, size=scenes)
    units = np.repeat(np.arange(scenes), questions)
    return rng.random(len(units)) < rng.beta(4, 2, size=scenes)[units], Units(units, SCENES)


@pytest.mark.parametrize('scenes', [3, 12, 60])
def test_the_interval_holds_the_true_share_where_answers_of_a_scene_go_together(
        scenes: int) -> None:
    rng = np.random.default_rng(7)
    intervals = [mean_interval(*simulated(rng, scenes)) for _ in range(100)]
    held = sum(interval.low <= 2 / 3 <= interval.high for interval in intervals)
    assert held >= 90


def test_questions_drawn_one_by_one_would_promise_too_much() -> None:
    """The same answers without their scenes: the simulation is one that tells the two apart."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(100):
        right, units = simulated(rng, 30)
        interval = mean_interval(right, Units(np.arange(len(right)), QUESTIONS))
        held += interval.low <= 2 / 3 <= interval.high
    assert held < 85


def test_the_interval_of_a_difference_holds_the_true_one() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(100):
        before, units = simulated(rng, 20)
        gained = ~before & (rng.random(len(before)) < 0.3)
        lost = before & (rng.random(len(before)) < 0.1)
        interval = mean_interval(
            gained.astype(float) - lost.astype(float), units, least=-1.0)
        held += interval.low <= 0.3 / 3 - 0.1 * 2 / 3 <= interval.high
    assert held >= 90


def test_many_equal_questions_have_the_interval_of_a_binomial() -> None:
    right = np.arange(400) % 4 > 0
    interval = mean_interval(right, Units(np.arange(400), QUESTIONS))
    half = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert interval.low == pytest.approx(0.75 - half, abs=0.006)
    assert interval.high == pytest.approx(0.75 + half, abs=0.006)


def test_few_units_have_the_interval_of_student() -> None:
    right = np.array([1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0])
    interval = mean_interval(right, of(*np.repeat([0, 1, 2, 3], 4)))
    # Sums 1, 2, 2, 3 of 4 each: variance 4/3 * 2 / 16^2; Student's quantile of 3 is 3.182.
    half = 3.182 * np.sqrt(4 / 3 * 2 / 16**2)
    assert interval.low == pytest.approx(0.5 - half, abs=0.004)
    assert interval.high == pytest.approx(0.5 + half, abs=0.004)


def test_two_units_that_differ_tell_nothing() -> None:
    interval = mean_interval(np.array([1, 1, 0, 0]), of(0, 0, 1, 1))
    assert (interval.low, interval.high) == (0.0, 1.0)


def test_the_order_of_the_questions_does_not_matter() -> None:
    right, units = simulated(np.random.default_rng(5), 15)
    order = np.random.default_rng(6).permutation(len(right))
    assert mean_interval(right, units) == mean_interval(right[order],
                                                        Units(units.of[order], SCENES))


def test_the_same_answers_have_the_same_interval() -> None:
    right, units = simulated(np.random.default_rng(5), 15)
    assert mean_interval(right, units) == mean_interval(right, units)


@pytest.mark.parametrize('right', [True, False])
def test_one_question_tells_nothing(right: bool) -> None:
    assert mean_interval(np.array([right]), of(0)) == Interval(0.0, 1.0, SCENES, 1)


def test_all_right_is_not_certain() -> None:
    units = Units(np.arange(50), QUESTIONS)
    all_right = mean_interval(np.ones(50, bool), units)
    one_wrong = mean_interval(np.arange(50) > 0, units)
    assert all_right.high == 1.0
    assert all_right.low == one_wrong.low < 0.95


def test_all_wrong_is_not_certain() -> None:
    units = Units(np.arange(50), QUESTIONS)
    all_wrong = mean_interval(np.zeros(50, bool), units)
    assert all_wrong.low == 0.0
    assert all_wrong.high == mean_interval(np.arange(50) == 0, units).high > 0.05


def test_no_difference_is_not_certain_either_way() -> None:
    same = mean_interval(np.zeros(50), Units(np.arange(50), QUESTIONS), least=-1.0)
    assert same.low == pytest.approx(-same.high)
    assert 0.02 < same.high < 0.12


def test_scenes_are_resampled_where_there_are_two() -> None:
    units = units_of(np.array([4, 4, 9]), np.array([0, 1, 2]))
    assert (units.kind, units.of.tolist(), units.count) == (SCENES, [0, 0, 1], 2)


def test_blocks_of_time_are_resampled_within_one_scene() -> None:
    units = units_of(np.array([4, 4, 4]), np.array([0, 0, 2]))
    assert (units.kind, units.of.tolist()) == (BLOCKS, [0, 0, 1])


def test_questions_are_resampled_within_one_block() -> None:
    units = units_of(np.array([4, 4, 4]), np.array([1, 1, 1]))
    assert (units.kind, units.of.tolist()) == (QUESTIONS, [0, 1, 2])


def test_a_block_is_five_seconds_from_the_first_question_of_its_bag() -> None:
    stamps_s = np.array([103.0, 107.9, 108.0, 112.9, 55.0, 104.0])
    blocks = time_blocks(np.array([0, 0, 0, 0, 1, 1]), (stamps_s * SECOND_NS).astype(np.int64))
    assert blocks[0] == blocks[1] != blocks[2] == blocks[3]
    assert len(set(blocks.tolist())) == 4
    assert blocks[4] != blocks[5]
    assert time_blocks(np.empty(0, np.int64), np.empty(0, np.int64)).tolist() == []
