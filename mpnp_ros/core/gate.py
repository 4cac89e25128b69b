# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Trainable latent connection: how strongly a modality takes part in each connected block."""

from __future__ import annotations

import math

import torch
from torch import nn, Tensor

# The attention logits of a fresh connector's slots are lowered by one.
INITIAL_GATE = math.exp(-1.0)


class Gate(nn.Module):
    """Hold one gate in (0, 1] per connected block, as the logarithm added to attention logits.

    A gate multiplies the slots' share before the softmax is normalised, so a closed gate, whose
    logarithm is -inf, leaves no trace: text attends to text as if the modality were absent.
    """

    closed: Tensor

    def __init__(self, blocks: int, initial: float = INITIAL_GATE) -> None:
        super().__init__()
        if not 0.0 < initial < 1.0:
            raise ValueError(f'initial gate {initial}: expected a number between 0 and 1')
        self.logit = nn.Parameter(torch.full((blocks,), math.log(initial / (1.0 - initial))))
        self.register_buffer('closed', torch.zeros(blocks, dtype=torch.bool))

    def log(self) -> Tensor:
        """Return the logarithm of each gate [N], -inf where it is closed."""
        return nn.functional.logsigmoid(self.logit).masked_fill(self.closed, -torch.inf)

    def values(self) -> list[float]:
        """Return each gate as a number in [0, 1], lowest block first, 0 where it is closed."""
        return [float(gate) for gate in self.log().detach().exp()]

    def close(self, block: int | None = None) -> None:
        """Close the gate of one connected block (0 is the lowest), or all of them."""
        self._set(block, True)

    def open(self, block: int | None = None) -> None:
        """Open the gate of one connected block (0 is the lowest), or all of them."""
        self._set(block, False)

    def set_values(self, value: float) -> None:
        """Give every block's gate the same value in [0, 1]; 0 closes them.

        A logistic gate only comes near 1: its value there is 1 to float32's last digit.
        """
        if not 0.0 <= value <= 1.0:
            raise ValueError(f'gate {value}: expected a number from 0 to 1')
        self._set(None, value == 0.0)
        if value > 0.0:
            nearest = min(value, 1.0 - 2.0 ** -24)
            with torch.no_grad():
                self.logit.fill_(math.log(nearest / (1.0 - nearest)))

    def _set(self, block: int | None, closed: bool) -> None:
        if block is None:
            self.closed.fill_(closed)
        elif 0 <= block < len(self.closed):
            self.closed[block] = closed
        else:
            raise ValueError(f'connected block {block}: expected 0 to {len(self.closed) - 1}')


class ScalingGate(nn.Module):
    """Hold the paper's gates: alpha = sigmoid(w / T), which scale keys and values.

    One per connected block, the same for every modality (mPnP-LLM, figure 5); w is drawn from
    U(-1, 1) and T is 1, as in the authors' code. A gate near zero dilutes attention rather than
    disconnecting: a key scaled to zero still has logit 0.
    """

    temperature = 1.0

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(blocks).uniform_(-1.0, 1.0))

    def alpha(self) -> Tensor:
        """Return the factor of each connected block [N]."""
        return torch.sigmoid(self.weight / self.temperature)

    def values(self) -> list[float]:
        """Return each gate as a number in [0, 1], lowest block first."""
        return [float(gate) for gate in self.alpha().detach()]
