# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A training that was killed goes on to the very same connectors."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.torch import load_file
from tiny_suite import TinySuite
import torch
from torch import Tensor
from training_children import killed_training
from training_files import log_lines, TRAINING, training

from mpnp_ros.training.error import TrainError

LORA = {'rank': 2, 'dropout': 0.1}


def tensors(folder: Path) -> dict[str, Tensor]:
    found = {}
    for path in sorted((folder / 'out' / 'connectors').rglob('*.safetensors')):
        found |= load_file(path)
    return found


def test_after_a_kill_it_gives_the_same_bits(suite: TinySuite, tmp_path: Path) -> None:
    whole, torn = tmp_path / 'whole', tmp_path / 'torn'
    training(suite, whole, lora=LORA).run()
    killed_training(suite, torn, 5, lora=LORA)
    assert not (torn / 'out' / 'connectors').exists()
    training(suite, torn, resume=True, lora=LORA).run()
    expected, given = tensors(whole), tensors(torn)
    assert any('lora' in name for name in expected)
    assert expected.keys() == given.keys()
    assert all(torch.equal(expected[name], given[name]) for name in expected)
    steps = [line['step'] for line in log_lines(torn) if line['event'] == 'step']
    assert steps == [1, 2, 3, 4, 5, 6]


def test_a_truncated_checkpoint_is_passed_over(suite: TinySuite, finished: Path) -> None:
    newest = sorted((finished / 'out' / 'checkpoints').iterdir())[-1]
    before = tensors(finished)
    newest.write_bytes(newest.read_bytes()[:1000])
    again = training(suite, finished, resume=True)
    again.run()
    assert [problem.what[:22] for problem in again.problems] == ['a checkpoint is damage']
    after = tensors(finished)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_truncated_checkpoints_alone_stop_it(suite: TinySuite, finished: Path) -> None:
    for path in (finished / 'out' / 'checkpoints').iterdir():
        path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TrainError, match='none of the 2 checkpoints can be read'):
        training(suite, finished, resume=True).run()


def test_a_checkpoint_of_another_training_is_refused(suite: TinySuite, finished: Path) -> None:
    with pytest.raises(TrainError, match="of another training: training differ.*'steps': 6"):
        training(suite, finished, resume=True, training={**TRAINING, 'steps': 8}).run()
