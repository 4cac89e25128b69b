# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The network with a head that is thrown away, and how both are trained."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn, Tensor
from torch.nn import functional

from mpnp_ros.encoders.range_network import RangeNetwork
from mpnp_ros.encoders.range_statistics import NAMES
from mpnp_ros.training.lidar_network.sweeps import Sweeps
from mpnp_ros.training.lidar_network.targets import CLASSES

_HIDDEN = 160
_DISTANCE_WEIGHT = 0.5


class Detector(nn.Module):
    """Tell what is in each sector from its tokens; without a network, from statistics alone."""

    def __init__(self, network: RangeNetwork | None, features: int, bands: int) -> None:
        super().__init__()
        self.network = network
        width = bands * (len(NAMES) + (features if network is not None else 0))
        self.head = nn.Sequential(
            nn.Linear(width, _HIDDEN), nn.GELU(), nn.Linear(_HIDDEN, 2 * len(CLASSES)))

    def forward(self, sweeps: Sweeps) -> tuple[Tensor, Tensor]:
        """Return logits of presence and log(1 + metres), each [B, sectors, CLASSES]."""
        tokens = sweeps.statistics  # [B, sectors, bands, width]
        if self.network is not None:
            features = self.network(sweeps.inputs)  # [B, sectors * bands, features]
            tokens = torch.cat(
                [tokens, features.unflatten(1, tokens.shape[1:3])], dim=3)
        logits, distance = self.head(tokens.flatten(2)).chunk(2, dim=2)
        return logits, distance


def loss_of(detector: Detector, sweeps: Sweeps) -> Tensor:
    """Return the cross entropy of presence plus the error of log distance where there is one."""
    logits, distance = detector(sweeps)
    presence = functional.binary_cross_entropy_with_logits(logits, sweeps.presence)
    error = (distance - torch.log1p(sweeps.distance)).abs() * sweeps.presence
    return len(CLASSES) * presence + (
        _DISTANCE_WEIGHT * error.sum() / sweeps.presence.sum().clamp(min=1.0))


def train(detector: Detector, sweeps: Sweeps, *, epochs: int, batch: int = 16,
          rate: float = 2e-3, seed: int = 0,
          progress: Callable[[int, int, str], None] | None = None) -> list[float]:
    """Train in place what of the detector requires gradients; return the mean loss of each epoch.

    Each batch is turned by some sectors half of the time, and mirrored half of the time.
    """
    draws = np.random.default_rng(seed)
    wanted = [one for one in detector.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(wanted, lr=rate, weight_decay=0.01)
    per_epoch = -(-len(sweeps) // batch)
    steps = epochs * per_epoch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=rate, total_steps=steps, pct_start=0.1)
    losses = []
    for epoch in range(epochs):
        total = 0.0
        for step, which in enumerate(np.array_split(draws.permutation(len(sweeps)), per_epoch), 1):
            given = sweeps.of(torch.from_numpy(which))
            if draws.random() < 0.5:
                given = given.turned(int(draws.integers(given.presence.shape[1])))
            if draws.random() < 0.5:
                given = given.mirrored()
            loss = loss_of(detector, given)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
            if progress is not None:
                progress(epoch * per_epoch + step, steps, f'loss {total / step:.3f}')
        losses.append(total / per_epoch)
    return losses
