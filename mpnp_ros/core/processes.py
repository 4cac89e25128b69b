# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Processes that train together: what they tell each other in a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import nn, Tensor


class Processes(Protocol):
    """One of `size` processes, the `rank`-th; every one calls the same in the same order."""

    rank: int
    size: int

    def total(self, values: Tensor) -> Tensor:
        """Return the sum of the values [...] of all processes."""


class OneProcess:
    """A training in this process alone."""

    rank, size = 0, 1

    def total(self, values: Tensor) -> Tensor:
        """Return the values as they are."""
        return values


def add_gradients(parameters: Sequence[nn.Parameter], processes: Processes) -> None:
    """Replace each gradient by the sum of all processes'; none where no process has one.

    They travel in one piece. A parameter that no process used keeps no gradient, as in a training
    of one process, where the optimiser then leaves it alone.
    """
    if processes.size == 1:
        return
    there = torch.tensor([float(parameter.grad is not None) for parameter in parameters],
                         device=parameters[0].device)
    flat = torch.cat([
        (torch.zeros_like(parameter) if parameter.grad is None else parameter.grad).flatten()
        for parameter in parameters])
    summed = processes.total(torch.cat([there, flat]))
    parts = summed[len(parameters):].split([parameter.numel() for parameter in parameters])
    for parameter, part, used in zip(parameters, parts, summed[:len(parameters)].tolist()):
        parameter.grad = part.view_as(parameter).clone() if used else None
