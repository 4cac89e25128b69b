# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How connectors are trained."""

from __future__ import annotations

from dataclasses import dataclass
import math

PRECISIONS = ('auto', 'float32', 'bfloat16')


class TrainingDiverged(RuntimeError):
    """Report a loss or a weight that is no number any more; the text names the step."""


@dataclass(frozen=True)
class TrainingConfig:
    """Say how connectors are trained.

    Rates rise and fall along one cycle whose peaks are `learning_rate` for aligners,
    `gate_learning_rate` for gates, `relevance_learning_rate` for what tells the slots that a
    question is about, and `lora_learning_rate` for LoRA. In each step a sample loses
    each of its modalities with probability `drop`, but keeps one, so that one set of connectors
    serves every subset. `unknown_answer` is what to answer while no modality that a sample needs
    takes part. `precision` is 'float32', 'bfloat16' (the LLM's matrix products in bf16) or
    'auto': the faster of the two for a batch of the samples, measured before the first step.
    Up to `together` samples of a batch are of one moment, whose tokens are aligned once for them.
    In the first `alone` of the steps, a share of them, each step shows one modality, in turn, and
    asks what it can answer by itself: in a mixture of everything that is learned far later.
    `whiten_keys` trains keys where the frozen LLM's queries are white (`whiten_keys`).
    Raises ValueError for a value out of range.
    """

    steps: int = 500
    batch: int = 64
    learning_rate: float = 1e-3
    gate_learning_rate: float = 1e-2
    relevance_learning_rate: float = 2.5e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.15
    clip: float = 1.0
    drop: float = 0.3
    unknown_answer: str | None = None
    precision: str = 'auto'
    seed: int = 0
    lora_learning_rate: float = 2e-4
    whiten_keys: bool = False
    together: int = 1
    alone: float = 0.0

    def __post_init__(self) -> None:
        for name in ('steps', 'batch', 'together'):
            if getattr(self, name) < 1:
                raise ValueError(f'{name} is {getattr(self, name)}, expected at least 1')
        for name in ('learning_rate', 'gate_learning_rate', 'relevance_learning_rate',
                     'lora_learning_rate', 'clip'):
            if not (getattr(self, name) > 0.0 and math.isfinite(getattr(self, name))):
                raise ValueError(f'{name} is {getattr(self, name)}, expected more than 0')
        for name in ('drop', 'warm_up'):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f'{name} is {getattr(self, name)}, expected 0 to less than 1')
        if not 0.0 <= self.alone <= 1.0:
            raise ValueError(f'alone is {self.alone}, expected 0 to 1')
        if self.weight_decay < 0.0:
            raise ValueError(f'weight_decay is {self.weight_decay}, expected 0 or more')
        if self.precision not in PRECISIONS:
            raise ValueError(
                f'precision {self.precision!r}: expected one of {sorted(PRECISIONS)}')

    @property
    def alone_steps(self) -> int:
        """Return how many steps, the first ones, show one modality each."""
        return round(self.alone * self.steps)


def one_cycle(step: int, steps: int, warm_up: float) -> float:
    """Return the share of its peak that a rate has: up linearly, down along half a cosine."""
    rising = warm_up * steps
    if step < rising:
        return (step + 1) / (rising + 1)
    return 0.5 * (1.0 + math.cos(math.pi * (step - rising) / max(steps - rising, 1.0)))
