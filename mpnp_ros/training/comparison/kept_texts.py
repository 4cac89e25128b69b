# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""States below the connected blocks, shared by all trainings of a comparison.

They depend on the language model alone. Each training is charged with what the texts that it
uses take, as if it had computed them by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
import time

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.fusion.last_blocks import LastBlocks
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.text_states import Text, TextStates
from mpnp_ros.core.upper import UpperBlocks

_CAPACITY_BYTES = 3 * 2 ** 30


class KeptTexts:
    """States of the texts given at the start, each computed when it is first wanted.

    :ivar states: gives out batches of them.
    """

    def __init__(self, llm: LanguageModel, blocks: int, texts: Iterable[Text]) -> None:
        self.states = TextStates(
            llm, UpperBlocks(llm.model, llm.attention.architecture, blocks), texts,
            capacity_bytes=_CAPACITY_BYTES)
        self._took: dict[tuple[int, ...], tuple[int, float]] = {}

    def compute(self, texts: Iterable[Text]) -> tuple[int, float]:
        """Compute what is not known yet; return operations and seconds that the texts took.

        They are those of the first time, whoever wanted them then. Answers come with prompts.
        """
        flops, seconds = 0, 0.0
        for text in {text.prompt: text for text in texts}.values():
            if text.prompt not in self._took:
                began = time.perf_counter()
                with counter() as counted:
                    self.states.batch([text])
                self._took[text.prompt] = (
                    int(counted.get_total_flops()), time.perf_counter() - began)
            flops += self._took[text.prompt][0]
            seconds += self._took[text.prompt][1]
        return flops, seconds


class SharedLastBlocks(LastBlocks):
    """Fusion in the last blocks that takes the states of its texts from those kept."""

    def __init__(self, llm: LanguageModel, connectors: Connectors, kept: KeptTexts) -> None:
        super().__init__(llm, connectors)
        self._states = kept.states

    def prepare(self, texts: Iterable[Text]) -> int:
        """Do nothing: states are computed when they are wanted, and kept."""
        return 0
