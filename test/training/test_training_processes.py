# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Several processes train what one does."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import socket
import sys

from accelerate.state import AcceleratorState
import pytest
from safetensors.torch import load_file
from tiny_suite import TinySuite
import torch
from torch import Tensor
from training_files import log_lines, TRAINING, training

from mpnp_ros.core.processes import add_gradients
from mpnp_ros.training.accelerated import Accelerated
from mpnp_ros.training.error import TrainError


def in_two_processes(work: Callable[[], None]) -> list[int]:
    """Run work as accelerate's launcher would: by environment variables; return exit codes."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    children = []
    for rank in range(2):
        child = os.fork()
        if not child:
            code = 1
            try:
                os.environ |= {
                    'RANK': str(rank), 'LOCAL_RANK': str(rank), 'WORLD_SIZE': '2',
                    'LOCAL_WORLD_SIZE': '2', 'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': str(port),
                    'ACCELERATE_USE_CPU': '1'}
                AcceleratorState._reset_state(True)
                work()
                code = 0
            except TrainError as error:
                print(error, file=sys.stderr)
                code = 2
            finally:
                os._exit(code)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def test_two_processes_have_the_loss_of_one(suite: TinySuite, tmp_path: Path) -> None:
    alone, both = tmp_path / 'alone', tmp_path / 'both'
    training(suite, alone).run()
    assert in_two_processes(lambda: training(suite, both, processes=Accelerated('cpu')).run()
                            and None) == [0, 0]
    for mine, theirs in zip(log_lines(alone), log_lines(both)):
        assert mine['event'] == theirs['event']
        if mine['event'] == 'step':
            assert mine['loss'] == pytest.approx(theirs['loss'], rel=1e-4)
            assert mine['accuracy'] == pytest.approx(theirs['accuracy'])
    files = [folder / 'out' / 'connectors' / 'lidar.safetensors' for folder in (alone, both)]
    one, two = map(load_file, files)
    for name in one:
        torch.testing.assert_close(one[name], two[name], rtol=0, atol=2e-4)


def test_processes_without_a_sample_each_are_refused(suite: TinySuite, tmp_path: Path) -> None:
    assert in_two_processes(lambda: _too_few(suite, tmp_path)) == [0, 0]


def _too_few(suite: TinySuite, folder: Path) -> None:
    with pytest.raises(ValueError, match='a batch of 1 for 2 processes'):
        training(suite, folder, processes=Accelerated('cpu'),
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
