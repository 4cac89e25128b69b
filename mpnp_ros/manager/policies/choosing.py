# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What policies share that choose the set with the best expected accuracy within a budget."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from mpnp_ros.manager.cost import Cost
from mpnp_ros.manager.expectation import Expectation
from mpnp_ros.manager.offer import Choice, Offer
from mpnp_ros.manager.policies.base import NOTHING_ASKED, Plan, Policy
from mpnp_ros.manager.reasons import Reasons
from mpnp_ros.manager.search import best_set, Task
from mpnp_ros.manager.situation import ANY_QUESTION, AskedQuestion, Situation


class ChoosingPolicy(Policy):
    """Weigh what each set is expected to answer against what it costs.

    Modalities that are offline or unusable are out, unless a question names them or they are on
    trial: then they are in, as far as the budget has room.
    """

    looks_at_questions = True

    @abstractmethod
    def expect(self, questions: Sequence[AskedQuestion], usability: Mapping[str, float]
               ) -> Expectation:
        """Return what is expected of questions over modalities with their usability, in order."""

    def plan(self, offers: Mapping[str, Offer], situation: Situation = NOTHING_ASKED) -> Plan:
        """Choose the set and say why."""
        asked = situation.asked or (ANY_QUESTION,)
        naming = {name: question for question in reversed(asked) for name in question.modalities}
        names = [name for name in sorted(offers) if offers[name].online
                 and (offers[name].usable or name in naming or offers[name].trial)]
        expectation = self.expect(asked, {name: offers[name].usability for name in names})
        task = Task(
            expectation.accuracy,
            np.array([offers[name].cost.vector() for name in names]).reshape(len(names), -1)
            if names else np.zeros((0, len(Cost().vector()))),
            situation.base.vector(), situation.budget.limits(),
            np.array([name in naming or bool(offers[name].trial) for name in names], dtype=bool),
            np.array([question.standing for question in asked], dtype=bool), situation.slack)
        chosen = best_set(task)
        reasons = Reasons(
            task, [offers[name] for name in names], chosen, expectation, situation.budget)
        choices = []
        for modality in sorted({*offers, *naming}):
            offer, place = offers.get(modality), names.index(modality) if modality in names else -1
            selected = place >= 0 and bool(chosen[place])
            named = f'named by the {naming[modality].quoted()}' if modality in naming else ''
            if offer is None:
                reason = f'{named}, but no encoder offers it'
            elif place < 0:
                reason = ', but '.join(filter(None, [named, offer.trouble or 'offline']))
            elif selected:
                reason = offer.trial or named or reasons.for_selected(place)
                if offer.trouble and not offer.trial:
                    reason += f'; {offer.trouble}'
            else:
                reason = ', but '.join(filter(None, [named, reasons.against(place)]))
            choices.append(Choice(modality, selected, reason))
        return Plan(choices, float(expectation.accuracy(chosen[None]).mean()),
                    Cost(*(float(one) for one in task.cost(chosen[None])[0])))
