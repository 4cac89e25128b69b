# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a policy is told of a modality, and its verdict on it."""

from __future__ import annotations

from dataclasses import dataclass

from mpnp_ros.manager.cost import Cost


@dataclass(frozen=True)
class Offer:
    """What the manager knows of one modality.

    :ivar trouble: why it is unusable or worth less than it could be now, in words.
    :ivar usable: whether anything can be told from it, with hysteresis.
    :ivar usability: 0 (nothing can be told from it) to 1 (as good as it gets).
    :ivar cost: what it takes while it is in use.
    :ivar payload_bytes: of its latents in one message, 0 where not known, of so many
    :ivar bits: for each value.
    :ivar trial: why it is to be used although it was not usable, in words; '' otherwise.
    """

    modality: str
    online: bool = True
    trouble: str = ''
    usable: bool = True
    usability: float = 1.0
    cost: Cost = Cost()
    trial: str = ''
    payload_bytes: int = 0
    bits: int = 0


@dataclass(frozen=True)
class Choice:
    """The verdict on one modality and the reason for it, in words."""

    modality: str
    selected: bool
    reason: str
