# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which samples a training step sees, and which of their modalities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor

from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.training_config import TrainingConfig


class Draws:
    """Draw samples without replacement, again and again, and the modalities that each keeps.

    Up to `together` samples of one moment, which share their latents, follow each other. The
    first `alone` steps show one modality each and take samples that it can answer by itself: in
    turn those of each modality that no other can answer, and those that another can as well.
    Every process of a training draws the same.
    """

    def __init__(self, samples: Sequence[TrainingSample], size: int, drop: float, seed: int,
                 together: int = 1, alone: int = 0) -> None:
        self._samples, self._size, self._drop = samples, size, drop
        self._together, self._moments = together, _moments(samples)
        self._generator = torch.Generator().manual_seed(seed)
        self._turns = _turns(samples) if alone else []
        self._alone = alone if self._turns else 0
        self._step = 0
        # What is left of the last order of the samples of each turn, and of all of them.
        self._orders: list[list[int]] = [[] for _ in (*self._turns, 'all')]

    @property
    def turns(self) -> int:
        """Return how many steps show each modality alone once, with all that it can answer."""
        return len(self._turns)

    def next(self) -> tuple[list[TrainingSample], list[list[str]]]:
        """Return the samples of the next step and the modalities attached to each."""
        step, self._step = self._step, self._step + 1
        if step < self._alone:
            turn = step % len(self._turns)
            name, indices = self._turns[turn]
            chosen = self._take(turn, indices)
            return chosen, [[name] for _ in chosen]
        chosen = self._take(-1, range(len(self._samples)))
        return chosen, [self._kept(sorted(sample.latents)) for sample in chosen]

    def state(self) -> dict[str, Tensor]:
        """Return what has to be known to go on from here."""
        return {'generator': self._generator.get_state(), 'step': torch.tensor(self._step),
                **{f'order.{turn}': torch.tensor(order, dtype=torch.int64)
                   for turn, order in enumerate(self._orders)}}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from where a state was taken."""
        self._generator.set_state(state['generator'])
        self._step = int(state['step'])
        self._orders = [state[f'order.{turn}'].tolist() for turn in range(len(self._orders))]

    def _take(self, turn: int, indices: Sequence[int]) -> list[TrainingSample]:
        order = self._orders[turn]
        while len(order) < self._size:
            order += self._shuffled(indices)
        self._orders[turn] = order[self._size:]
        return [self._samples[index] for index in order[:self._size]]

    def _shuffled(self, indices: Sequence[int]) -> list[int]:
        """Return indices of samples in a new order."""
        order = [indices[place] for place in torch.randperm(
            len(indices), generator=self._generator).tolist()]
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


def _turns(samples: Sequence[TrainingSample]) -> list[tuple[str, list[int]]]:
    """Return modalities, each with samples that it can answer by itself."""
    found: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for index, sample in enumerate(samples):
        for name in sample.needs:
            found[name, len(sample.needs) > 1].append(index)
    return [(name, indices) for (name, _), indices in sorted(found.items())]


def draws_of(samples: Sequence[TrainingSample], config: TrainingConfig, *,
             mixed: bool = False) -> Draws:
    """Return the draws of a training; `mixed` as if all of its steps showed all modalities."""
    return Draws(samples, config.batch, config.drop, config.seed, config.together,
                 0 if mixed else config.alone_steps)


def _moments(samples: Sequence[TrainingSample]) -> list[int]:
    """Return a number for each sample, the same for those that share their latents."""
    numbers: dict[tuple[int, ...], int] = {}
    return [numbers.setdefault(tuple(sorted(map(id, sample.latents.values()))), len(numbers))
            for sample in samples]
