# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a step of an arm costs: operations, seconds, and memory above the model's weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
from dataclasses import dataclass
import time

import torch

from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.fusion.fusion import Example, Fusion
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.training.comparison.arms import Arm
from mpnp_ros.training.comparison.learning import begin
from mpnp_ros.training.comparison.plan import Plan
from mpnp_ros.training.cost.peak_memory import PeakMemory

MEASURED = 4   # steps


@dataclass(frozen=True)
class StepCost:
    """The cost of a step with the optimiser's part.

    :ivar flops: what torch counts of a pass forth and back.
    :ivar seconds: wall time of a step that is not counted.
    :ivar peak_bytes: the most memory at once above the language model's weights: what is
        learned, its gradients, the optimiser, activations, and the states of the batch's texts.
    :ivar trained: parameters that are learned.
    """

    flops: int
    seconds: float
    peak_bytes: int
    trained: int

    def described(self) -> dict[str, float]:
        """Return it ready for JSON."""
        return dataclasses.asdict(self)


def measure_step(arm: Arm, plan: Plan, config: TrainingConfig,
                 samples: Sequence[TrainingSample]) -> StepCost:
    """Measure steps of an arm, which is not used further, on batches whose texts are prepared.

    `plan` and `config` are of MEASURED steps. On a CPU memory is counted tensor by tensor, which
    is exact but for what a kernel takes for itself; on a GPU it is torch's own figure.
    """
    device = arm.llm.device
    given = set(arm.llm.model.parameters())
    own = sum(one.numel() * one.element_size() for one in arm.fusion.trained()
              if one not in given)

    def stepping() -> Callable[[], object]:
        return (begin(arm, config, samples).advance if arm.connectors is not None
                else _Stepping(arm.fusion, plan.batches[0]))

    # The first step makes the optimiser's memory, the second has the peak, the third is timed.
    if device.type == 'cuda':
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step = stepping()
        with counter() as counted:
            step()
        step()
        peak = torch.cuda.max_memory_allocated() - before
    else:
        with PeakMemory() as memory:
            step = stepping()
            with counter() as counted:
                step()
            step()
        peak = memory.peak_bytes
    began = time.perf_counter()
    step()
    if device.type == 'cuda':
        torch.cuda.synchronize()
    return StepCost(int(counted.get_total_flops()), time.perf_counter() - began, peak + own,
                    sum(one.numel() for one in arm.fusion.trained()))


class _Stepping:

    def __init__(self, fusion: Fusion, examples: Sequence[Example]) -> None:
        self._fusion, self._examples = fusion, examples
        self._optimiser = torch.optim.AdamW(fusion.trained(), lr=1e-6)

    def __call__(self) -> None:
        self._fusion(self._examples).loss().backward()
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
