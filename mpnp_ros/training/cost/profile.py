# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a training step costs on this machine, measured for several numbers of blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
from dataclasses import dataclass
import time

import numpy as np
import torch

from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.lora import Lora, LoraConfig
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.training.cost.peak_memory import PeakMemory

_TIMED = 3


@dataclass(frozen=True)
class StepCost:
    """A step with sensors in the last `blocks` blocks.

    :ivar seconds: the least of some measured wall times; `flops` what torch counts of it.
    :ivar peak_bytes: most memory above the LLM's weights: connectors, optimiser, states of the
        batch's texts, activations.
    :ivar text_seconds: what the blocks below take once for each text; `text_flops` likewise.
    """

    blocks: int
    seconds: float
    flops: float
    peak_bytes: float
    text_seconds: float
    text_flops: float


@dataclass(frozen=True)
class Profile:
    """Costs by number of blocks, ascending; what lies between two is interpolated."""

    batch: int
    computed_in: str
    rows: tuple[StepCost, ...]

    def at(self, blocks: int) -> StepCost:
        """Return the cost of a number of blocks."""
        known = [row.blocks for row in self.rows]
        names = [field.name for field in dataclasses.fields(StepCost) if field.name != 'blocks']
        return StepCost(blocks, **{
            name: float(np.interp(blocks, known, [getattr(row, name) for row in self.rows]))
            for name in names})


def numbers_of_blocks(total: int) -> list[int]:
    """Return the numbers of blocks to measure: all of few, powers of two of many."""
    if total <= 8:
        return list(range(1, total + 1))
    powers = [2 ** power for power in range(total.bit_length()) if 2 ** power < total]
    return [*powers, total]


def measure(
    llm: LanguageModel, make: Callable[[int], Connectors], samples: Sequence[TrainingSample],
    config: TrainingConfig, *, lora: LoraConfig | None = None, numbers: Sequence[int] = (),
    look: Callable[[int, int], None] = lambda done, total: None,
) -> Profile:
    """Measure steps with sensors in the last 1, 2, ... blocks, on the samples themselves.

    `make` gives new connectors to so many blocks; `look` is told how many of the numbers are done.
    """
    chosen = sorted(set(numbers)) or numbers_of_blocks(llm.num_blocks)
    if not 1 <= chosen[0] <= chosen[-1] <= llm.num_blocks:
        raise ValueError(f'blocks to measure are {chosen}: expected 1 to {llm.num_blocks}, as '
                         f'many as {llm.id} has')
    long = dataclasses.replace(config, steps=max(config.steps, _TIMED + 3))
    reduced: bool | None = None
    rows = []
    for done, blocks in enumerate(chosen):
        row, reduced = _measured(llm, make, samples, long, blocks, lora, reduced)
        rows.append(row)
        look(done + 1, len(chosen))
    return Profile(config.batch, 'bfloat16' if reduced else 'float32', tuple(rows))


def _measured(
    llm: LanguageModel, make: Callable[[int], Connectors], samples: Sequence[TrainingSample],
    config: TrainingConfig, blocks: int, lora: LoraConfig | None, reduced: bool | None,
) -> tuple[StepCost, bool]:
    on_gpu = llm.device.type == 'cuda'
    config = dataclasses.replace(config, alone=0.0)    # later steps, which show all, cost the most
    adapters: Lora | None = None

    def begin() -> ConnectorTraining:
        return ConnectorTraining(
            llm, make(blocks), samples, config, lora=adapters, reduced=reduced)
    try:
        adapters = None if lora is None else Lora(llm, blocks, lora)
        weights = torch.cuda.memory_allocated() if on_gpu else 0
        reduced = begin().reduced
        training = begin()         # whose precision is known: no text has been run yet
        first_s = _step(training)
        seconds = [_step(training) for _ in range(_TIMED)]
        training = begin()
        with counter() as counted:
            training.advance()
        first_flops = int(counted.get_total_flops())
        # The same batch once more: now the states of its texts are there.
        with counter() as counted:
            training.gradients()
        flops, prompts = int(counted.get_total_flops()), training.first_prompts()
        del training
        peak = _peak_on_gpu(begin, weights) if on_gpu else _peak_on_cpu(begin)
    finally:
        if adapters is not None:
            adapters.detach()
    usual_s = min(seconds)     # whatever else runs on the machine only adds to it
    return StepCost(blocks, usual_s, flops, peak, max(first_s - usual_s, 0.0) / prompts,
                    max(first_flops - flops, 0) / prompts), reduced


def _step(training: ConnectorTraining) -> float:
    began = time.perf_counter()
    training.advance()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


def _peak_on_cpu(begin: Callable[[], ConnectorTraining]) -> int:
    with PeakMemory() as memory:
        training = begin()
        training.advance()
        training.advance()     # the first one makes the optimiser's memory
    return memory.peak_bytes


def _peak_on_gpu(begin: Callable[[], ConnectorTraining], weights: int) -> int:
    torch.cuda.reset_peak_memory_stats()
    training = begin()
    training.advance()
    training.advance()
    return torch.cuda.max_memory_allocated() - weights
