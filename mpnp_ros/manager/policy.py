# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Policies: from what modalities there are to which of them the LLM uses, with reasons."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

EVERYTHING = '*'


@dataclass(frozen=True)
class Offer:
    """What the manager knows of one modality; `trouble` says in words why it is unusable now."""

    modality: str
    online: bool = True
    trouble: str = ''


@dataclass(frozen=True)
class Choice:
    """The verdict on one modality and the reason for it, in words."""

    modality: str
    selected: bool
    reason: str


class Policy(ABC):
    """Decide which of the offered modalities are used; one class per policy."""

    name: ClassVar[str]

    @abstractmethod
    def decide(self, offers: Mapping[str, Offer]) -> list[Choice]:
        """Return one choice for every modality offered or asked for, sorted by name."""


class StaticPolicy(Policy):
    """Use a fixed list of modalities; `['*']` means all that are offered."""

    name = 'static'

    def __init__(self, modalities: Sequence[str]) -> None:
        self.modalities = check_modalities(modalities)

    def decide(self, offers: Mapping[str, Offer]) -> list[Choice]:
        """Select what is on the list; what is asked for but not offered is said to be missing."""
        everything = self.modalities == [EVERYTHING]
        choices = []
        for modality in sorted({*offers, *self.modalities} - {EVERYTHING}):
            offer = offers.get(modality)
            if not everything and modality not in self.modalities:
                choices.append(Choice(modality, False, 'not on the list'))
            elif offer is None:
                choices.append(Choice(modality, False, 'on the list, but no encoder offers it'))
            elif not offer.online:
                choices.append(Choice(modality, False, 'on the list, but its encoder is offline'))
            else:
                reason = 'all modalities are asked for' if everything else 'on the list'
                if offer.trouble:
                    reason += f'; {offer.trouble}'
                choices.append(Choice(modality, True, reason))
        return choices


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
