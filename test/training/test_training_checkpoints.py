# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints belong to one training, and hold no weight that is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import connectors, llm
import torch
from toy_task import samples

from mpnp_ros.core.connector_training import ConnectorTraining, TrainingState
from mpnp_ros.core.training_config import TrainingConfig, TrainingDiverged
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.training.checkpoint import Checkpoints
from mpnp_ros.training.error import TrainError

CONFIG = TrainingConfig(steps=2, batch=4, precision='float32')


def state(step: int) -> TrainingState:
    return TrainingState({'weights.a': torch.full((3,), float(step))}, {'step': step})


def test_the_last_two_are_kept_and_the_newest_is_read(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, {'llm': 'a'})
    assert checkpoints.newest(Problems()) is None
    for step in (1, 2, 3):
        checkpoints.save(state(step))
    assert len(list(tmp_path.iterdir())) == 2
    newest = checkpoints.newest(Problems())
    assert newest is not None and newest.numbers == {'step': 3}
    assert newest.tensors['weights.a'].tolist() == [3.0, 3.0, 3.0]


def test_a_checkpoint_of_other_weights_is_refused_by_name(tmp_path: Path) -> None:
    Checkpoints(tmp_path, {'llm': 'a 0123', 'seed': 0}).save(state(1))
    with pytest.raises(TrainError, match="llm differ; llm is 'a 0123' there and 'a 4567' here"):
        Checkpoints(tmp_path, {'llm': 'a 4567', 'seed': 0}).newest(Problems())


def test_a_weight_that_is_no_number_is_not_saved() -> None:
    given = connectors(llm())
    training = ConnectorTraining(llm(), given, samples(4, seed=1), CONFIG)
    training.advance()
    with torch.no_grad():
        given['camera'].aligner.key.weight[0, 0] = torch.nan
    with pytest.raises(TrainingDiverged, match='after step 1: .*key.weight holds NaN'):
        training.state()
