# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""From a question and the latents at hand to an answer, with its costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
import time

from mpnp_ros.core.attention import Slots
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.state_cache import StateMemory


@dataclass(frozen=True)
class AnswerResult:
    """Hold an answer; times are in milliseconds of wall time.

    `scores` has one probability per candidate; `gates` one value per connected block of each
    modality used; `finish_reason` is that of the generation, 'stop' for scored candidates.
    `together` questions were answered in one batch: the times are those of all of them.
    """

    text: str
    finish_reason: str
    scores: list[float] = field(default_factory=list)
    gates: dict[str, list[float]] = field(default_factory=dict)
    prompt_tokens: int = 0
    output_tokens: int = 0
    fuse_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    score_ms: float = 0.0
    core_ms: float = 0.0
    together: int = 1


class Answerer:
    """Answer questions with an LLM and its connectors; one thread at a time."""

    def __init__(self, llm: LanguageModel, connectors: Connectors) -> None:
        self.llm = llm
        self.connectors = connectors

    @property
    def no_slots(self) -> Slots | None:
        """Return slots that are none, for each connected block; None without connectors.

        Under them the LLM answers as it does alone, but for rounding, and in two parts: a text
        that is asked again costs the connected blocks only.
        """
        return (None,) * self.connectors.connected_blocks or None

    def keep_states(self, memory: StateMemory) -> None:
        """Keep what is computed of texts below the connected blocks in this memory alone.

        What was kept elsewhere is out of reach from now on.
        """
        self.llm.keep_states(memory, self.no_slots)

    def question_vector(self, question: str, candidates: Sequence[str] = (), *,
                        system_prompt: str | None = None, together: bool = False
                        ) -> list[float] | None:
        """Return the state [hidden] of the prompt's last token that enters block L-N.

        It is at hand for a question that was answered as said here, `together` with others or
        alone. None where there are no connected blocks or the LLM only runs as a whole.
        """
        if system_prompt is None:
            system_prompt = self.connectors.system_prompt
        prompt = self.llm.prompt(question, system_prompt)
        asked = self.llm.ask(prompt, candidates) if candidates else None
        state = self.llm.last_state(asked or prompt, self.no_slots,
                                    self.llm.beginning(system_prompt) if together else ())
        return None if state is None else [float(value) for value in state]

    def check(self, latents: Latents) -> None:
        """Raise ConnectorMismatch, saying what differs, for latents that cannot be used."""
        self.connectors.check(latents)

    def answer(self, question: str, latents: Mapping[str, Latents], *,
               candidates: Sequence[str] = (), max_new_tokens: int = 16,
               temperature: float = 0.0, seed: int = 0, system_prompt: str | None = None,
               should_stop: Callable[[], bool] | None = None,
               on_token: Callable[[str], None] | None = None) -> AnswerResult:
        """Return the best candidate, or a generated text where there are no candidates.

        `system_prompt` is the connectors' own where it is None. Without latents the LLM answers
        from the question alone. Raises ConnectorMismatch for latents that the connectors were
        not trained for, ValueError for an empty or too long question, empty candidates or
        candidates given twice.
        """
        began = time.perf_counter()
        if system_prompt is None:
            system_prompt = self.connectors.system_prompt
        prompt = self.llm.prompt(question, system_prompt)
        slots = self.connectors.slots(latents) if latents else None
        fused = time.perf_counter()
        gates, fuse_ms = self.connectors.gates(latents), (fused - began) * 1e3
        if candidates:
            scores = self.llm.score(prompt, candidates, slots=slots)
            done = time.perf_counter()
            best = candidates[max(range(len(scores)), key=scores.__getitem__)]
            return AnswerResult(
                best, 'stop', scores=scores, gates=gates, prompt_tokens=len(prompt),
                fuse_ms=fuse_ms, score_ms=(done - fused) * 1e3, core_ms=(done - began) * 1e3)
        generation = self.llm.generate(
            prompt, slots=slots, max_new_tokens=max_new_tokens, temperature=temperature,
            seed=seed, on_token=on_token, should_stop=should_stop)
        return AnswerResult(
            generation.text.strip(), generation.finish_reason, gates=gates,
            prompt_tokens=len(prompt), output_tokens=len(generation.token_ids), fuse_ms=fuse_ms,
            prefill_ms=generation.prefill_ms, decode_ms=generation.decode_ms,
            core_ms=(time.perf_counter() - began) * 1e3)
