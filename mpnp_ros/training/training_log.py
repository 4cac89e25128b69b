# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a training tells while it runs: a progress bar, JSON lines, scalars for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

from mpnp_ros.training.whole_file import write_bytes
from mpnp_ros.world.progress import ProgressLine


class TrainingLog:
    """Tell of steps and scores; a training that goes on replaces the lines it does again.

    `tensorboard` is the folder of its scalars, None for none. Raises ImportError where TensorBoard
    is asked for and missing.
    """

    def __init__(self, path: Path, *, step: int = 0, tensorboard: Path | None = None,
                 label: str = 'training') -> None:
        kept = []
        for line in path.read_text(encoding='utf-8').splitlines() if path.is_file() else []:
            try:
                told = json.loads(line)
            except ValueError:      # cut off by a kill
                continue
            if told.get('step', 0) <= step and step:
                kept.append(line)
        write_bytes(path, ''.join(f'{line}\n' for line in kept).encode())
        self._file = path.open('a', encoding='utf-8')
        self._line = ProgressLine(label)
        self._writer: Any = None
        if tensorboard is not None:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ImportError as error:
                raise ImportError('scalars for TensorBoard need tensorboard: pip install '
                                  "'mpnp_ros[train]'") from error
            self._writer = SummaryWriter(str(tensorboard), purge_step=step + 1)

    def told(self, event: str, step: int, **values: Any) -> None:
        """Write a line of JSON."""
        self._file.write(json.dumps({'event': event, 'step': step, **values}) + '\n')
        self._file.flush()

    def step(self, step: int, steps: int, loss: float, accuracy: float, seconds: float) -> None:
        """Tell of a step that is done; loss and accuracy are running means."""
        left_s = seconds / step * (steps - step)
        self._line(step, steps, f'loss {loss:.3f}, right {accuracy:.3f}')
        self.told('step', step, steps=steps, loss=loss, accuracy=accuracy,
                  seconds=round(seconds, 3), left_s=round(left_s, 1))
        self.scalars(step, {'train/loss': loss, 'train/accuracy': accuracy})

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write scalars for TensorBoard, if it is wanted."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Write out what is left."""
        self._file.close()
        if self._writer is not None:
            self._writer.close()
