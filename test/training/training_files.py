# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Training files for the tiny suite, and trainings from them in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tiny_suite import TinySuite
import yaml

from mpnp_ros.training.accelerated import Accelerated
from mpnp_ros.training.config_file import load_config
from mpnp_ros.training.run import Run

TRAINING = {'steps': 6, 'batch': 4, 'precision': 'float32', 'drop': 0.0, 'learning_rate': 0.01}


def write_file(suite: TinySuite, path: Path, **changes: Any) -> Path:
    """Write a training file of the two drives; `changes` take the place of its keys."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {
        'version': 1, 'suite': str(suite.params_file),
        'data': {'bags': [str(suite.folder / name / 'drive') for name in ('first', 'second')],
                 'held_out_share': 0.5},
        'connectors': {'connected_blocks': 2, 'hidden': 16}, 'training': TRAINING,
        'held_out': {'controls': []}, 'save_every': 2, **changes}
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding='utf-8')
    return path


def training(suite: TinySuite, folder: Path, *, resume: bool = False,
             processes: Accelerated | None = None, **changes: Any) -> Run:
    """Return a training into `folder`/out."""
    config = load_config(write_file(suite, folder / 'tiny.yaml', **changes))
    return Run(config, folder / 'out', processes or Accelerated('cpu'),
               cache=suite.folder / 'tokens', resume=resume, command=['mpnp-train', 'tiny.yaml'])


def log_lines(folder: Path) -> list[dict[str, Any]]:
    """Return what a training told."""
    text = (folder / 'out' / 'log.jsonl').read_text(encoding='utf-8')
    return [json.loads(line) for line in text.splitlines()]
