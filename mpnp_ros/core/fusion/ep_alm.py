# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""eP-ALM: one vector per view beside the text in the last blocks, a soft token at the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn, Tensor

from mpnp_ros.core.fusion.embedded_text import answer_places, EmbeddedText, padded
from mpnp_ros.core.fusion.fusion import answer_targets, AnswerLogits, Example, Fusion
from mpnp_ros.core.fusion.projector import PooledProjector, Projectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.upper import UpperBlocks


class EpAlm(Fusion):
    """Train one linear map per modality and a soft token (eP-ALM, 2303.11403).

    The paper hands the [CLS] tokens of an encoder's last layers to the last layers of the language
    model, one after the other, each in the place of the one before. Our encoders give tokens of
    one layer: their mean per view is put into that place before each of the last `blocks`.
    """

    name = 'ep_alm'

    def __init__(self, llm: LanguageModel, widths: Mapping[str, int], *, blocks: int,
                 system_prompt: str = '') -> None:
        super().__init__()
        self._text = EmbeddedText(llm, system_prompt)
        all_blocks = llm.attention.architecture.blocks
        self._upper = all_blocks[len(all_blocks) - blocks:]
        self._blocks = UpperBlocks(llm.model, llm.attention.architecture, blocks)
        self.projectors = Projectors(PooledProjector, widths, llm.hidden_size, 1.0)
        self.soft = nn.Parameter(self._text.scale * torch.randn(1, llm.hidden_size))
        self.to(llm.device)

    def forward(self, examples: Sequence[Example]) -> AnswerLogits:
        """Return the logits at the answers' positions."""
        texts = [example.text for example in examples]
        rows = [torch.cat([self.soft.to(part), part]) for part in (
            torch.cat(self._text.split(text)) for text in texts)]
        embeds, mask = padded(rows)
        seen = [self.projectors(example.latents) for example in examples]
        most = max((len(one) for one in seen if one is not None), default=0)
        if not most:
            return self._text.run(rows, texts)
        placed = embeds.new_zeros(len(rows), most, embeds.shape[2])
        shown = mask.new_zeros(len(rows), most)
        for row, one in enumerate(seen):
            if one is not None:                 # next to the text: missing views stand in front
                placed[row, most - len(one):] = one.to(placed)
                shown[row, most - len(one):] = 1
        states = self._below(embeds, mask)
        targets, counts = answer_targets(texts, states.device)
        places = answer_places(texts, [len(row) for row in rows], targets.shape[1])
        logits = self._above(
            placed, states, torch.cat([shown, mask], dim=1), places.to(states.device))
        return AnswerLogits(logits, targets, counts)

    def _below(self, embeds: Tensor, mask: Tensor) -> Tensor:
        """Return the states that enter the first of the last blocks."""
        def stop(_module: nn.Module, given: tuple[Tensor, ...]) -> None:
            raise _Reached(given[0])

        handle = self._upper[0].register_forward_pre_hook(stop)
        try:
            self._text.llm.model.base_model(
                inputs_embeds=embeds, attention_mask=mask, use_cache=False)
        except _Reached as reached:
            return reached.states
        finally:
            handle.remove()
        raise RuntimeError('no states reached the last blocks')

    def _above(self, placed: Tensor, states: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        """Run the last blocks with the vectors in front, put back before each of them."""
        count = placed.shape[1]

        def again(_module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
            return torch.cat([placed, given[0][:, count:]], dim=1), *given[1:]

        handles = [block.register_forward_pre_hook(again) for block in self._upper[1:]]
        try:
            return self._blocks.upper(
                torch.cat([placed, states], dim=1), torch.zeros_like(mask),
                positions=positions + count, attention_mask=mask)
        finally:
            for handle in handles:
                handle.remove()


class _Reached(Exception):
    """Carries the states out of a forward pass that goes no further."""

    def __init__(self, states: Tensor) -> None:
        super().__init__()
        self.states = states
