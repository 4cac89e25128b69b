# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a set of modalities may take at most."""

from __future__ import annotations

from dataclasses import astuple, dataclass
import math

import numpy as np

from mpnp_ros.manager.cost import amount, DIMENSIONS
from mpnp_ros.manager.offer import Offer

_NETWORK = DIMENSIONS.index('network_bytes_per_s')
_LEAST_HZ = 0.1   # a lower rate is none
_LEAST_BITS = 8   # latents travel in int8 or in something longer


@dataclass(frozen=True)
class Budget:
    """The most that all modalities together may take; see Cost for the units, inf: no limit.

    Raises ValueError for a limit that is negative or NaN.
    """

    flops_per_s: float = math.inf
    answer_ms: float = math.inf
    memory_bytes: float = math.inf
    network_bytes_per_s: float = math.inf
    watts: float = math.inf

    def __post_init__(self) -> None:
        for name, limit in zip(DIMENSIONS, astuple(self)):
            if not limit >= 0.0:
                raise ValueError(f'budget {name} is {limit}, expected 0 or more')

    def limits(self) -> np.ndarray:
        """Return the limits as [5] numbers in the order of Cost's fields."""
        return np.array(astuple(self), dtype=np.float64)

    def exceeded_by(self, costs: np.ndarray) -> str:
        """Return in words which limit costs [5] do not keep, '' where they keep all."""
        for name, cost, limit in zip(DIMENSIONS, costs, self.limits()):
            if not within(cost, limit):
                return f'{amount(name, cost)} of {amount(name, limit)}'
        return ''

    def refuses(self, costs: np.ndarray, offer: Offer) -> str:
        """Return in words why costs [5] with an offer in them are too much, '' where they are not.

        Where the link is too slow, the words say at which rate, and whether in int8, it would do.
        """
        exceeded = self.exceeded_by(costs)
        if not exceeded:
            return ''
        remedies = self._remedies(costs, offer)
        hint = f'; would fit {" or ".join(remedies)}' if remedies else ''
        return f'over the budget: {exceeded}{hint}'

    def _remedies(self, costs: np.ndarray, offer: Offer) -> list[str]:
        limits = self.limits()
        if not within(np.delete(costs, _NETWORK), np.delete(limits, _NETWORK)).all():
            return []
        asked = offer.cost.network_bytes_per_s
        room = limits[_NETWORK] - (costs[_NETWORK] - asked)
        remedies = []
        if offer.payload_bytes and room >= _LEAST_HZ * offer.payload_bytes:
            hertz = math.floor(10.0 * room / offer.payload_bytes) / 10.0
            remedies.append(f'at up to {hertz:g} Hz (max_rate_hz)')
        if offer.bits > _LEAST_BITS and within(asked * _LEAST_BITS / offer.bits, room):
            remedies.append('as int8 (dtype)')
        return remedies


def within(costs: np.ndarray | float, limits: np.ndarray | float) -> np.ndarray:
    """Tell where costs keep limits, but for the rounding of a sum."""
    return np.asarray(costs <= np.asarray(limits) * (1.0 + 1e-9))
