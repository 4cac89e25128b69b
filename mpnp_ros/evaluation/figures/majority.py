# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The best blind guess: what was the right answer to the same question elsewhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable

import numpy as np
import numpy.typing as npt

from mpnp_ros.evaluation.figures.intervals import Units
from mpnp_ros.evaluation.record import plain_answer, Record

Guess = str | None


class Majority:
    """Guess the most frequent answer to the same words in the other units.

    Other scenes, where there are several (see `Units`): the answers of a question's own scene
    are not looked at, since those of the frames beside it are nearly its own. Words that were
    asked nowhere else get the most frequent answer of their type; a question with candidates
    gets one of them. Where nothing is known there is no guess, which is not right.
    """

    def __init__(self) -> None:
        self._asked: list[tuple[str, str, tuple[str, ...], str]] = []
        self._kept: dict[Hashable, Hashable] = {}   # 100,000 questions share their few words

    def add(self, record: Record) -> None:
        """Take a question with a known right answer; raises ValueError for another."""
        if record.expected is None:
            raise ValueError(f'{record.id}: its right answer is not known')
        asked = (record.question, record.type,
                 tuple(plain_answer(name) for name in record.candidates),
                 plain_answer(record.expected))
        self._asked.append(self._kept.setdefault(asked, asked))   # type: ignore[arg-type]

    def right(self, units: Units) -> npt.NDArray[np.bool_]:
        """Return for each question, in the order they came in, whether its guess is right."""
        by_text, by_type = _Elsewhere(), _Elsewhere()
        for (text, kind, _, expected), unit in zip(self._asked, units.of):
            by_text.add((text, kind), int(unit), expected)
            by_type.add(kind, int(unit), expected)
        guesses: dict[Hashable, Guess] = {}
        right = np.zeros(len(self._asked), np.bool_)
        for place, ((text, kind, candidates, expected), unit) in enumerate(
                zip(self._asked, units.of)):
            key = text, kind, candidates, int(unit)
            if key not in guesses:
                guess = by_text.guess((text, kind), int(unit), candidates)
                if guess is None:
                    guess = by_type.guess(kind, int(unit), candidates)
                guesses[key] = guess
            right[place] = guesses[key] == expected
        return right


class _Elsewhere:
    """Counts of answers by what was asked, and how many of them belong to each unit."""

    def __init__(self) -> None:
        self._all: defaultdict[Hashable, Counter[str]] = defaultdict(Counter)
        self._own: defaultdict[Hashable, Counter[str]] = defaultdict(Counter)
        self._ranked: dict[Hashable, list[tuple[str, int]]] = {}

    def add(self, asked: Hashable, unit: int, answer: str) -> None:
        self._all[asked][answer] += 1
        self._own[asked, unit][answer] += 1

    def guess(self, asked: Hashable, unit: int, candidates: tuple[str, ...]) -> Guess:
        """Return the most frequent answer outside a unit; of equals the first by alphabet."""
        own = self._own[asked, unit]
        if asked not in self._ranked:
            self._ranked[asked] = sorted(
                self._all[asked].items(), key=lambda item: (-item[1], item[0]))
        best, most = None, 0
        for answer, count in self._ranked[asked]:
            if count < most:
                break   # what follows is rarer still
            elsewhere = count - own[answer] if answer in own else count
            if candidates and answer not in candidates or not elsewhere:
                continue
            if elsewhere > most or elsewhere == most and best is not None and answer < best:
                best, most = answer, elsewhere
        return best
