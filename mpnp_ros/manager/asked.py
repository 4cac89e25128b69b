# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which questions count now: those that stand, those asked lately, those announced."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

from mpnp_ros.manager.situation import AskedQuestion

MOST = 64   # questions that are remembered


class AskLog:
    """Remember questions for a time; asked again, a question counts anew but not twice."""

    def __init__(self, remember_s: float) -> None:
        self.remember_s = remember_s
        self._standing: tuple[AskedQuestion, ...] = ()
        self._recent: dict[str, tuple[AskedQuestion, float]] = {}   # with the end of its time

    def note(self, question: AskedQuestion, now_s: float, keep_s: float = 0.0) -> None:
        """Count a question as asked now, for a time of its own if `keep_s` is given."""
        known, until_s = self._recent.pop(question.text, (question, 0.0))
        # The same question asked without what was announced with it keeps that.
        question = dataclasses.replace(
            question, modalities=question.modalities or known.modalities,
            vector=known.vector if question.vector is None else question.vector)
        self._recent[question.text] = question, max(
            until_s, now_s + (keep_s or self.remember_s))
        while len(self._recent) > MOST:
            del self._recent[next(iter(self._recent))]

    def stand(self, questions: Sequence[AskedQuestion]) -> None:
        """Replace the standing questions."""
        self._standing = tuple(dataclasses.replace(one, standing=True) for one in questions)

    def at(self, now_s: float) -> tuple[AskedQuestion, ...]:
        """Return the questions that count at a time, standing ones first."""
        self._recent = {text: kept for text, kept in self._recent.items() if kept[1] > now_s}
        standing = {one.text for one in self._standing}
        return (*self._standing, *(question for text, (question, _) in self._recent.items()
                                   if text not in standing))
