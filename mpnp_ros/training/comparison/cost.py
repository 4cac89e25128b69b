# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a step of an arm costs: operations, seconds, and memory above the model's weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
from dataclasses import dataclass
import itertools
import time

import torch

from mpnp_ros.core.draws import draws_of
from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.fusion.fusion import Example, Fusion
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.training.comparison.arms import Arm
from mpnp_ros.training.comparison.learning import begin
from mpnp_ros.training.comparison.plan import Plan, StepFlops
from mpnp_ros.training.cost.peak_memory import PeakMemory

_MEASURED = 4   # steps: as many as look at queries before they begin


@dataclass(frozen=True)
class StepCost:
    """The cost of a step with the optimiser's part.

    :ivar flops: what torch counts of a pass forth and back.
    :ivar alone_flops: of one that shows one modality, on average.
    :ivar seconds: wall time of a step that is not counted.
    :ivar peak_bytes: the most memory at once above the language model's weights: what is
        learned, its gradients, the optimiser, activations, and the states of the batch's texts.
    :ivar trained: parameters that are learned.
    """

    flops: int
    alone_flops: int
    seconds: float
    peak_bytes: int
    trained: int

    @property
    def of_steps(self) -> StepFlops:
        """Return the operations as plans want them."""
        return StepFlops(self.flops, self.alone_flops)

    def described(self) -> dict[str, float]:
        """Return it ready for JSON."""
        return dataclasses.asdict(self)


def measure_step(arm: Arm, draw: Callable[[TrainingConfig], Plan], config: TrainingConfig,
                 samples: Sequence[TrainingSample]) -> StepCost:
    """Measure steps of an arm, which is not used further.

    `draw` gives the batches of a training, whose texts are prepared. On a CPU memory is counted
    tensor by tensor, which is exact but for what a kernel takes for itself; on a GPU it is torch's
    own figure.
    """
    device = arm.llm.device
    given = set(arm.llm.model.parameters())
    own = sum(one.numel() * one.element_size() for one in arm.fusion.trained()
              if one not in given)
    mixed = dataclasses.replace(config, steps=_MEASURED, alone=0.0)
    # The first step makes the optimiser's memory, the second has the peak, the third is timed.
    plan = draw(mixed)
    if device.type == 'cuda':
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step = _stepping(arm, plan, mixed, samples)
        flops = _counted(step)
        step()
        peak = torch.cuda.max_memory_allocated() - before
    else:
        with PeakMemory() as memory:
            step = _stepping(arm, plan, mixed, samples)
            flops = _counted(step)
            step()
        peak = memory.peak_bytes
    seconds = _timed(step, device)
    turns = draws_of(samples, dataclasses.replace(config, alone=1.0)).turns
    alone = flops
    if config.alone and turns:
        each = dataclasses.replace(config, steps=turns, alone=1.0)
        step = _stepping(arm, draw(each), each, samples)
        alone = sum(_counted(step) for _ in range(turns)) // turns
    return StepCost(flops, alone, seconds, peak + own,
                    sum(one.numel() for one in arm.fusion.trained()))


def _stepping(arm: Arm, plan: Plan, config: TrainingConfig,
              samples: Sequence[TrainingSample]) -> Callable[[], object]:
    """Return what does the next step of an arm."""
    if arm.connectors is not None:
        return begin(arm, config, samples).advance
    return _Stepping(arm.fusion, plan.batches)


def _counted(step: Callable[[], object]) -> int:
    with counter() as counted:
        step()
    return int(counted.get_total_flops())


def _timed(step: Callable[[], object], device: torch.device) -> float:
    def wait() -> None:
        if device.type == 'cuda':
            torch.cuda.synchronize()

    wait()
    began = time.perf_counter()
    step()
    wait()
    return time.perf_counter() - began


class _Stepping:

    def __init__(self, fusion: Fusion, batches: Sequence[Sequence[Example]]) -> None:
        self._fusion, self._batches = fusion, itertools.cycle(batches)
        self._optimiser = torch.optim.AdamW(fusion.trained(), lr=1e-6)

    def __call__(self) -> None:
        self._fusion(next(self._batches)).loss().backward()
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
