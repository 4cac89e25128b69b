# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Several questions about one moment, answered in one batch with what each of them cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import time

from mpnp_ros.core.answerer import Answerer, AnswerResult
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.tree_runner import AskedText


@dataclass(frozen=True)
class FrameQuestion:
    """A question with the candidates that are scored."""

    text: str
    candidates: tuple[str, ...]


def answer_frame(
    answerer: Answerer, latents: Mapping[str, Latents], questions: Sequence[FrameQuestion], *,
    system_prompt: str | None = None,
) -> list[AnswerResult | ValueError]:
    """Answer questions about the same latents; one that cannot be asked spoils no other.

    The answers are those of `Answerer.answer`, but for rounding; in place of one there is what it
    would have raised. Slots are made once, and the beginning that the prompts share is run once.
    Raises ConnectorMismatch for latents that the connectors were not trained for.
    """
    began = time.perf_counter()
    if system_prompt is None:
        system_prompt = answerer.connectors.system_prompt
    llm = answerer.llm
    asked: dict[FrameQuestion, AskedText | ValueError] = {}
    for question in questions:
        if question not in asked:
            try:
                asked[question] = llm.ask(
                    llm.prompt(question.text, system_prompt), question.candidates)
            except ValueError as error:
                asked[question] = error
    slots = answerer.connectors.slots(latents) if latents else None
    gates = answerer.connectors.gates(latents)
    fused = time.perf_counter()
    texts = {question: text for question, text in asked.items() if isinstance(text, AskedText)}
    shared = llm.beginning(system_prompt) if len(texts) > 1 else ()
    scored = llm.score_texts(list(texts.values()), slots or answerer.no_slots, shared)
    shares = {question: [float(share) for share in rows[0]]
              for question, rows in zip(texts, scored)}
    done = time.perf_counter()

    def result(question: FrameQuestion) -> AnswerResult | ValueError:
        text = asked[question]
        if isinstance(text, ValueError):
            return text
        scores = shares[question]
        best = max(range(len(scores)), key=scores.__getitem__)
        return AnswerResult(
            question.candidates[best], 'stop', scores=scores, gates=gates,
            prompt_tokens=len(text.prompt), fuse_ms=(fused - began) * 1e3,
            score_ms=(done - fused) * 1e3, core_ms=(done - began) * 1e3, together=len(questions))

    return [result(question) for question in questions]
