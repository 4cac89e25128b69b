# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Train any fusion in the same way, and count what it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
import math
import time

import torch
from torch import nn

from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.fusion.fusion import Example, Fusion
from mpnp_ros.core.train import one_cycle, TrainingConfig, TrainingDiverged


# Counting slows a step down: the first ones are counted and then one in so many. A prime number:
# where steps take turns, all turns are counted.
_COUNT_FIRST, _COUNT_EVERY = 3, 19


@dataclass(frozen=True)
class Step:
    """Where training stands after a step.

    `flops` are the operations so far: some steps are counted as they run, and the others taken
    for the mean of those.
    """

    step: int
    loss: float
    accuracy: float
    flops: int
    seconds: float


class Operations:
    """Operations of steps: some are counted, others taken for the mean of those like them.

    Steps that show one modality each are of one kind, those behind them of another.

    :ivar spent: those of all steps so far.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self._alone, self.spent = config.alone_steps, 0
        self._counts: dict[bool, list[int]] = {True: [], False: []}

    @contextmanager
    def step(self, number: int) -> Iterator[None]:
        """Do a step, counted from 0, within."""
        counts = self._counts[number < self._alone]
        if len(counts) < _COUNT_FIRST or number % _COUNT_EVERY == 0:
            with counter() as counted:
                yield
            counts.append(int(counted.get_total_flops()))
            self.spent += counts[-1]
        else:
            yield
            self.spent += sum(counts) // len(counts)


def fit(fusion: Fusion, batches: Iterator[Sequence[Example]], config: TrainingConfig, *,
        look: Callable[[Step], None] = lambda step: None) -> Step:
    """Train for `config.steps` and return the last one.

    Of the configuration `batch`, `drop` and `unknown_answer` are the batches' affair. Of the
    precisions 'auto' is float32. Raises TrainingDiverged where the loss is no number.
    """
    gates = fusion.gates()
    groups = [group for group in (
        {'params': [one for one in fusion.trained() if one not in gates],
         'lr': config.learning_rate, 'weight_decay': config.weight_decay},
        {'params': [one for one in fusion.trained() if one in gates],
         'lr': config.gate_learning_rate, 'weight_decay': 0.0}) if group['params']]
    optimiser = torch.optim.AdamW(groups)
    device, reduced = fusion.trained()[0].device, config.precision == 'bfloat16'
    peaks = [group['lr'] for group in optimiser.param_groups]
    operations = Operations(config)
    began = time.perf_counter()
    last = Step(0, math.nan, 0.0, 0, 0.0)
    for number in range(config.steps):
        for group, peak in zip(optimiser.param_groups, peaks):
            group['lr'] = peak * one_cycle(number, config.steps, config.warm_up)
        with operations.step(number):
            with torch.autocast(device.type, torch.bfloat16, enabled=reduced):
                out = fusion(next(batches))
            loss = out.loss()
            if not math.isfinite(float(loss.detach())):
                raise TrainingDiverged(
                    f'{fusion.name}, step {number + 1}: the loss is {float(loss.detach())}; '
                    'choose smaller learning rates')
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
        nn.utils.clip_grad_norm_(fusion.trained(), config.clip)
        optimiser.step()
        last = Step(number + 1, float(loss.detach()), float(out.right().float().mean()),
                    operations.spent, time.perf_counter() - began)
        look(last)
    return last
