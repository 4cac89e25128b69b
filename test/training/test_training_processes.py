# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Several processes train what one does."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.torch import load_file
from tiny_suite import TinySuite
import torch
from torch import Tensor
from training_children import two_processes
from training_files import log_lines, TRAINING, training

from mpnp_ros.core.processes import add_gradients
from mpnp_ros.training.accelerated import Accelerated


def test_two_processes_have_the_loss_of_one(suite: TinySuite, tmp_path: Path) -> None:
    alone, both = tmp_path / 'alone', tmp_path / 'both'
    training(suite, alone).run()
    assert two_processes(suite, both) == [0, 0]
    for mine, theirs in zip(log_lines(alone), log_lines(both)):
        assert mine['event'] == theirs['event']
        if mine['event'] == 'step':
            assert mine['loss'] == pytest.approx(theirs['loss'], rel=1e-4)
            assert mine['accuracy'] == pytest.approx(theirs['accuracy'])
    files = [folder / 'out' / 'connectors' / 'lidar.safetensors' for folder in (alone, both)]
    one, two = map(load_file, files)
    for name in one:
        torch.testing.assert_close(one[name], two[name], rtol=0, atol=2e-4)


class Paired(Accelerated):
    """The first of two processes, whose other one is not there."""

    def __init__(self) -> None:
        super().__init__('cpu')
        self.size = 2

    def agree(self, fine: bool) -> bool:
        return fine


def test_processes_without_a_sample_each_are_refused(suite: TinySuite, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='a batch of 1 for 2 processes'):
        training(suite, tmp_path, processes=Paired(),
                 training={**TRAINING, 'batch': 1}).run()


class Twice:
    """Stand for two processes that have the same gradients."""

    rank, size = 0, 2

    def total(self, values: Tensor) -> Tensor:
        return 2 * values


def test_gradients_travel_in_one_piece_and_unused_ones_stay_none() -> None:
    used, unused = (torch.nn.Parameter(torch.ones(2, 3)) for _ in range(2))
    used.grad = torch.full((2, 3), 1.5)
    add_gradients([used, unused], Twice())
    assert torch.equal(used.grad, torch.full((2, 3), 3.0))
    assert unused.grad is None
