# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How a head is trained: on every cell whether an object is there, on objects what they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn, Tensor
from torch.nn import functional

from mpnp_ros.encoders.object_head import ObjectMaps
from mpnp_ros.training.object_head.examples import Examples
from mpnp_ros.training.object_head.targets import NONE, Targets, UNSURE

_COLOR, _STATE, _DISTANCE = 0.5, 0.3, 1.0   # weights beside that of finding


def loss_of(maps: ObjectMaps, targets: Targets) -> Tensor:
    """Return the focal loss of finding (arXiv:1904.07850, eq. 1) plus those of likeness."""
    wanted, logits = targets.heat.float(), maps.heat.float()
    sure = logits.sigmoid()
    middle = wanted == 1.0
    missed = (1.0 - sure) ** 2 * functional.logsigmoid(logits)
    false = (1.0 - wanted.clamp(max=1.0)) ** 4 * sure ** 2 * functional.logsigmoid(-logits)
    false = torch.where(wanted == UNSURE, 0.0, false)
    heat = -torch.where(middle, missed, false).sum() / middle.sum().clamp(min=1)
    there = targets.distance != NONE
    off = (maps.distance.float() - targets.distance.float()).abs()
    return (heat + _COLOR * _classes(maps.color, targets.color)
            + _STATE * _classes(maps.state, targets.state)
            + _DISTANCE * (off * there).sum() / there.sum().clamp(min=1))


def _classes(logits: Tensor, wanted: Tensor) -> Tensor:
    losses = functional.cross_entropy(
        logits.float(), wanted.long(), ignore_index=NONE, reduction='sum')
    return losses / (wanted != NONE).sum().clamp(min=1)


def train(head: nn.Module, examples: Examples, *, epochs: int, batch: int = 24,
          rate: float = 2e-3, seed: int = 0, reduced: bool = False,
          turned: Callable[[Examples, np.random.Generator], Examples] | None = None,
          progress: Callable[[int, int, str], None] | None = None) -> list[float]:
    """Train in place and return the mean loss of each epoch; `reduced` computes in bfloat16.

    `turned` may change each batch, so that no two epochs are alike.
    """
    draws = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=0.01)
    per_epoch = -(-len(examples) // batch)
    steps = epochs * per_epoch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=rate, total_steps=steps, pct_start=0.1)
    head.train()
    losses = []
    for epoch in range(epochs):
        total = 0.0
        order = draws.permutation(len(examples))
        for step, which in enumerate(np.array_split(order, per_epoch), 1):
            given = examples.of(torch.from_numpy(which))
            if turned is not None:
                given = turned(given, draws)
            with torch.autocast('cpu', torch.bfloat16, enabled=reduced):
                maps = head([one.float() for one in given.inputs])
            loss = loss_of(maps, given.targets)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(head.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            total += loss.item()
            if progress is not None:
                progress(epoch * per_epoch + step, steps, f'loss {total / step:.3f}')
        losses.append(total / per_epoch)
    head.eval()
    return losses
