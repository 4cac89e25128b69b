# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Fusion in the last blocks: ours, and with the paper's arithmetic (mPnP-LLM, 2312.07886)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import nn

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.fusion.fusion import AnswerLogits, Example, Fusion
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.relevance import question_words
from mpnp_ros.core.samples import gather_latents
from mpnp_ros.core.text_states import late_tokens, Text, TextStates
from mpnp_ros.core.upper import UpperBlocks


class LastBlocks(Fusion):
    """Train connectors; gradients pass through the connected blocks alone.

    What the blocks below make of a text is computed once, for which `prepare` needs all texts,
    unless their `states` are given.
    """

    name = 'last_blocks'

    def __init__(self, llm: LanguageModel, connectors: Connectors,
                 states: TextStates | None = None) -> None:
        super().__init__()
        self.connectors = connectors
        self._llm = llm
        self._blocks = UpperBlocks(
            llm.model, llm.attention.architecture, connectors.connected_blocks)
        self._given = states is not None
        self._states = states

    def prepare(self, texts: Iterable[Text]) -> int:
        """Run the blocks below over all texts that are coming: others are not taken."""
        if self._given:
            return 0
        known = list(dict.fromkeys(texts))
        self._states = TextStates(self._llm, self._blocks, known,
                                  late=late_tokens(self._llm, self.connectors))
        with counter() as counted:
            for text in {text.prompt: text for text in known}.values():
                self._states.batch([text])   # brings along all answers of its prompt
        return int(counted.get_total_flops())

    def forward(self, examples: Sequence[Example]) -> AnswerLogits:
        """Return the logits at the answers' positions; raises RuntimeError before `prepare`."""
        if self._states is None:
            raise RuntimeError('prepare() comes first: it says which texts there are')
        # In full precision: states are kept for all, and what runs above them costs little.
        with torch.autocast(self._llm.device.type, enabled=False):
            return self._run(self._states, examples)

    def _run(self, states: TextStates, examples: Sequence[Example]) -> AnswerLogits:
        batch = states.batch([example.text for example in examples])
        seen = gather_latents([example.latents for example in examples], self._llm.device)
        words = None
        if self.connectors.relevance:
            words = question_words(
                self._llm.model.get_input_embeddings(),
                [example.text.prompt for example in examples], self._llm.format.lead,
                self._llm.device)
        slots = self.connectors.fuse(seen, words) if seen else None
        logits = batch.logits(self._blocks, self._llm.attention, slots)
        return AnswerLogits(logits, batch.targets, batch.counts)

    def gates(self) -> set[nn.Parameter]:
        """Return the gates of all connectors."""
        return {parameter for connector in self.connectors
                for parameter in connector.gate.parameters()}
