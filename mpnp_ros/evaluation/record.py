# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One answer of an evaluation, and its form as a line of JSON.

A record holds nothing that differs between two runs of the same inputs: what the clock said is in
`AnswerTiming`, kept beside it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
import json
from typing import Any

SCHEMA = 1

QUESTION_ONLY = 'question_only'   # the same LLM without any sensor
SHUFFLED = 'shuffled'             # the sensors of another moment
CONTROLS = (QUESTION_ONLY, SHUFFLED)


@dataclass(frozen=True)
class Use:
    """One modality that took part; `gates` has one value per connected block."""

    modality: str
    encoder_id: str
    stamp_ns: int
    age_s: float
    tokens: int
    payload_bytes: int
    gates: tuple[float, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What the manager decided about one modality, and why."""

    modality: str
    selected: bool
    reason: str


@dataclass(frozen=True)
class Record:
    """One question as it was asked and what came back.

    :ivar id: the question's id.
    :ivar control: '' for the answer itself, otherwise one of CONTROLS.
    :ivar expected: the right answer, None where it is not known.
    :ivar answer: what was answered; '' where `refusal` says why there is none.
    :ivar right: whether it was, None where that cannot be told. A refused question is not right.
    :ivar scores: probability of each candidate, rounded to 6 digits.
    :ivar note: what was left out and why, in the LLM node's words.
    :ivar flops: counted operations of everything that runs for this answer when nothing was
        kept from before: 'encode', 'fuse', 'answer'.
    """

    id: str
    bag: str
    scene: str
    stamp_ns: int
    question: str
    expected: str | None
    answer: str
    right: bool | None
    control: str = ''
    type: str = ''
    hop: int | None = None
    condition: str = ''
    candidates: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    refusal: str = ''
    note: str = ''
    modalities: tuple[Use, ...] = ()
    decision: tuple[Verdict, ...] = ()
    flops: dict[str, int] = field(default_factory=dict)

    @property
    def modality_set(self) -> str:
        """Return the modalities used in one word, e.g. 'camera+lidar', or 'none'."""
        return '+'.join(sorted(use.modality for use in self.modalities)) or 'none'

    @property
    def confidence(self) -> float | None:
        """Return the probability of the answer given, None for free text."""
        if self.answer not in self.candidates or not self.scores:
            return None
        return self.scores[self.candidates.index(self.answer)]


@dataclass(frozen=True)
class AnswerTiming:
    """What one answer took, ms; NaN-free: what was not measured is None.

    `round_trip_ms` and `ages_s` are those of live runs, as the asking side saw them.
    """

    id: str
    control: str = ''
    fuse_ms: float | None = None
    prefill_ms: float | None = None
    decode_ms: float | None = None
    score_ms: float | None = None
    core_ms: float | None = None
    queue_ms: float | None = None
    total_ms: float | None = None
    round_trip_ms: float | None = None
    ages_s: dict[str, float] = field(default_factory=dict)


def to_line(item: Record | AnswerTiming) -> str:
    """Return a record or a timing as one line of JSON, without the line's end."""
    return json.dumps(dataclasses.asdict(item), ensure_ascii=False, separators=(',', ':'))


def record_from(fields: dict[str, Any]) -> Record:
    """Return the record of a parsed line; raises ValueError where it is not one."""
    try:
        return Record(**{
            **fields,
            'candidates': tuple(fields.get('candidates', ())),
            'scores': tuple(fields.get('scores', ())),
            'modalities': tuple(
                Use(**{**use, 'gates': tuple(use.get('gates', ()))})
                for use in fields.get('modalities', ())),
            'decision': tuple(Verdict(**verdict) for verdict in fields.get('decision', ())),
        })
    except (TypeError, AttributeError) as error:
        raise ValueError(f'not a record: {error}') from error


def timing_from(fields: dict[str, Any]) -> AnswerTiming:
    """Return the timing of a parsed line; raises ValueError where it is not one."""
    try:
        return AnswerTiming(**fields)
    except TypeError as error:
        raise ValueError(f'not a timing: {error}') from error


def plain_answer(answer: str) -> str:
    """Return what makes an answer the same: without case, blanks around and a full stop."""
    return answer.strip().rstrip('.').casefold()


def same_answer(given: str, expected: str) -> bool:
    """Tell whether two answers are the same but for case, blanks around and a full stop."""
    return plain_answer(given) == plain_answer(expected)
