# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions asked once come first, standing ones after them and never twice."""

from __future__ import annotations

import time

import pytest

from mpnp_ros.nodes.question import Outcome, Question
from mpnp_ros.nodes.question_queue import QuestionQueue, QueueFull
from mpnp_ros.nodes.standing_question import StandingQuestion


def opened(capacity: int = 8, most_together: int = 8) -> QuestionQueue:
    queue = QuestionQueue(capacity, most_together)
    queue.open()
    return queue


def asked(text: str, candidates: tuple[str, ...] = (), modalities: tuple[str, ...] = ()
          ) -> Question:
    now_s = time.monotonic()
    return Question(
        text=text, candidates=candidates, modalities=modalities, text_only=False, max_age_s=0.0,
        max_tokens=8, temperature=0.0, seed=0, arrived_s=now_s, deadline_s=now_s + 60.0,
        resolve=lambda _: None)


def stands(id: str, *, min_period_s: float = 0.0, candidates: tuple[str, ...] = ()
           ) -> StandingQuestion:
    def nobody(_standing: StandingQuestion, _outcome: Outcome) -> None:
        pass

    return StandingQuestion(
        id=id, text=id, candidates=candidates, modalities=(), max_age_s=0.0,
        min_period_s=min_period_s, only_changes=False, max_tokens=8, patience_s=10.0,
        resolve=nobody)


def texts(queue: QuestionQueue) -> list[str]:
    return [question.text for question in queue.take() or []]


def test_questions_asked_once_go_before_standing_ones_in_their_order() -> None:
    queue = opened()
    queue.mark_due([stands('standing')])
    for text in ('first', 'second'):
        queue.ask(asked(text))
    assert [texts(queue) for _ in range(3)] == [['first'], ['second'], ['standing']]


def test_what_is_to_be_done_between_questions_comes_first_and_before_the_end() -> None:
    queue, done = opened(), list[str]()
    queue.ask(asked('question'))
    queue.between(lambda: done.append('now'))
    assert texts(queue) == ['question']
    assert done == ['now']
    queue.between(lambda: done.append('at the end'))
    queue.end()
    assert queue.take() is None
    assert done == ['now', 'at the end']


def test_a_standing_question_waits_once_and_what_it_missed_is_counted() -> None:
    queue, one = opened(), stands('one')
    for _ in range(4):
        queue.mark_due([one], on_latents=True)
    assert one.shed == 3
    assert texts(queue) == ['one']
    queue.mark_due([one], on_latents=True)   # while it is in work: nothing is missed
    assert one.shed == 3
    assert texts(queue) == ['one']


def test_a_question_that_waits_since_it_was_put_misses_nothing_by_the_first_latents() -> None:
    queue, one = opened(), stands('one')
    queue.mark_due([one])
    queue.mark_due([one], on_latents=True)
    assert one.shed == 0
    queue.mark_due([one])
    queue.mark_due([one], on_latents=True)
    assert one.shed == 1


def test_latents_within_the_period_of_a_question_wait_and_are_not_shed() -> None:
    queue, seldom, often = opened(), stands('seldom', min_period_s=60.0), stands('often')
    for _ in range(3):
        queue.mark_due([seldom], on_latents=True)
        if seldom.not_before_s == 0.0:
            assert texts(queue) == ['seldom']
    queue.mark_due([often])
    assert texts(queue) == ['often']
    assert seldom.shed == 0


def test_the_end_of_a_period_lets_the_question_through() -> None:
    queue, one = opened(), stands('one', min_period_s=0.05)
    began_s = time.monotonic()
    for _ in range(2):
        queue.mark_due([one])
        assert texts(queue) == ['one']
    assert time.monotonic() - began_s >= 0.05


def test_questions_with_candidates_on_the_same_latents_come_out_together() -> None:
    queue, pair = opened(most_together=3), ('yes', 'no')
    for question in (asked('a', pair), asked('free'), asked('b', ('1', '2')),
                     asked('lidar', pair, ('lidar',)), asked('c', pair), asked('d', pair)):
        queue.ask(question)
    assert [texts(queue) for _ in range(4)] == [['a', 'b', 'c'], ['free'], ['lidar'], ['d']]


def test_standing_questions_due_at_once_come_out_together() -> None:
    queue, pair = opened(), ('yes', 'no')
    queue.mark_due([stands('a', candidates=pair), stands('b', candidates=pair), stands('free')])
    assert [texts(queue) for _ in range(2)] == [['a', 'b'], ['free']]


def test_a_full_line_refuses_and_a_shut_one_too() -> None:
    queue = opened(capacity=2)
    for text in ('a', 'b'):
        queue.ask(asked(text))
    with pytest.raises(QueueFull, match='2 questions are waiting already'):
        queue.ask(asked('c'))
    queue.shut()
    with pytest.raises(QueueFull, match='shut'):
        queue.ask(asked('d'))


def test_shutting_returns_what_waits_and_what_is_in_work_and_stops_it() -> None:
    queue = opened()
    queue.ask(asked('in work'))
    (in_work,) = queue.take() or []
    queue.ask(asked('waits'))
    assert not queue.stops(in_work)
    assert [question.text for question in queue.shut()] == ['in work', 'waits']
    assert queue.stops(in_work)
    queue.open()                     # opened again before the thread came round
    assert queue.stops(in_work)


def test_a_question_asked_once_stops_a_standing_one_in_work() -> None:
    queue = opened()
    queue.mark_due([stands('standing')])
    (standing,) = queue.take() or []
    assert not queue.stops(standing)
    queue.ask(asked('once'))
    assert queue.stops(standing)


def test_what_is_forgotten_is_not_taken_and_the_end_is_none() -> None:
    queue, one = opened(), stands('one')
    queue.mark_due([one])
    queue.forget(one)
    queue.end()
    assert queue.take() is None
