# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One question that is answered again whenever its sensors have something new."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
import math
import time

from mpnp_ros.msg import StandingQuestion as Message
from mpnp_ros.nodes.question import Code, Outcome, Question


@dataclass(eq=False)
class StandingQuestion:
    """A question that stands, and what became of it so far; times are monotonic seconds.

    `shed` counts new latents since the last published answer that were left unanswered because
    newer ones came before their turn.
    """

    id: str
    text: str
    candidates: tuple[str, ...]
    modalities: tuple[str, ...]     # empty: all that are attached
    max_age_s: float                # 0: the node's own limit
    min_period_s: float
    only_changes: bool
    max_tokens: int
    patience_s: float               # after this time an answer in work is given up
    resolve: Callable[[StandingQuestion, Outcome], None] = field(repr=False)
    lease_s: float = 0.0
    expires_s: float = math.inf
    not_before_s: float = 0.0
    heard_s: float = field(default_factory=time.monotonic)   # answered, or first asked
    answered: int = 0
    shed: int = 0
    shed_in_all: int = 0
    last_text: str | None = None
    error_code: int = Code.OK       # of the last outcome
    trouble: str = ''               # why there was no answer the last time; empty: there was

    @property
    def batch(self) -> Hashable:
        """Return what the questions that can be answered in one batch have in common."""
        return (self.modalities, self.max_age_s) if self.candidates else None

    def uses(self, modality: str) -> bool:
        """Tell whether new latents of a modality call for a new answer."""
        return not self.modalities or modality in self.modalities

    def renew(self, lease_s: float) -> None:
        """Begin the lease anew; 0 keeps the question for good."""
        self.lease_s = lease_s
        self.expires_s = time.monotonic() + lease_s if lease_s else math.inf

    def begin(self, now_s: float) -> Question:
        """Return the question to be answered now; the next one not before its period is over."""
        self.not_before_s = now_s + self.min_period_s
        return self.question(now_s)

    def question(self, now_s: float) -> Question:
        """Return the question as it is asked now."""
        return Question(
            text=self.text, candidates=self.candidates, modalities=self.modalities,
            text_only=False, max_age_s=self.max_age_s, max_tokens=self.max_tokens,
            temperature=0.0, seed=0, arrived_s=now_s, deadline_s=now_s + self.patience_s,
            resolve=lambda outcome: self.resolve(self, outcome), standing=True)

    def leave_out(self) -> None:
        """Count latents that were left unanswered."""
        self.shed += 1
        self.shed_in_all += 1

    def take(self, outcome: Outcome) -> tuple[bool, bool]:
        """Take an outcome; return whether it is to be published, and whether the text changed.

        That there is no answer is published once for each reason.
        """
        before, self.error_code = self.error_code, outcome.error_code
        if not outcome.success:
            self.trouble = outcome.message
            return outcome.error_code != before, False
        first, changed = self.last_text is None, self.last_text not in (None, outcome.text)
        self.last_text, self.heard_s, self.trouble = outcome.text, time.monotonic(), ''
        self.answered += 1
        return changed or first or before != Code.OK or not self.only_changes, changed

    def message(self) -> Message:
        """Return the message that describes the question."""
        return Message(
            id=self.id, question=self.text, candidates=list(self.candidates),
            modalities=list(self.modalities), max_age_s=self.max_age_s,
            min_period_s=self.min_period_s, only_changes=self.only_changes, lease_s=self.lease_s)
