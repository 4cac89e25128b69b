# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of the next token."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from mpnp_ros.core.sampling import Sampler

LOGITS = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()


def share(temperature: float, top_p: float = 1.0, draws: int = 4000) -> list[float]:
    sampler = Sampler(temperature, top_p, seed=0)
    counts = Counter(sampler.choose(LOGITS) for _ in range(draws))
    return [counts[token] / draws for token in range(4)]


def test_temperature_zero_takes_the_most_likely() -> None:
    assert Sampler(0.0, 1.0, seed=0).choose(torch.tensor([0.1, 2.0, 1.9])) == 1


def test_temperature_one_draws_by_probability() -> None:
    assert share(1.0) == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.03)


def test_a_low_temperature_sharpens() -> None:
    squared = [0.25, 0.09, 0.0225, 0.0025]
    assert share(0.5) == pytest.approx([p / sum(squared) for p in squared], abs=0.03)


def test_the_nucleus_leaves_unlikely_tokens_out() -> None:
    assert share(1.0, top_p=0.7) == pytest.approx([0.625, 0.375, 0.0, 0.0], abs=0.03)


def test_the_nucleus_always_has_the_most_likely_token() -> None:
    assert share(1.0, top_p=0.01, draws=50) == [1.0, 0.0, 0.0, 0.0]


def test_tiny_temperatures_do_not_overflow() -> None:
    assert Sampler(1e-30, 1.0, seed=0).choose(torch.tensor([1e4, 1e4 - 1, -1e4])) == 0


def test_half_precision_logits_are_sampled_in_full_precision() -> None:
    full = Sampler(1.0, 0.9, seed=5)
    half = Sampler(1.0, 0.9, seed=5)
    logits = torch.tensor([1.0, 0.5, 0.25, 0.0])
    assert [full.choose(logits) for _ in range(20)] == [
        half.choose(logits.bfloat16()) for _ in range(20)]
