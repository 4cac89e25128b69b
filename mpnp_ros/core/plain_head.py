# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Logits of a few tokens, normalised over a vocabulary whose logits are never held at once."""

from __future__ import annotations

import torch
from torch import nn, Tensor

from mpnp_ros.core.quantised import QuantisedLinear

# So many states times so many tokens of the vocabulary stay in a processor's cache.
_STATES, _TOKENS = 512, 1024
# Up to so many states a product with the weights on the left takes half the time on a CPU.
_FEW = 8


class PlainHead:
    """The output head of a model that gives out its head's products as they are."""

    def __init__(self, head: nn.Linear | QuantisedLinear) -> None:
        self._head = head

    def logits(self, states: Tensor, tokens: Tensor) -> Tensor:
        """Return the logit [...] of a token of each of states [..., hidden] and tokens [...]."""
        logits = (states.float() * self._weight(tokens).float()).sum(-1)
        return logits if self._head.bias is None else logits + self._head.bias[tokens]

    def normalisers(self, states: Tensor) -> Tensor:
        """Return the logarithm [M] of the sum over all tokens of states [M, hidden]."""
        return torch.cat([self._normalisers(few) for few in states.split(_STATES)])

    def _normalisers(self, states: Tensor) -> Tensor:
        parts = []
        for first in range(0, self._head.out_features, _TOKENS):
            some = slice(first, first + _TOKENS)
            bias = None if self._head.bias is None else self._head.bias[some]
            if len(states) <= _FEW:
                logits = (self._weight(some) @ states.T).T
                logits = logits if bias is None else logits + bias
            else:
                logits = nn.functional.linear(states, self._weight(some), bias)
            parts.append(logits.float().logsumexp(-1))
        return torch.stack(parts).logsumexp(0)

    def _weight(self, tokens: Tensor | slice) -> Tensor:
        if isinstance(self._head, QuantisedLinear):
            return self._head.floats(tokens)
        return self._head.weight[tokens]
