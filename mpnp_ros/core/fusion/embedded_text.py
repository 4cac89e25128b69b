# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A causal LM run on embeddings instead of token ids, with logits where answers are predicted."""

from __future__ import annotations

from collections.abc import Sequence
import os

import torch
from torch import nn, Tensor

from mpnp_ros.core.architecture import UnsupportedArchitecture
from mpnp_ros.core.fusion.fusion import answer_targets, AnswerLogits
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.text_states import Text


class EmbeddedText:
    """Run texts whose embeddings have something put between them; gradients pass through.

    Raises UnsupportedArchitecture for a model whose logits are not its head over its last states.
    """

    def __init__(self, llm: LanguageModel, system_prompt: str) -> None:
        self.llm = llm
        self.beginning = tuple(llm.beginning(system_prompt))
        self._embed = llm.model.get_input_embeddings()
        self._head = llm.model.get_output_embeddings()
        ids = torch.zeros(1, 2, dtype=torch.long, device=llm.device)
        with torch.no_grad():
            whole = llm.model(input_ids=ids, use_cache=False).logits
            states = llm.model.base_model(inputs_embeds=self._embed(ids), use_cache=False)[0]
            parts = self._head(states)
        if not torch.allclose(whole, parts, rtol=1e-3, atol=1e-3):
            raise UnsupportedArchitecture(
                f'{type(llm.model).__name__} does more to its logits than its head does')

    @property
    def scale(self) -> float:
        """Return the root mean square of the model's embeddings."""
        return float(self._embed.weight.detach().float().square().mean().sqrt())

    def split(self, text: Text) -> tuple[Tensor, Tensor]:
        """Return the embeddings of what comes before a question, and of the rest to its answer."""
        ids = (*text.prompt, *text.answer[:-1])
        first = len(os.path.commonprefix([self.beginning, text.prompt]))
        embedded = self._embed(torch.tensor(ids, device=self.llm.device))   # [T, hidden]
        return embedded[:first], embedded[first:]

    def run(self, rows: Sequence[Tensor], texts: Sequence[Text]) -> AnswerLogits:
        """Run rows of embeddings [T_i, hidden], each of which ends with its text."""
        embeds, mask = padded(rows)
        states = self.llm.model.base_model(
            inputs_embeds=embeds, attention_mask=mask, use_cache=False)[0]
        targets, counts = answer_targets(texts, states.device)
        places = answer_places(texts, [len(row) for row in rows], targets.shape[1])
        places = places.to(states.device)[..., None].expand(-1, -1, states.shape[2])
        # In full precision: in half of it many logits of candidates are the same.
        with torch.autocast(states.device.type, enabled=False):
            wanted = states.gather(1, places).to(self._embed.weight)
            return AnswerLogits(self._head(wanted), targets, counts)


def answer_places(texts: Sequence[Text], lengths: Sequence[int], most: int) -> Tensor:
    """Return where rows of `lengths` predict their answers [B, most], the last place repeated."""
    ends = torch.tensor(lengths)[:, None] - 1
    first = ends + 1 - torch.tensor([len(text.answer) for text in texts])[:, None]
    return torch.minimum(first + torch.arange(most), ends)


def padded(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return rows [T_i, hidden] as [B, T, hidden], padded at the end, and where they are real."""
    mask = nn.utils.rnn.pad_sequence(
        [torch.ones(len(row), dtype=torch.long, device=row.device) for row in rows],
        batch_first=True)
    return nn.utils.rnn.pad_sequence(list(rows), batch_first=True), mask
