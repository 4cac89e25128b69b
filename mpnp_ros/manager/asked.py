# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which questions count now: those that stand, those asked lately, those announced."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from dataclasses import dataclass, field

from mpnp_ros.manager.situation import AskedQuestion

MOST = 64   # questions that are remembered


@dataclass
class _Kept:
    """A question with the end of its time, and that of each modality it was asked with."""

    question: AskedQuestion
    until_s: float = 0.0
    named_until_s: dict[str, float] = field(default_factory=dict)

    def at(self, now_s: float) -> AskedQuestion:
        return dataclasses.replace(self.question, modalities=tuple(
            name for name, until_s in self.named_until_s.items() if until_s > now_s))


class AskLog:
    """Remember questions for a time; asked again, a question counts anew but not twice.

    What it names counts for the time of the asking that named it.
    """

    def __init__(self, remember_s: float) -> None:
        self.remember_s = remember_s
        self._standing: tuple[AskedQuestion, ...] = ()
        self._recent: dict[str, _Kept] = {}

    def note(self, question: AskedQuestion, now_s: float, keep_s: float = 0.0) -> None:
        """Count a question as asked now, for a time of its own if `keep_s` is given."""
        kept = self._recent.pop(question.text, None) or _Kept(question)
        if question.vector is not None:
            kept.question = question
        until_s = now_s + (keep_s or self.remember_s)
        kept.until_s = max(kept.until_s, until_s)
        for name in question.modalities:
            kept.named_until_s[name] = max(kept.named_until_s.get(name, 0.0), until_s)
        self._recent[question.text] = kept
        while len(self._recent) > MOST:
            del self._recent[next(iter(self._recent))]

    def stand(self, questions: Sequence[AskedQuestion]) -> None:
        """Replace the standing questions."""
        self._standing = tuple(dataclasses.replace(one, standing=True) for one in questions)

    def at(self, now_s: float) -> tuple[AskedQuestion, ...]:
        """Return the questions that count at a time, standing ones first."""
        self._recent = {
            text: kept for text, kept in self._recent.items() if kept.until_s > now_s}
        standing = {one.text for one in self._standing}
        recent = [kept.at(now_s) for kept in self._recent.values()]
        return (*self._standing, *(one for one in recent
                                   if one.modalities or one.text not in standing))
