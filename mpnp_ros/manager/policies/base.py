# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a policy is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math
from typing import ClassVar

import numpy as np

from mpnp_ros.manager.cost import Cost
from mpnp_ros.manager.offer import Choice, Offer
from mpnp_ros.manager.situation import Situation

NOTHING_ASKED = Situation()


@dataclass(frozen=True)
class Plan:
    """What a policy decided.

    :ivar choices: one for every modality offered or asked for, sorted by name.
    :ivar accuracy: expected mean accuracy of the questions asked, NaN where nothing is expected.
    :ivar cost: of what is selected, as far as it is known.
    """

    choices: list[Choice]
    accuracy: float = math.nan
    cost: Cost = Cost()

    @property
    def selected(self) -> list[str]:
        """Return the names of what is selected."""
        return [choice.modality for choice in self.choices if choice.selected]


class Policy(ABC):
    """Decide which of the offered modalities are used; one class per policy."""

    name: ClassVar[str]
    looks_at_questions: ClassVar[bool] = False
    """Whether it decides by what is asked and by how good the sensors' data are."""

    @property
    def wants_vectors(self) -> bool:
        """Tell whether it looks at the vectors of questions."""
        return False

    @abstractmethod
    def plan(self, offers: Mapping[str, Offer], situation: Situation = NOTHING_ASKED) -> Plan:
        """Return the plan for the modalities on offer."""

    def problem_with_vectors(self, _llm: str, _block: int) -> str:
        """Return in words why vectors of questions from a model cannot be used, '' if they can."""
        return ''

    def decide(self, offers: Mapping[str, Offer]) -> list[Choice]:
        """Return the choices where nothing is known but the offers."""
        return self.plan(offers).choices


def keep_within(wanted: Sequence[str], offers: Mapping[str, Offer], situation: Situation
                ) -> dict[str, str]:
    """Return those of the wanted modalities that the budget has no room for, with the reason.

    They are taken in order, so that the first wanted are the last to go.
    """
    total, limits = situation.base.vector(), situation.budget
    refused = {}
    for modality in wanted:
        grown = total + offers[modality].cost.vector()
        refusal = limits.refuses(grown, offers[modality])
        if refusal:
            refused[modality] = refusal
        else:
            total = grown
    return refused


def cost_of(selected: Sequence[str], offers: Mapping[str, Offer], situation: Situation) -> Cost:
    """Return what a set costs, with what is spent in any case."""
    vectors = [offers[name].cost.vector() for name in selected if name in offers]
    return Cost(*(float(one) for one in np.sum([situation.base.vector(), *vectors], axis=0)))
