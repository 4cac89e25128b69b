# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's cost model: multiply-accumulates from sizes alone (mPnP-LLM, released code)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mpnp_ros.core.llm import LanguageModel


@dataclass(frozen=True)
class ClosedForm:
    """A causal LM by its sizes: L `blocks` of width d over n `tokens`, and its vocabulary.

    A block takes 12 n d^2 + 2 n^2 d, whatever the LLM's own feed-forward width and key/value
    heads are; the head n V d; a step forward through everything and backward through N blocks
    and the head. Encoders are left out: their tokens are computed once.
    """

    blocks: int
    width: int
    tokens: int
    vocabulary: int

    @classmethod
    def of(cls, llm: LanguageModel, tokens: int) -> ClosedForm:
        """Return that of a language model over texts and slots of so many tokens."""
        config: Any = llm.model.config.get_text_config(decoder=True)
        return cls(llm.num_blocks, llm.hidden_size, tokens, int(config.vocab_size))

    def step_flops(self, connected: int, batch: int) -> float:
        """Return the operations of a step, two for each multiply-accumulate."""
        block = 12.0 * self.tokens * self.width ** 2 + 2.0 * self.tokens ** 2 * self.width
        head = float(self.tokens * self.vocabulary * self.width)
        return 2.0 * batch * ((self.blocks * block + head) + (connected * block + head))

    def largest(self, step_flops: float, batch: int) -> int:
        """Return the largest number of blocks within a budget for a step, 0 for none."""
        return max((connected for connected in range(1, self.blocks + 1)
                    if self.step_flops(connected, batch) <= step_flops), default=0)
