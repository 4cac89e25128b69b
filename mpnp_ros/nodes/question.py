# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A question on its way through the LLM node, and the outcome that goes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
import math
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


@dataclass
class Question:
    """A checked question with the latents that it was taken up with."""

    text: str
    candidates: list[str]
    held: dict[str, Held]
    ages_s: dict[str, float]
    max_tokens: int
    temperature: float
    seed: int
    arrived_s: float          # monotonic clock
    deadline_s: float         # monotonic clock
    note: str = ''
    canceled: Callable[[], bool] = field(default=lambda: False)
    on_token: Callable[[str], None] | None = None


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
    try:
        check_text(request.question, request.candidates, limits)
    except BadQuestion as error:
        raise Refused(Code.ERROR_QUESTION, str(error)) from error
    except BadRequest as error:
        raise Refused(Code.ERROR_REQUEST, str(error)) from error
    if request.text_only and request.modalities:
        raise Refused(Code.ERROR_REQUEST, 'text_only is set and modalities are named: '
                      'choose one of the two')
    for name in ('temperature', 'max_age_s'):
        value = getattr(request, name)
        if not math.isfinite(value) or value < 0.0:
            raise Refused(Code.ERROR_REQUEST, f'{name} is {value}, expected 0 or more')


def outcome_of(question: Question, result: AnswerResult, *, queue_ms: float) -> Outcome:
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
    )
    uses = [ModalityUse(
        modality=modality,
        encoder_id=held.latents.encoder_id,
        stamp=stamp_from(held.stamp_ns),
        age_s=question.ages_s[modality],
        tokens=held.latents.tokens.shape[0],
        gates=[float(gate) for gate in result.gates.get(modality, [])],
    ) for modality, held in question.held.items()]
    return Outcome(
        success=True, message=question.note, text=result.text, candidates=question.candidates,
        scores=[float(score) for score in result.scores], modalities=uses, timing=timing)


def age_of(held: Held, now_ns: int) -> float:
    """Return the age of latents, s."""
    return seconds_between(now_ns, held.stamp_ns)
