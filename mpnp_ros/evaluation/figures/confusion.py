# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which answer was given for which."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from mpnp_ros.evaluation.record import plain_answer, Record

OTHERS = '(others)'
_MOST = 48   # answers of a table; free text has thousands


class Confusion:
    """Count the answers of one type of question by the right answer and by the given one."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._names: dict[str, str] = {}         # by what makes an answer the same
        self._candidates: dict[str, None] = {}   # in their order
        self._lists: set[tuple[str, ...]] = set()

    def add(self, record: Record) -> None:
        """Take an answer whose right answer is known; refusals are no answers."""
        if record.expected is None or record.refusal:
            return
        if record.candidates not in self._lists:
            self._lists.add(record.candidates)
            for candidate in record.candidates:
                key = plain_answer(candidate)
                self._candidates.setdefault(key)
                self._names.setdefault(key, candidate)
        expected, given = plain_answer(record.expected), plain_answer(record.answer)
        self._names.setdefault(expected, record.expected.strip())
        self._names.setdefault(given, record.answer.strip())
        self._counts[expected, given] += 1

    def figures(self) -> dict[str, Any]:
        """Return answers in the order of the candidates, and counts [right answer][given].

        Candidates that never occur are left out; beyond a number that can be shown, the rarest
        answers are put together.
        """
        occurring: Counter[str] = Counter()
        for pair, count in self._counts.items():
            for key in set(pair):
                occurring[key] += count
        often = sorted(occurring, key=lambda key: (-occurring[key], key))
        shown = set(often if len(often) <= _MOST else often[:_MOST - 1])
        order = [key for key in self._candidates if key in shown]
        order += sorted(shown - self._candidates.keys())
        places = {key: index for index, key in enumerate(order)}
        answers = [self._names[key] for key in order]
        if len(shown) < len(occurring):
            answers.append(OTHERS)
        counts = np.zeros((len(answers), len(answers)), np.int64)
        for (expected, given), count in self._counts.items():
            counts[places.get(expected, len(order)), places.get(given, len(order))] += count
        return {'answers': answers, 'counts': counts.tolist()}
