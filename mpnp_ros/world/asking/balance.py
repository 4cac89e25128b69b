# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Choose among what can be asked so that the words of a question say little about its answer.

Moments come one after the other; what is remembered are counts alone. Three things are counted:
answers within a group (what is asked, whatever the wording), answers that go with each n-gram of
the words, and questions of each type.

- A group may have an answer at most `SLACK` + `MOST` times as often as its next most frequent
  answer. So a guess within a group is right at most `MOST` / (1 + `MOST`) of the time (five in
  nine), but for groups that are asked about once; and what its words decide ('What is the standing
  thing?') is hardly asked at all.
- Of the types that a moment has, that comes next which was asked for least.
- Of the questions of that type, the one is taken whose answer was the rarest, compared with its
  share in the type, beside the n-grams that the question has. Where all n-grams are independent
  of the answers, a linear model of them learns nothing.

Asking about every moment is the work of many processes, choosing that of one: the choice follows
from the order of the moments and the seed alone.

Use a `Balance` for the training part and another for the test part. Within what one has evened
out, every question tells a little of what the others must be: a model that learned from some does
worse than chance on the rest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
import math
from random import Random
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.evaluation.question_only.ngrams import ngrams
from mpnp_ros.world.asking.question import Question

QUESTIONS = 20   # of a moment
MOST = 1.25
SLACK = 1

_LOOKED_AT = 24   # questions of one type among which the rarest answer is looked for
_TIES = 1e-3      # what chance adds to an excess
_EVEN = 1.0       # how much the evenness of a type's answers weighs against its n-grams'

Key = TypeVar('Key')
Rows = NDArray[np.int64]   # of an array of counts, [n-grams]


class Balance:
    """Choose questions about one moment after the other.

    :param per_moment: most questions of a moment.
    :param seed: decides between equals.
    """

    def __init__(self, seed: int | str = 0, per_moment: int = QUESTIONS) -> None:
        self._rng = Random(f'{seed}')
        self._per_moment = per_moment
        self._types: Counter[str] = Counter()
        self._groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._words = WordCounts()

    def choose(self, asked: Sequence[Question]) -> list[Question]:
        """Return the questions to ask of all that can be asked about a moment."""
        by_type: dict[str, list[Question]] = {}
        for question in asked:
            by_type.setdefault(question.type, []).append(question)
        chosen: list[Question] = []
        rows: dict[int, Rows] = {}
        while by_type and len(chosen) < self._per_moment:
            kind = min(sorted(by_type), key=lambda name: self._types[name])
            allowed = [one for one in by_type[kind] if self._is_allowed(one)]
            if not allowed:
                del by_type[kind]
                continue
            question = self._rarest(allowed, rows)
            by_type[kind] = [one for one in allowed if one.group != question.group]
            self._groups[question.group][question.answer] += 1
            self._types[kind] += 1
            self._words.add(question, rows[id(question)])
            chosen.append(question)
        return chosen

    def _rarest(self, asked: Sequence[Question], rows: dict[int, Rows]) -> Question:
        """Return the question whose answer went least often with its words.

        :param rows: where to keep what was looked up of the questions of this moment.
        """
        if len(asked) > _LOOKED_AT:
            asked = self._rng.sample(asked, _LOOKED_AT)
        best, least = asked[0], math.inf
        for question in asked:
            if id(question) not in rows:
                rows[id(question)] = self._words.rows(question)
            excess = self._words.excess(question, rows[id(question)])
            excess += _TIES * self._rng.random()
            if excess < least:
                best, least = question, excess
        return best

    def _is_allowed(self, question: Question) -> bool:
        answers = self._groups[question.group]
        others = [count for answer, count in answers.items() if answer != question.answer]
        return answers[question.answer] + 1 <= SLACK + MOST * max(others, default=0)


class WordCounts:
    """Count which answers went with which n-grams, each type by itself."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, str], int] = {}
        self._answers: dict[str, int] = {}
        self._with = np.zeros((1024, 64), dtype=np.float32)    # [n-grams, answers]
        self._total = np.zeros(1024, dtype=np.float32)         # [n-grams]

    def rows(self, question: Question) -> Rows:
        """Return where the n-grams of a question are counted; before them, where its type is."""
        return np.array([self._row(question.type, gram) for gram in (
            '', *ngrams(question.text))])

    def add(self, question: Question, rows: Rows) -> None:
        """Count a question."""
        self._with[rows, self._column(question.answer)] += 1
        self._total[rows] += 1

    def excess(self, question: Question, rows: Rows) -> float:
        """Return how much too often the answer of a question went with its n-grams.

        For each n-gram that is by how many questions more than by the answer's share in the
        type, in units of their root; the mean of them, and how much the share is above an even
        one.
        """
        total = self._total[rows]
        with_answer = self._with[rows, self._column(question.answer)]
        share = float(with_answer[0]) / max(float(total[0]), 1.0)
        more = (with_answer[1:] - share * total[1:]) / np.sqrt(total[1:] + 1.0)
        return float(more.mean()) + _EVEN * (share * len(question.candidates) - 1.0)

    def _row(self, kind: str, gram: str) -> int:
        row = self._words.setdefault((kind, gram), len(self._words))
        if row >= len(self._total):
            self._with = np.concatenate([self._with, np.zeros_like(self._with)])
            self._total = np.concatenate([self._total, np.zeros_like(self._total)])
        return row

    def _column(self, answer: str) -> int:
        column = self._answers.setdefault(answer, len(self._answers))
        if column >= self._with.shape[1]:
            self._with = np.concatenate([self._with, np.zeros_like(self._with)], axis=1)
        return column


def balanced(
    moments: Iterable[tuple[Key, Sequence[Question]]], seed: int | str = 0,
    per_moment: int = QUESTIONS,
) -> Iterator[tuple[Key, list[Question]]]:
    """Return for each moment, by its key, what to ask; see `Balance`.

    The keys decide nothing: give the moments in an order that does not depend on which process
    was done first, e.g. sorted by drive and time.
    """
    balance = Balance(seed, per_moment)
    for key, asked in moments:
        yield key, balance.choose(asked)
