# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a training goes on from after a stop: written whole, the last two kept."""

from __future__ import annotations

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

from safetensors import safe_open, SafetensorError
from safetensors.torch import save

from mpnp_ros.core.connector_training import TrainingState
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.whole_file import write_bytes

_KEPT = 2
_METADATA = 'mpnp_ros_training'


class Checkpoints:
    """The checkpoints in a folder; `made_from` says what the training was made from."""

    def __init__(self, folder: Path, made_from: Mapping[str, Any]) -> None:
        self._folder, self._made_from = folder, json.loads(json.dumps(made_from))

    def save(self, state: TrainingState) -> Path:
        """Write a state; raises TrainError, leaving the ones before, where that fails."""
        path = self._folder / f'step_{state.numbers["step"]:08d}.safetensors'
        about = json.dumps({'numbers': state.numbers, 'made_from': self._made_from})
        write_bytes(path, save(state.tensors, {_METADATA: about}))
        for old in self._paths()[:-_KEPT]:
            old.unlink(missing_ok=True)
        return path

    def newest(self, problems: Problems) -> TrainingState | None:
        """Return the newest state that can be read, None where there is none.

        Damaged ones are told in `problems`. Raises TrainError where the training is another one
        than this, and where every file is damaged.
        """
        paths = self._paths()
        for path in reversed(paths):
            try:
                with safe_open(path, 'pt') as file:
                    about = json.loads((file.metadata() or {})[_METADATA])
                    numbers, made_from = about['numbers'], about['made_from']
                    tensors = {name: file.get_tensor(name).clone() for name in file.keys()}
            except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
                problems.add(f'a checkpoint is damaged and passed over ({error})', str(path))
                continue
            self._require_same(path, made_from)
            return TrainingState(tensors, numbers)
        if paths:
            raise TrainError(f'{self._folder}: none of the {len(paths)} checkpoints can be read; '
                             'they are truncated. Remove them to begin from the start')
        return None

    def _require_same(self, path: Path, made_from: Mapping[str, Any]) -> None:
        differing = [name for name in {**self._made_from, **made_from}
                     if made_from.get(name) != self._made_from.get(name)]
        if differing:
            name = differing[0]
            raise TrainError(
                f'{path} is of another training: {", ".join(differing)} differ; {name} is '
                f'{made_from.get(name)!r} there and {self._made_from.get(name)!r} here. Use the '
                'same file and data, or another --out')

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob('step_*.safetensors'))
