# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The policy 'all': whatever the budget has room for, the cheapest first."""

from __future__ import annotations

from collections.abc import Mapping

from mpnp_ros.manager.offer import Choice, Offer
from mpnp_ros.manager.policies.base import cost_of, keep_within, NOTHING_ASKED, Plan, Policy
from mpnp_ros.manager.situation import Situation


class AllPolicy(Policy):
    """Use every modality whose encoder is online, however good its data are."""

    name = 'all'

    def plan(self, offers: Mapping[str, Offer], situation: Situation = NOTHING_ASKED) -> Plan:
        """Select all within the budget."""
        online = sorted((name for name in offers if offers[name].online),
                        key=lambda name: (tuple(offers[name].cost.vector()), name))
        refused = keep_within(online, offers, situation)
        choices = []
        for name in sorted(offers):
            offer = offers[name]
            if not offer.online:
                choices.append(Choice(name, False, offer.trouble or 'its encoder is offline'))
            elif name in refused:
                choices.append(Choice(name, False, refused[name]))
            else:
                choices.append(Choice(
                    name, True, 'every modality is used' + (
                        f'; {offer.trouble}' if offer.trouble else '')))
        selected = [choice.modality for choice in choices if choice.selected]
        return Plan(choices, cost=cost_of(selected, offers, situation))
