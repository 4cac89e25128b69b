# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Keys learn where queries are white; what is in use follows, and files do not show it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from tiny_models import BLOCKS, connectors, llm
import torch
from torch import Tensor
from toy_task import assert_goes_on_bit_for_bit, learned, samples, UNKNOWN

from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.followers import Followers
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.core.whitened_keys import query_moments, whiten_keys

SAMPLES = samples(20, seed=1)
WHITE = TrainingConfig(steps=6, batch=8, unknown_answer=UNKNOWN, precision='float32',
                       whiten_keys=True)


def training(given: Any = None, fresh: bool = True, **changes: Any) -> ConnectorTraining:
    given = connectors(llm(), blocks=2) if given is None else given
    return ConnectorTraining(llm(), given, SAMPLES, dataclasses.replace(WHITE, **changes),
                             fresh=given.modalities if fresh else ())


def moments(seed: int = 0) -> Tensor:
    """Return second moments [2, 2, 8, 8] of which one direction has nearly everything."""
    generator = torch.Generator().manual_seed(seed)
    queries = 0.1 * torch.randn(2, 2, 100, 8, generator=generator)
    queries += torch.randn(2, 2, 1, 8, generator=generator)
    return torch.einsum('nkqd,nkqe->nkde', queries, queries) / 100


def key_weights(given: Any) -> Tensor:
    """Return the weights of the camera's keys, [blocks, kv_heads, head_dim, hidden]."""
    weights: Tensor = given['camera'].aligner.key.weight.detach()
    return weights.view(2, 2, 8, -1)


def test_queries_are_seen_as_slots_meet_them() -> None:
    ids = torch.tensor([llm().prompt('what is near?')])
    with torch.no_grad(), llm().attention.watched() as seen:
        llm().model(input_ids=ids)
    assert [module for module, _ in seen] == list(llm().attention.architecture.attentions)
    counts = torch.ones(1, ids.shape[1])
    found = query_moments(llm().attention, [(*one, counts) for one in seen], BLOCKS)
    module, queries = seen[-1]
    heads = queries.shape[1] // found.shape[1]
    expected = sum(torch.outer(row, row) for row in queries[0, :heads].flatten(0, 1))
    assert torch.allclose(found[-1, 0], expected / (heads * ids.shape[1]), rtol=1e-4)


def test_positions_that_do_not_count_have_no_say() -> None:
    module = llm().attention.architecture.attentions[-1]
    queries = torch.randn(1, 4, 3, 8, generator=torch.Generator().manual_seed(1))
    counts = torch.tensor([[1.0, 1.0, 0.0]])
    found = query_moments(llm().attention, [(module, queries, counts)], 1)
    fewer = query_moments(llm().attention, [(module, queries[:, :, :2], counts[:, :2])], 1)
    assert torch.allclose(found, fewer)


def test_fresh_keys_meet_every_direction_of_the_queries_alike() -> None:
    given, plain = connectors(llm(), blocks=2), connectors(llm(), blocks=2)
    whiten_keys(Followers(), given, moments(), fresh=given.modalities)
    spread = []
    for one in (plain, given):
        weights = key_weights(one)
        kernel = weights.transpose(-1, -2) @ moments() @ weights      # what keys get of queries
        values = torch.linalg.eigvalsh(kernel)[..., -8:]
        spread.append(float((values[..., -1] / values[..., 0]).min()))
    assert spread[1] < 20 < 200 < spread[0]


def test_keys_that_have_learned_begin_where_they_are() -> None:
    given, before = connectors(llm(), blocks=2), connectors(llm(), blocks=2)
    whiten_keys(Followers(), given, moments(), fresh=())
    assert torch.allclose(key_weights(given), key_weights(before), rtol=1e-3, atol=1e-5)


def test_a_step_along_the_trained_weights_changes_the_loss_as_their_gradient_says() -> None:
    given = connectors(llm(), blocks=2)
    keys = Followers()
    whiten_keys(keys, given, moments(), fresh=given.modalities)
    parameter = given['camera'].aligner.key.weight
    target = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2))

    def loss() -> Tensor:
        return (parameter * target).sum()
    before = loss()
    before.backward()
    keys.pull()
    assert parameter.grad is None
    name = next(name for name, one in given.named_parameters() if one is parameter)
    step = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3))
    gradient = keys.trained[name].grad
    assert gradient is not None
    with torch.no_grad():
        keys.trained[name].add_(step)
    keys.push()
    change = float((loss() - before).detach())
    assert change == pytest.approx(float((gradient * step).sum()), rel=1e-2)


def test_training_in_the_white_space_learns() -> None:
    assert learned(training(steps=60, learning_rate=1e-2)) < 0.7


def test_training_in_the_white_space_goes_on_bit_for_bit() -> None:
    assert_goes_on_bit_for_bit(training)


def test_frozen_connectors_stay_as_they_are() -> None:
    given = connectors(llm(), blocks=2)
    given['camera'].requires_grad_(False)
    before = key_weights(given).clone()
    run = training(given)
    run.advance()
    assert torch.equal(key_weights(given), before)


def test_connectors_that_follow_the_paper_are_refused() -> None:
    with pytest.raises(ValueError, match='follows the paper'):
        training(connectors(llm(), blocks=2, faithful=True))
