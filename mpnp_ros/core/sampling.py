# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Choice of the next token: greedy, or sampled with a temperature and a nucleus."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class Sampler:
    """Choose tokens from logits; the same seed and logits give the same tokens.

    A temperature of 0 takes the most likely token. Otherwise logits are divided by it and the
    token is drawn from the smallest set of tokens whose probability reaches `top_p`. Raises
    ValueError for a temperature below 0 or a `top_p` outside (0, 1].
    """

    def __init__(self, temperature: float, top_p: float, seed: int) -> None:
        if not (math.isfinite(temperature) and temperature >= 0.0):
            raise ValueError(f'temperature is {temperature}, expected 0 or more')
        if not 0.0 < top_p <= 1.0:
            raise ValueError(f'top_p is {top_p}, expected more than 0 and at most 1')
        self._temperature, self._top_p = temperature, top_p
        self._generator = torch.Generator().manual_seed(seed)

    def choose(self, logits: Tensor) -> int:
        """Return the index of the next token for logits [vocabulary]."""
        if self._temperature == 0.0:
            return int(logits.argmax())
        # On the CPU whatever the device, so that a seed means the same everywhere.
        logits = logits.float().cpu()
        scaled = (logits - logits.max()) / self._temperature
        probabilities, tokens = scaled.softmax(-1).sort(descending=True)
        before = probabilities.cumsum(-1) - probabilities
        probabilities[before >= self._top_p] = 0.0
        return int(tokens[torch.multinomial(probabilities, 1, generator=self._generator)])
