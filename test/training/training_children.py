# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings in processes of their own, started afresh.

A forked one would inherit the locks of torch's and gloo's threads without the threads, and
crashes now and then.
"""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
import signal
import socket
import sys
from typing import Any

from tiny_suite import TinySuite
import torch
from torch import Tensor
from training_files import training

from mpnp_ros.training.accelerated import Accelerated
from mpnp_ros.training.error import TrainError


class KilledInStep(Accelerated):
    """A process that is killed while it works on a step."""

    def __init__(self, step: int) -> None:
        super().__init__('cpu')
        self._left = step + 1     # the first call is that of reading the data

    def agree(self, fine: bool) -> bool:
        return fine

    def total(self, values: Tensor) -> Tensor:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        return values


def killed_training(suite: TinySuite, folder: Path, step: int, **changes: Any) -> None:
    """Train into `folder`/out in a process that is killed in a step."""
    child = multiprocessing.get_context('spawn').Process(
        target=_train_until_killed, args=(suite, folder, step, changes))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL


def two_processes(suite: TinySuite, folder: Path, **changes: Any) -> list[int | None]:
    """Train into `folder`/out as accelerate's launcher would; return exit codes, 2 for refused."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    children = [multiprocessing.get_context('spawn').Process(
        target=_train_as_one_of_two, args=(suite, folder, rank, port, changes))
        for rank in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return [child.exitcode for child in children]


def _train_until_killed(
        suite: TinySuite, folder: Path, step: int, changes: dict[str, Any]) -> None:
    torch.set_num_threads(1)
    training(suite, folder, processes=KilledInStep(step), **changes).run()


def _train_as_one_of_two(
        suite: TinySuite, folder: Path, rank: int, port: int, changes: dict[str, Any]) -> None:
    os.environ |= {
        'RANK': str(rank), 'LOCAL_RANK': str(rank), 'WORLD_SIZE': '2', 'LOCAL_WORLD_SIZE': '2',
        'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': str(port), 'ACCELERATE_USE_CPU': '1'}
    torch.set_num_threads(1)
    try:
        training(suite, folder, processes=Accelerated('cpu'), **changes).run()
    except (TrainError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
