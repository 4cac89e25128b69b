# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One process or many, on CPUs or GPUs: what accelerate makes the same command."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import torch
from torch import Tensor

# Others wait while one of them encodes the bags.
_PATIENCE = timedelta(hours=12)


class Accelerated:
    """The processes that `accelerate launch` (or torchrun) started; otherwise this one alone.

    Raises ImportError where accelerate is missing.
    """

    def __init__(self, device: str = 'auto') -> None:
        try:
            from accelerate import Accelerator, InitProcessGroupKwargs
        except ImportError as error:
            raise ImportError(
                "training needs accelerate: pip install 'mpnp_ros[train]'") from error
        self._accelerator: Any = Accelerator(
            cpu=device == 'cpu', kwargs_handlers=[InitProcessGroupKwargs(timeout=_PATIENCE)])
        self.rank: int = self._accelerator.process_index
        self.size: int = self._accelerator.num_processes

    @property
    def main(self) -> bool:
        """Say whether this is the process that writes and prints."""
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        """Return the device of this process."""
        device: torch.device = self._accelerator.device
        return device

    def total(self, values: Tensor) -> Tensor:
        """Return the sum of the values [...] of all processes."""
        if self.size == 1:
            return values
        summed: Tensor = self._accelerator.reduce(values, reduction='sum')
        return summed

    def agree(self, fine: bool) -> bool:
        """Say whether all is fine in every process; all of them wait for that."""
        bad = torch.tensor([float(not fine)], device=self.device)
        return float(self.total(bad)[0]) == 0.0

    def end(self) -> None:
        """Take leave of the other processes."""
        self._accelerator.end_training()
