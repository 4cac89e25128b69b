# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a policy decides from, besides the modalities on offer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mpnp_ros.manager.budget import Budget
from mpnp_ros.manager.cost import Cost


@dataclass(frozen=True)
class AskedQuestion:
    """One question that is to be answerable.

    :ivar modalities: those it names: they are used as long as it is asked.
    :ivar standing: it is answered again and again: what it needs is kept, whatever others need.
    :ivar vector: what the language model makes of it, [hidden]; None where not known.
    """

    text: str
    modalities: tuple[str, ...] = ()
    standing: bool = False
    vector: np.ndarray | None = field(default=None, compare=False)

    def quoted(self) -> str:
        """Return the question for a sentence, shortened, e.g. 'question "Is it dark?"'."""
        if not self.text:
            return 'no question yet'
        text = self.text if len(self.text) <= 48 else f'{self.text[:47]}…'
        return f'{"standing " if self.standing else ""}question "{text}"'


ANY_QUESTION = AskedQuestion('')   # where none has been asked


@dataclass(frozen=True)
class Situation:
    """The questions that are asked, what may be spent, and what an answer costs by itself.

    :ivar base: what is spent with no modality at all, on the language model.
    :ivar slack: accuracy that may be given up for a cheaper set, 0 to 1.
    """

    asked: tuple[AskedQuestion, ...] = ()
    budget: Budget = Budget()
    base: Cost = Cost()
    slack: float = 0.02
