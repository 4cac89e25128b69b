# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A question on its way through the LLM node, and the outcome that goes back."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
import math
import time
from typing import Any

from mpnp_ros.core.answerer import AnswerResult
from mpnp_ros.msg import ModalityUse, Timing
from mpnp_ros.nodes.stamps import seconds_between, stamp_from
from mpnp_ros.srv import Query
from mpnp_ros.suite.freshness import Held
from mpnp_ros.suite.parameters import LlmParameters
from mpnp_ros.suite.request_check import BadQuestion, BadRequest, check_text

Code = Query.Response


class Refused(Exception):
    """A question that is not answered; `code` is one of Query's error codes."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(eq=False)
class Question:
    """A checked question on its way to the model.

    Its latents are looked up when the model begins with it. `resolve` takes its outcome, on any
    thread, and all but the first of several.
    """

    text: str
    candidates: tuple[str, ...]
    modalities: tuple[str, ...]
    text_only: bool
    max_age_s: float          # 0: the node's own limit
    max_tokens: int
    temperature: float
    seed: int
    arrived_s: float          # monotonic clock
    deadline_s: float         # monotonic clock
    resolve: Callable[[Outcome], None]
    standing: bool = False    # asked again on new latents, and never from the text alone
    canceled: Callable[[], bool] = field(default=lambda: False)
    on_token: Callable[[str, int], None] | None = None

    @property
    def batch(self) -> Hashable:
        """Return what the questions that can be answered in one batch have in common.

        None for a question in free text, which is answered alone.
        """
        if not self.candidates:
            return None
        return self.modalities, self.text_only, self.max_age_s, self.standing

    def over(self) -> Outcome | None:
        """Return the outcome of a question that nobody waits for any more, otherwise None."""
        if self.canceled():
            return Outcome(error_code=Code.ERROR_CANCELED, message='the question was cancelled')
        now_s = time.monotonic()
        if now_s > self.deadline_s:
            return Outcome(error_code=Code.ERROR_DEADLINE, message='the deadline passed after '
                           f'{now_s - self.arrived_s:.3f} s')
        return None


@dataclass(frozen=True)
class Frame:
    """The latents that questions are answered from, and when they were looked up."""

    held: dict[str, Held]
    now_ns: int               # node clock
    note: str                 # on what was left out


@dataclass
class Outcome:
    """What is sent back; its fields are those of Query.Response."""

    success: bool = False
    error_code: int = Code.OK
    message: str = ''
    text: str = ''
    candidates: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    modalities: list[ModalityUse] = field(default_factory=list)
    timing: Timing = field(default_factory=Timing)

    def fill(self, target: Any) -> Any:
        """Copy the fields into a Query response, an Ask result or an Answer message."""
        for name, value in vars(self).items():
            setattr(target, name, value)
        return target


def check_request(request: Any, limits: LlmParameters) -> None:
    """Refuse what cannot be asked, whatever modalities there are.

    `request` is a Query request or an Ask goal: both have the same fields.
    """
    check_words(request.question, request.candidates, limits)
    if request.text_only and request.modalities:
        raise Refused(Code.ERROR_REQUEST, 'text_only is set and modalities are named: '
                      'choose one of the two')
    check_numbers(request, ('temperature', 'max_age_s'))


def check_words(text: str, candidates: Sequence[str], limits: LlmParameters) -> None:
    """Refuse a text or candidates that cannot be asked."""
    try:
        check_text(text, candidates, limits)
    except BadQuestion as error:
        raise Refused(Code.ERROR_QUESTION, str(error)) from error
    except BadRequest as error:
        raise Refused(Code.ERROR_REQUEST, str(error)) from error


def check_numbers(request: Any, names: Sequence[str]) -> None:
    """Refuse what is negative or no number in the fields named."""
    for name in names:
        value = getattr(request, name)
        if not math.isfinite(value) or value < 0.0:
            raise Refused(Code.ERROR_REQUEST, f'{name} is {value}, expected 0 or more')


def outcome_of(
    result: AnswerResult, candidates: Sequence[str], frame: Frame, *, queue_ms: float
) -> Outcome:
    """Return the outcome of a question that was answered."""
    timing = Timing(
        queue_ms=queue_ms,
        fuse_ms=result.fuse_ms,
        prefill_ms=result.prefill_ms,
        decode_ms=result.decode_ms,
        score_ms=result.score_ms,
        core_ms=result.core_ms,
        prompt_tokens=result.prompt_tokens,
        output_tokens=result.output_tokens,
        together=result.together,
    )
    uses = [ModalityUse(
        modality=modality,
        encoder_id=held.latents.encoder_id,
        stamp=stamp_from(held.stamp_ns),
        age_s=age_of(held, frame.now_ns),
        tokens=held.latents.tokens.shape[0],
        gates=[float(gate) for gate in result.gates.get(modality, [])],
    ) for modality, held in frame.held.items()]
    return Outcome(
        success=True, message=frame.note, text=result.text, candidates=list(candidates),
        scores=[float(score) for score in result.scores], modalities=uses, timing=timing)


def age_of(held: Held, now_ns: int) -> float:
    """Return the age of latents, s."""
    return seconds_between(now_ns, held.stamp_ns)
