# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""From a budget to the blocks that sensors enter, by what was measured."""

from __future__ import annotations

from dataclasses import dataclass

from mpnp_ros.training.cost.profile import Profile


@dataclass(frozen=True)
class Budget:
    """What a training may cost in all; None for what does not matter."""

    flops: float | None = None
    seconds: float | None = None
    bytes: float | None = None


@dataclass(frozen=True)
class TrainingCost:
    """What a training costs in all, encoders left out: their tokens are computed once."""

    blocks: int
    flops: float
    seconds: float
    peak_bytes: float

    def exceeds(self, budget: Budget) -> list[str]:
        """Return what the budget has too little of."""
        return [name for name, limit, cost in (
            ('FLOPs', budget.flops, self.flops), ('seconds', budget.seconds, self.seconds),
            ('bytes', budget.bytes, self.peak_bytes)) if limit is not None and cost > limit]


def training_cost(profile: Profile, blocks: int, steps: int, texts: int) -> TrainingCost:
    """Return what so many steps cost; the blocks below run once for each text."""
    step = profile.at(blocks)
    return TrainingCost(
        blocks, steps * step.flops + texts * step.text_flops,
        steps * step.seconds + texts * step.text_seconds, step.peak_bytes)


def largest_within(profile: Profile, budget: Budget, steps: int, texts: int,
                   most: int) -> TrainingCost | None:
    """Return the cost of the most blocks, `most` at most, within a budget; None for none."""
    for blocks in range(most, 0, -1):
        cost = training_cost(profile, blocks, steps, texts)
        if not cost.exceeds(budget):
            return cost
    return None
