# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Weights that are kept in bf16 while autocast computes in it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mpnp_ros.core.reduced_weights import ReducedWeights


def layers() -> nn.Sequential:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 8, bias=False))
    return made.requires_grad_(False)


def run(given: nn.Module, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    states = states.clone().requires_grad_()
    with torch.autocast('cpu', torch.bfloat16):
        out = given(states)
    (gradient,) = torch.autograd.grad(out.float().square().sum(), states)
    return out.detach(), gradient


def test_products_and_gradients_are_the_same_bit_for_bit() -> None:
    given, states = layers(), torch.randn(5, 16)
    expected = run(given, states)
    reduced = ReducedWeights([given])
    for _ in range(2):
        with reduced.attached(True):
            assert given[0].weight.dtype == torch.bfloat16
            found = run(given, states)
        assert all(torch.equal(one, other) for one, other in zip(found, expected))


def test_the_weights_come_back_whatever_happens() -> None:
    given = layers()
    before = [layer.weight for layer in (given[0], given[2])]
    with pytest.raises(RuntimeError, match='on the way'), ReducedWeights([given]).attached(True):
        raise RuntimeError('on the way')
    assert all(layer.weight is weight for layer, weight in zip((given[0], given[2]), before))


def test_what_learns_or_is_not_wanted_stays() -> None:
    given = layers()
    given[2].weight.requires_grad_()
    with ReducedWeights([given]).attached(False):
        assert given[0].weight.dtype == torch.float32
    with ReducedWeights([given, given]).attached(True):
        assert given[0].weight.dtype == torch.bfloat16
        assert given[2].weight.dtype == torch.float32
