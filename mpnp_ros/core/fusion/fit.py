# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Train any fusion in the same way, and count what it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
import math
import time

import torch
from torch import nn

from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.fusion.fusion import Example, Fusion
from mpnp_ros.core.train import one_cycle, TrainingConfig, TrainingDiverged


# Counting slows a step down: the first ones are counted and then one in so many.
_COUNT_FIRST, _COUNT_EVERY = 3, 20


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


def fit(fusion: Fusion, batches: Iterator[Sequence[Example]], config: TrainingConfig, *,
        spent: int = 0, flops: int = 0,
        look: Callable[[Step], None] = lambda step: None) -> Step:
    """Train for `config.steps`, or until `flops` operations are spent, and return the last step.

    `spent` are the operations before the first step, as those of `prepare` and of encoding. Of
    the configuration `batch`, `drop` and `unknown_answer` are the batches' affair. Where
    operations bound the training, the rates' cycle ends with them. Raises TrainingDiverged where
    the loss is no number.
    """
    gates = fusion.gates()
    groups = [group for group in (
        {'params': [one for one in fusion.trained() if one not in gates],
         'lr': config.learning_rate, 'weight_decay': config.weight_decay},
        {'params': [one for one in fusion.trained() if one in gates],
         'lr': config.gate_learning_rate, 'weight_decay': 0.0}) if group['params']]
    optimiser = torch.optim.AdamW(groups)
    peaks = [group['lr'] for group in optimiser.param_groups]
    counts: list[int] = []
    began = time.perf_counter()
    last = Step(0, math.nan, 0.0, spent, 0.0)
    for number in range(config.steps):
        share = max(number / config.steps, spent / flops if flops else 0.0)
        if share >= 1.0:
            break
        for group, peak in zip(optimiser.param_groups, peaks):
            group['lr'] = peak * one_cycle(
                round(share * config.steps), config.steps, config.warm_up)
        counted = counter() if number < _COUNT_FIRST or number % _COUNT_EVERY == 0 else None
        with counted or nullcontext():
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
        if counted is not None:
            counts.append(int(counted.get_total_flops()))
        spent += counts[-1] if counted is not None else sum(counts) // len(counts)
        last = Step(number + 1, float(loss.detach()), float(out.right().float().mean()), spent,
                    time.perf_counter() - began)
        look(last)
    return last
