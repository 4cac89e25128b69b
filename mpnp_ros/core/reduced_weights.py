# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Frozen weights in bf16, made once: autocast would make them anew in every pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import nn


class ReducedWeights:
    """Put bf16 copies in place of the frozen float32 weights of linear layers, for a while.

    Under autocast the products are the same, bit for bit. They take half the memory of the
    weights on top of it, from the first use on. One thread at a time.
    """

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        self._layers = list({id(layer): layer for module in modules for layer in module.modules()
                             if isinstance(layer, nn.Linear) and _takes(layer.weight)}.values())
        self._copies: list[nn.Parameter] = []

    @contextmanager
    def attached(self, wanted: bool) -> Iterator[None]:
        """Use the copies within the context, if they are wanted."""
        if not wanted:
            yield
            return
        given = [layer.weight for layer in self._layers]
        if not self._copies:
            self._copies = [nn.Parameter(weight.to(torch.bfloat16), requires_grad=False)
                            for weight in given]
        try:
            for layer, copy in zip(self._layers, self._copies, strict=True):
                layer.weight = copy
            yield
        finally:
            for layer, weight in zip(self._layers, given, strict=True):
                layer.weight = weight


def _takes(weight: torch.Tensor) -> bool:
    return weight.dtype == torch.float32 and not weight.requires_grad
