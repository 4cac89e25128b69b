# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""States below the connected blocks, shared by all trainings of a comparison.

They depend on the language model alone. Each training is charged with what the texts that it
uses take, as if it had computed them by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import copy
import time

import torch
from torch import nn, Tensor

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.fusion.embedded_text import answer_places
from mpnp_ros.core.fusion.fusion import answer_targets, AnswerLogits, Example, Fusion
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.lower_states import LowerStates, repeat_rows
from mpnp_ros.core.samples import gather_latents
from mpnp_ros.core.text_states import Text
from mpnp_ros.core.upper import UpperBlocks

_BATCH = 16


class KeptTexts:
    """States of texts, computed in batches when they are first wanted, and kept.

    What all prompts begin with is computed once.
    """

    def __init__(self, llm: LanguageModel, blocks: int, system_prompt: str) -> None:
        self.blocks = UpperBlocks(llm.model, llm.attention.architecture, blocks)
        self._device = llm.device
        with counter() as counted:
            self._beginning = LowerStates(llm.model, self.blocks).prompt(
                llm.beginning(system_prompt))
        self.beginning_flops = int(counted.get_total_flops())
        self._known: dict[Text, Tensor] = {}                     # [T, hidden]
        self._took: dict[Text, tuple[float, float]] = {}

    def compute(self, texts: Iterable[Text]) -> tuple[float, float]:
        """Compute what is not known yet; return operations and seconds that the texts took.

        They are those of the first time, whoever wanted them then.
        """
        wanted = list(dict.fromkeys(texts))
        new = sorted((text for text in wanted if text not in self._known),
                     key=lambda text: len(text.prompt) + len(text.answer))
        # Some tokenizers merge the end of the beginning with the question's first letter.
        for alike in (True, False):
            group = [text for text in new if self._begins(text) == alike]
            for first in range(0, len(group), _BATCH):
                self._compute(group[first:first + _BATCH], alike)
        return (sum(self._took[text][0] for text in wanted),
                sum(self._took[text][1] for text in wanted))

    def batch(self, texts: Sequence[Text]) -> tuple[Tensor, Tensor]:
        """Return token ids [B, T] and the states [B, T, hidden] entering block L-N, padded."""
        self.compute(texts)
        ids = [torch.tensor(_inputs(text), device=self._device) for text in texts]
        return (nn.utils.rnn.pad_sequence(ids, batch_first=True),
                nn.utils.rnn.pad_sequence([self._known[text] for text in texts],
                                          batch_first=True))

    def _begins(self, text: Text) -> bool:
        ids = self._beginning.ids[0].tolist()
        return list(text.prompt[:len(ids)]) == ids

    def _compute(self, texts: Sequence[Text], behind: bool) -> None:
        """Compute texts, `behind` the common beginning or from their own."""
        began = time.perf_counter()
        skipped = self._beginning.ids.shape[1] if behind else 0
        rows = [torch.tensor(_inputs(text)[skipped:], device=self._device) for text in texts]
        # Padding stands at the end, where nothing that counts can see it.
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)
        cache = None
        if behind:
            cache = copy.deepcopy(self._beginning.cache)
            repeat_rows(cache.layers, len(texts))
        with counter() as counted:
            states = self.blocks.lower(ids, past_key_values=cache)
        flops = int(counted.get_total_flops()) / len(texts)
        seconds = (time.perf_counter() - began) / len(texts)
        shared = self._beginning.states[0, :skipped]
        for text, row, found in zip(texts, rows, states):
            self._known[text] = torch.cat([shared, found[:len(row)]])
            self._took[text] = flops, seconds


class SharedLastBlocks(Fusion):
    """`LastBlocks`, whose texts are those kept: computed when they are wanted."""

    name = 'shared_last_blocks'

    def __init__(self, llm: LanguageModel, connectors: Connectors, kept: KeptTexts) -> None:
        super().__init__()
        self.connectors = connectors
        self._llm, self._kept = llm, kept

    def forward(self, examples: Sequence[Example]) -> AnswerLogits:
        """Return the logits at the answers' positions."""
        texts = [example.text for example in examples]
        ids, states = self._kept.batch(texts)
        targets, counts = answer_targets(texts, states.device)
        places = answer_places(texts, [len(_inputs(text)) for text in texts], targets.shape[1])
        seen = gather_latents([example.latents for example in examples], self._llm.device)
        with self._llm.attention.attached(self.connectors.fuse(seen) if seen else None):
            logits = self._kept.blocks.upper(states, ids, positions=places.to(states.device))
        return AnswerLogits(logits, targets, counts)

    def gates(self) -> set[nn.Parameter]:
        """Return the gates of all connectors."""
        return {parameter for connector in self.connectors
                for parameter in connector.gate.parameters()}


def _inputs(text: Text) -> tuple[int, ...]:
    return *text.prompt, *text.answer[:-1]
