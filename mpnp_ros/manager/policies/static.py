# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The policy 'static': a list is a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mpnp_ros.manager.offer import Choice, Offer
from mpnp_ros.manager.policies.base import cost_of, keep_within, NOTHING_ASKED, Plan, Policy
from mpnp_ros.manager.situation import Situation

EVERYTHING = '*'


class StaticPolicy(Policy):
    """Use a fixed list of modalities; `['*']` means all that are offered.

    Where the budget has no room for all of them, the last of the list go.
    """

    name = 'static'

    def __init__(self, modalities: Sequence[str]) -> None:
        self.modalities = check_modalities(modalities)

    def plan(self, offers: Mapping[str, Offer], situation: Situation = NOTHING_ASKED) -> Plan:
        """Select what is on the list; what is asked for but not offered is said to be missing."""
        everything = self.modalities == [EVERYTHING]
        listed = sorted(offers) if everything else self.modalities
        online = [name for name in listed if name in offers and offers[name].online]
        refused = keep_within(online, offers, situation)
        choices = []
        for modality in sorted({*offers, *self.modalities} - {EVERYTHING}):
            offer = offers.get(modality)
            if modality not in listed:
                choices.append(Choice(modality, False, 'not on the list'))
            elif offer is None:
                choices.append(Choice(modality, False, 'on the list, but no encoder offers it'))
            elif not offer.online:
                choices.append(Choice(modality, False, 'on the list, but its encoder is offline'))
            elif modality in refused:
                choices.append(Choice(modality, False, f'on the list, but {refused[modality]}'))
            else:
                reason = 'all modalities are asked for' if everything else 'on the list'
                if offer.trouble:
                    reason += f'; {offer.trouble}'
                choices.append(Choice(modality, True, reason))
        selected = [choice.modality for choice in choices if choice.selected]
        return Plan(choices, cost=cost_of(selected, offers, situation))


def check_modalities(modalities: Sequence[str]) -> list[str]:
    """Return the names as a list; raises ValueError for an empty or a doubled name."""
    names = list(modalities)
    if any(not name.strip() for name in names):
        raise ValueError('a modality name is empty')
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f'named more than once: {", ".join(doubled)}')
    if EVERYTHING in names and len(names) > 1:
        raise ValueError(f'{EVERYTHING!r} means all modalities and stands alone, got {names}')
    return names
