# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A moment at which questions are asked, with the latents that are at hand by then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
import dataclasses
from dataclasses import dataclass, field
import itertools

from mpnp_ros.core.latents import Latents
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.record import Verdict
from mpnp_ros.manager.report import Report
from mpnp_ros.suite.freshness import AgeLimits, Held, require_fresh, take_fresh, Unusable


@dataclass(frozen=True)
class Available:
    """Latents of one modality as they travel, what they weigh, and what encoding them costs.

    :ivar report: what their encoder would say of itself, where that was wanted.
    """

    held: Held
    payload_bytes: int
    encode_flops: int
    report: Report | None = None

    @property
    def latents(self) -> Latents:
        """Return the latents."""
        return self.held.latents


@dataclass(frozen=True)
class Moment:
    """Questions asked at the same time; `asked_ns` is that time, their stamp and the settling.

    :ivar available: the newest latents of each attached modality that has any.
    :ivar missing: why there are none, or no newer ones, by attached modality.
    :ivar reports: what each encoder would say of itself, where a policy is to decide by that.
    :ivar by_question: the decision about each question, where there is one each.
    """

    index: int
    stamp_ns: int
    asked_ns: int
    questions: tuple[AskedQuestion, ...]
    decision: tuple[Verdict, ...]
    available: dict[str, Available] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    by_question: tuple[tuple[Verdict, ...], ...] = ()

    def each(self) -> Iterator[tuple[AskedQuestion, Moment]]:
        """Return each question, and the moment as it is decided for that question."""
        for place, question in enumerate(self.questions):
            yield question, dataclasses.replace(
                self, decision=self.by_question[place]) if self.by_question else self

    @property
    def attached(self) -> list[str]:
        """Return the modalities that the decision selects."""
        return [verdict.modality for verdict in self.decision if verdict.selected]

    def take_up(self, named: Iterable[str], limits: AgeLimits) -> tuple[dict[str, Held], str]:
        """Return the latents that a question uses and a note on what is left out.

        Raises Unusable where it names a modality that is not attached or has no fresh latents.
        """
        def fresh(name: str) -> Held:
            if name not in self.attached:
                raise Unusable(f'modality {name!r} is not attached; attached: '
                               f'{", ".join(sorted(self.attached)) or "none"}')
            trouble = self.missing.get(name, '')
            if name not in self.available:
                raise Unusable(f'{name}: {trouble or "no latents have arrived yet"}')
            return require_fresh(
                name, self.available[name].held, self.asked_ns, limits, trouble)

        asked_for = list(named)
        if asked_for:
            return {name: fresh(name) for name in asked_for}, ''
        return take_fresh(self.attached, fresh)


def by_moment(questions: Iterable[AskedQuestion]) -> list[tuple[int, tuple[AskedQuestion, ...]]]:
    """Return the questions in the order of their stamps, those of one stamp together."""
    ordered = sorted(questions, key=lambda question: question.stamp_ns)
    return [(stamp_ns, tuple(group)) for stamp_ns, group in
            itertools.groupby(ordered, key=lambda question: question.stamp_ns)]
