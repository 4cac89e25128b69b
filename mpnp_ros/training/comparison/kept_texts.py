# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""States below the connected blocks, shared by all trainings of a comparison.

They depend on the language model alone. Each training is charged with what the texts that it
uses take, as if it had computed them by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
import time

from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.text_states import Text, TextStates
from mpnp_ros.core.upper import UpperBlocks


class KeptTexts:
    """States of texts for connectors that reach so many blocks.

    They are computed when they are first wanted. `late` as for `TextStates`.

    :ivar learned: states of what is learned from, and `asked` those of what is judged, which
        nobody is charged with.
    :ivar beginning_flops: operations for what all prompts that are learned from begin with.
    """

    def __init__(self, llm: LanguageModel, blocks: int, learned: Iterable[Text],
                 asked: Iterable[Text], late: int = 0) -> None:
        upper = UpperBlocks(llm.model, llm.attention.architecture, blocks)
        self.learned = TextStates(llm, upper, learned, late=late)
        self.asked = TextStates(llm, upper, asked, late=late)
        with counter() as counted:
            self.learned.prepare()
        self.beginning_flops = int(counted.get_total_flops())
        self._took: dict[tuple[int, ...], tuple[float, float]] = {}   # by prompt

    def compute(self, texts: Iterable[Text]) -> tuple[float, float]:
        """Compute what is not known yet; return operations and seconds that the texts took.

        They are those of the first time, whoever wanted them then. A prompt is charged with all
        answers that it is learned with.
        """
        wanted = {text.prompt: text for text in texts}
        for prompt, text in wanted.items():
            if prompt not in self._took:
                began = time.perf_counter()
                with counter() as counted:
                    self.learned.batch([text])
                together = self.learned.company(prompt)
                took = (counted.get_total_flops() / len(together),
                        (time.perf_counter() - began) / len(together))
                self._took.update(dict.fromkeys(together, took))
        return (sum(self._took[prompt][0] for prompt in wanted),
                sum(self._took[prompt][1] for prompt in wanted))
