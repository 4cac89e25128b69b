# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Fusion at the input: latents become tokens in front of the question (LLaVA, 2304.08485)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from mpnp_ros.core.fusion.embedded_text import EmbeddedText
from mpnp_ros.core.fusion.fusion import AnswerLogits, Example, Fusion
from mpnp_ros.core.fusion.projector import Projector, Projectors
from mpnp_ros.core.llm import LanguageModel


class InputProjection(Fusion):
    """Train a projector; the language model stays frozen, gradients pass through all of it.

    With `train_llm` all weights of the language model are trained too: full fine-tuning. They are
    changed in place.
    """

    name = 'input_projection'

    def __init__(self, llm: LanguageModel, widths: Mapping[str, int], *, system_prompt: str = '',
                 train_llm: bool = False) -> None:
        super().__init__()
        self._text = EmbeddedText(llm, system_prompt)
        self.projectors = Projectors(Projector, widths, llm.hidden_size, self._text.scale)
        self.projectors.to(llm.device)
        if train_llm:
            self.llm = llm.model.requires_grad_(True)

    def forward(self, examples: Sequence[Example]) -> AnswerLogits:
        """Return the logits at the answers' positions."""
        rows = []
        for example in examples:
            before, rest = self._text.split(example.text)
            seen = self.projectors(example.latents)
            rows.append(torch.cat([before, rest] if seen is None
                                  else [before, seen.to(before), rest]))
        return self._text.run(rows, [example.text for example in examples])
