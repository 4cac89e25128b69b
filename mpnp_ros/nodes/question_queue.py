# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which questions the model is asked next: those asked once first, in their order."""

from __future__ import annotations

import collections
from collections.abc import Callable, Hashable, Iterable
import itertools
import threading
import time
from typing import TypeVar

from mpnp_ros.nodes.question import Question
from mpnp_ros.nodes.standing_question import StandingQuestion

T = TypeVar('T', Question, StandingQuestion)


class QueueFull(Exception):
    """The queue holds as much as it may; the question was not taken."""


class QuestionQueue:
    """Hold what waits for the model; callbacks put, one inference thread takes.

    Questions asked once wait in line up to a capacity. Standing questions come after them, each
    at most once however many latents arrive meanwhile, so that a model too slow for its sensors
    leaves readings out instead of falling behind. Questions that fit into one batch come out
    together. While the queue is shut, nothing goes in or out. What is to be done `between` two
    questions is done by the thread that takes, also while the queue is shut.
    """

    def __init__(self, capacity: int, most_together: int) -> None:
        self._capacity, self._most_together = capacity, most_together
        self._condition = threading.Condition()
        self._asked: collections.deque[Question] = collections.deque()
        self._due: dict[StandingQuestion, bool] = {}   # whether on new latents
        self._taken: list[Question] = []
        self._between: collections.deque[Callable[[], None]] = collections.deque()
        self._open = self._ended = False

    def open(self) -> None:
        """Take questions."""
        with self._condition:
            self._open = True

    def shut(self) -> list[Question]:
        """Take and give no more; return all that have no answer yet, those in work included."""
        with self._condition:
            self._open = False
            left = [*self._taken, *self._asked]
            self._asked.clear()
            self._due.clear()
            self._taken = []
        return left

    def end(self) -> None:
        """Let the thread that takes come to its end."""
        with self._condition:
            self._ended = True
            self._condition.notify()

    def between(self, action: Callable[[], None]) -> None:
        """Have the thread that takes do something before its next question, or before its end."""
        with self._condition:
            self._between.append(action)
            self._condition.notify()

    def ask(self, question: Question) -> None:
        """Put a question at the end of the line; raises QueueFull."""
        with self._condition:
            if not self._open:
                raise QueueFull('the queue is shut')
            if len(self._asked) >= self._capacity:
                raise QueueFull(f'{len(self._asked)} questions are waiting already')
            self._asked.append(question)
            self._condition.notify()

    def mark_due(self, standing: Iterable[StandingQuestion], on_latents: bool = False) -> None:
        """Have standing questions answered with the newest latents, once they may be.

        :param on_latents: whether new latents are the reason.
        """
        now_s = time.monotonic()
        with self._condition:
            if not self._open:
                return
            for one in standing:
                waits_with_latents = self._due.get(one, False)
                if on_latents and waits_with_latents and one.not_before_s <= now_s:
                    one.leave_out()       # it waits for the model, not for its period
                self._due[one] = on_latents or waits_with_latents
            self._condition.notify()

    def forget(self, standing: StandingQuestion) -> None:
        """Leave out a standing question that was dropped."""
        with self._condition:
            self._due.pop(standing, None)

    @property
    def waiting(self) -> int:
        """Return how many questions asked once wait, those in work not counted."""
        return len(self._asked)

    def stops(self, question: Question) -> bool:
        """Tell whether a question in work is to be given up.

        That is when the queue was shut, or when a standing one keeps another from its turn.
        """
        return not self._open or question not in self._taken or (
            question.standing and bool(self._asked))

    def take(self) -> list[Question] | None:
        """Wait for questions and return those that are next, None at the end."""
        while isinstance(found := self._wait(), collections.deque):
            for action in found:
                action()
        return found

    def _wait(self) -> list[Question] | collections.deque[Callable[[], None]] | None:
        """Return questions, or what is to be done before them, or None at the end."""
        with self._condition:
            self._taken = []
            while True:
                if self._between:
                    actions, self._between = self._between, collections.deque()
                    return actions
                if self._ended:
                    return None
                now_s = time.monotonic()
                self._taken = self._next_asked() or self._next_due(now_s)
                if self._taken:
                    return self._taken
                self._condition.wait(min(
                    (one.not_before_s - now_s for one in self._due), default=None))

    def _next_asked(self) -> list[Question]:
        if not self._asked:
            return []
        first = self._asked.popleft()
        chosen = [first, *self._like(first.batch, self._asked)]
        for question in chosen[1:]:
            self._asked.remove(question)
        return chosen

    def _next_due(self, now_s: float) -> list[Question]:
        ready = [standing for standing in self._due if standing.not_before_s <= now_s]
        if not ready:
            return []
        chosen = [ready[0], *self._like(ready[0].batch, ready[1:])]
        for standing in chosen:
            del self._due[standing]
        return [standing.begin(now_s) for standing in chosen]

    def _like(self, batch: Hashable, others: Iterable[T]) -> list[T]:
        """Return those of the others that fit into a batch, at most as many as it may have."""
        if batch is None:
            return []
        fitting = (one for one in others if one.batch == batch)
        return list(itertools.islice(fitting, self._most_together - 1))
