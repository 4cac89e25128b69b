# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a step of an arm costs: operations, seconds, and memory above the model's weights."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from dataclasses import dataclass
import time

import torch

from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.fusion.fusion import Example, Fusion
from mpnp_ros.training.comparison.arms import Arm
from mpnp_ros.training.cost.peak_memory import PeakMemory


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


def measure_step(arm: Arm, examples: Sequence[Example]) -> StepCost:
    """Measure steps of an arm, which is not used further, on a batch whose texts are prepared.

    On a CPU memory is counted tensor by tensor, which is exact but for what a kernel takes for
    itself; on a GPU it is torch's own figure.
    """
    fusion, device = arm.fusion, arm.llm.device
    given = set(arm.llm.model.parameters())
    own = sum(one.numel() * one.element_size() for one in fusion.trained() if one not in given)
    optimiser = torch.optim.AdamW(fusion.trained(), lr=1e-6)
    # The first step makes the optimiser's memory, the second has the peak, the third is timed.
    if device.type == 'cuda':
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        with counter() as counted:
            _step(fusion, optimiser, examples)
        _step(fusion, optimiser, examples)
        peak = torch.cuda.max_memory_allocated() - before
    else:
        with PeakMemory() as memory:
            with counter() as counted:
                _step(fusion, optimiser, examples)
            _step(fusion, optimiser, examples)
        peak = memory.peak_bytes
    return StepCost(
        int(counted.get_total_flops()), _step(fusion, optimiser, examples), peak + own,
        sum(one.numel() for one in fusion.trained()))


def _step(fusion: Fusion, optimiser: torch.optim.Optimizer, examples: Sequence[Example]) -> float:
    """Do a step and return its seconds."""
    began = time.perf_counter()
    fusion(examples).loss().backward()
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began
