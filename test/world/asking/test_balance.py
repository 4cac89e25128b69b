# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The words of the chosen questions say little about the answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random

import pytest

from mpnp_ros.evaluation.question_only.text_model import TextModel
from mpnp_ros.world.asking.balance import Balance, balanced, MOST, QUESTIONS, SLACK
from mpnp_ros.world.asking.question import Question

TRAINED = 140   # of the 200 moments; the others are balanced by themselves and tested


@pytest.fixture(scope='module')
def chosen(asked: list[list[Question]]) -> tuple[list[Question], list[Question]]:
    train = balanced(enumerate(asked[:TRAINED]), seed=1)
    test = balanced(enumerate(asked[TRAINED:]), seed=2)
    return ([one for _, questions in train for one in questions],
            [one for _, questions in test for one in questions])


def guessed(train: list[Question], test: list[Question]) -> dict[str, float]:
    """Return how often a model of the words is right, by type and 'all'."""
    model = TextModel([one.text for one in train], [one.answer for one in train], 3.0, steps=30)
    right = defaultdict(list)
    guesses = model.answer([one.text for one in test], [one.candidates for one in test])
    for guess, one in zip(guesses, test):
        for name in (one.type, 'all'):
            right[name].append(guess == one.answer)
    return {name: sum(found) / len(found) for name, found in right.items()}


def test_words_alone_say_little(
    chosen: tuple[list[Question], list[Question]], asked: list[list[Question]]
) -> None:
    after = guessed(*chosen)
    for kind in ('exist', 'comparison', 'free way', 'approach'):
        assert after[kind] < 0.68, after
    assert after['count'] < 0.45
    assert after['object'] < 0.40
    assert after['status'] < 0.50
    assert after['color'] < 0.30
    assert after['distance'] < 0.45
    assert after['all'] < 0.47
    rng = Random(0)
    train, test = ([one for questions in part for one in rng.sample(
        questions, min(QUESTIONS, len(questions)))]
        for part in (asked[:TRAINED], asked[TRAINED:]))
    assert after['all'] < guessed(train, test)['all'] - 0.08


def test_no_answer_of_a_group_is_much_more_frequent_than_the_next(
    chosen: tuple[list[Question], list[Question]]
) -> None:
    groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in chosen[0]:
        groups[one.group][one.answer] += 1
    assert max(sum(answers.values()) for answers in groups.values()) > 20
    for answers in groups.values():
        first, second = [*(count for _, count in answers.most_common(2)), 0][:2]
        assert first <= SLACK + MOST * second


def test_types_come_evenly(chosen: tuple[list[Question], list[Question]]) -> None:
    types = Counter(one.type for one in chosen[0])
    assert len(chosen[0]) >= TRAINED * QUESTIONS - 5
    assert len(types) == 14
    del types['hearing side']   # there seldom is one, and the way ahead is not always known
    assert max(types.values()) <= 1.3 * min(types.values()), types


def test_the_choice_follows_from_the_order_and_the_seed(asked: list[list[Question]]) -> None:
    first, again, other = (list(balanced(enumerate(asked[:20]), seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    one_by_one = Balance(seed=1)
    assert [one_by_one.choose(questions) for questions in asked[:20]] == [
        questions for _, questions in first]


def test_nothing_is_asked_twice_of_a_moment(asked: list[list[Question]]) -> None:
    for _, questions in balanced(enumerate(asked[:30]), per_moment=60):
        assert len({one.group for one in questions}) == len(questions)


def test_what_words_decide_is_asked_once_at_most() -> None:
    standing = Question('What is the standing thing?', 'pedestrian', ('pedestrian', 'car'),
                        'object', 'object: standing thing')
    balance = Balance()
    assert [len(balance.choose([standing])) for _ in range(5)] == [1, 0, 0, 0, 0]
