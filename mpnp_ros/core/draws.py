# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which samples a training step sees, and which of their modalities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor

from mpnp_ros.core.samples import TrainingSample


class Draws:
    """Draw samples without replacement, again and again, and the modalities that each keeps.

    Up to `together` samples of one moment, which share their latents, follow each other. Every
    process of a training draws the same.
    """

    def __init__(self, samples: Sequence[TrainingSample], size: int, drop: float,
                 seed: int, together: int = 1) -> None:
        self._samples, self._size, self._drop = samples, size, drop
        self._together, self._moments = together, _moments(samples)
        self._generator = torch.Generator().manual_seed(seed)
        self._order: list[int] = []

    def next(self) -> tuple[list[TrainingSample], list[list[str]]]:
        """Return the samples of the next step and the modalities attached to each."""
        while len(self._order) < self._size:
            self._order += self._shuffled()
        drawn, self._order = self._order[:self._size], self._order[self._size:]
        chosen = [self._samples[index] for index in drawn]
        return chosen, [self._kept(sorted(sample.latents)) for sample in chosen]

    def state(self) -> dict[str, Tensor]:
        """Return what has to be known to go on from here."""
        return {'generator': self._generator.get_state(),
                'order': torch.tensor(self._order, dtype=torch.int64)}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from where a state was taken."""
        self._generator.set_state(state['generator'])
        self._order = state['order'].tolist()

    def _shuffled(self) -> list[int]:
        """Return all samples in a new order."""
        order = torch.randperm(len(self._samples), generator=self._generator).tolist()
        if self._together == 1:
            return order
        waiting: dict[int, list[int]] = defaultdict(list)
        for index in order:
            waiting[self._moments[index]].append(index)
        groups = [few[first:first + self._together] for few in waiting.values()
                  for first in range(0, len(few), self._together)]
        turns = torch.randperm(len(groups), generator=self._generator).tolist()
        return [index for turn in turns for index in groups[turn]]

    def _kept(self, modalities: list[str]) -> list[str]:
        chances = torch.rand(len(modalities), generator=self._generator)
        kept = [name for name, chance in zip(modalities, chances) if chance >= self._drop]
        # With nothing attached the frozen LLM is all there is, and nothing can be learned.
        return kept or [modalities[int(chances.argmax())]]


def _moments(samples: Sequence[TrainingSample]) -> list[int]:
    """Return a number for each sample, the same for those that share their latents."""
    numbers: dict[tuple[int, ...], int] = {}
    return [numbers.setdefault(tuple(sorted(map(id, sample.latents.values()))), len(numbers))
            for sample in samples]
