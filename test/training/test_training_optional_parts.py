# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is optional: one sentence where it is missing; a choice that leaves no trace."""

from __future__ import annotations

import dataclasses
from pathlib import Path
import sys

import pytest
from tiny_models import connectors, llm
import torch
from toy_task import samples, UNKNOWN

from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.lora import Lora, LoraConfig
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.training.accelerated import Accelerated
from mpnp_ros.training.training_log import TrainingLog


def test_what_is_missing_is_named_with_its_extra(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ('accelerate', 'peft', 'torch.utils.tensorboard'):
        monkeypatch.setitem(sys.modules, name, None)    # what an import of it then meets
    with pytest.raises(ImportError, match=r"needs accelerate: pip install 'mpnp_ros\[train\]'"):
        Accelerated('cpu')
    with pytest.raises(ImportError, match=r"needs peft: pip install 'mpnp_ros\[train\]'"):
        Lora(llm(), 2, LoraConfig())
    with pytest.raises(ImportError, match=r"need tensorboard: pip install 'mpnp_ros\[train\]'"):
        TrainingLog(tmp_path / 'log.jsonl', tensorboard=tmp_path)


def test_measuring_which_precision_is_faster_leaves_no_trace() -> None:
    config = TrainingConfig(steps=2, batch=8, unknown_answer=UNKNOWN)
    trained = []
    for precision in ('auto', 'float32'):
        given = connectors(llm())
        training = ConnectorTraining(llm(), given, samples(10, seed=1),
                                     dataclasses.replace(config, precision=precision))
        assert training.summary()['computed_in'] in ('float32', 'bfloat16')
        training.reduced = False
        while not training.finished:
            training.advance()
        trained.append(given.state_dict())
    assert all(torch.equal(trained[0][name], trained[1][name]) for name in trained[0])
