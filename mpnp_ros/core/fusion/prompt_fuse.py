# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""PromptFuse: trained prompt vectors beside one vector per view at the input (2203.08055)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from mpnp_ros.core.fusion.embedded_text import EmbeddedText
from mpnp_ros.core.fusion.fusion import AnswerLogits, Example, Fusion
from mpnp_ros.core.fusion.projector import PooledProjector, Projectors
from mpnp_ros.core.llm import LanguageModel


class PromptFuse(Fusion):
    """Train `prompts` vectors that stand in front of everything, in a frozen language model.

    The paper's encoder is as wide as its language model and its output is used as it is. Ours
    differ in width, so that a linear map of the tokens' mean per view is trained as well.
    """

    name = 'prompt_fuse'

    def __init__(self, llm: LanguageModel, widths: Mapping[str, int], *, system_prompt: str = '',
                 prompts: int = 20) -> None:
        super().__init__()
        self._text = EmbeddedText(llm, system_prompt)
        self.projectors = Projectors(PooledProjector, widths, llm.hidden_size, self._text.scale)
        self.prompt = nn.Parameter(self._text.scale * torch.randn(prompts, llm.hidden_size))
        self.to(llm.device)

    def forward(self, examples: Sequence[Example]) -> AnswerLogits:
        """Return the logits at the answers' positions."""
        rows = []
        for example in examples:
            before, rest = self._text.split(example.text)
            seen = self.projectors(example.latents)
            parts = [self.prompt, *(() if seen is None else (seen,)), before, rest]
            rows.append(torch.cat([part.to(before) for part in parts]))
        return self._text.run(rows, [example.text for example in examples])
