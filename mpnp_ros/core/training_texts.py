# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Samples under a set of attached modalities as the token ids that training predicts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.text_states import Text


class TrainingTexts:
    """Turn samples into token ids, each text once."""

    def __init__(self, llm: LanguageModel, system_prompt: str, unknown: str | None) -> None:
        self._llm, self._system, self._unknown = llm, system_prompt, unknown
        self._prompts: dict[str, tuple[int, ...]] = {}
        self._answers: dict[str, tuple[int, ...]] = {}

    def of(self, sample: TrainingSample, attached: Collection[str]) -> Text:
        """Return prompt and answer while the `attached` modalities take part.

        Raises ValueError for an empty question or answer.
        """
        answer = sample.answer_under(attached, self._unknown)
        if sample.question not in self._prompts:
            self._prompts[sample.question] = tuple(
                self._llm.prompt(sample.question, self._system))
        if answer not in self._answers:
            self._answers[answer] = tuple(self._llm.format.answer(answer))
        return Text(self._prompts[sample.question], self._answers[answer])

    def all_of(self, samples: Sequence[TrainingSample]) -> Iterator[Text]:
        """Return every text that samples can become."""
        for sample in samples:
            yield self.of(sample, sample.latents.keys())
            yield self.of(sample, ())
