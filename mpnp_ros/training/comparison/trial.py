# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One arm with one seed: trained within its budget, looked at on the way, judged at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
from dataclasses import dataclass, field
import time
from typing import Any

import torch

from mpnp_ros.core.fusion.fit import Step
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.training.comparison.arms import Arm
from mpnp_ros.training.comparison.data import Asked
from mpnp_ros.training.comparison.judging import ALL, answer, shown
from mpnp_ros.training.comparison.learning import learn
from mpnp_ros.training.comparison.plan import Before, Plan


@dataclass(frozen=True)
class Point:
    """Where a training stood: operations so far, and the share of the questions answered right.

    `samples` are the questions learned from so far, with repetitions.
    """

    step: int
    samples: int
    flops: int
    accuracy: float
    loss: float | None


@dataclass
class Trial:
    """The outcome of one arm with one seed, ready for JSON by `described`.

    :ivar points: on the first questions; the first point is before the training.
    :ivar right: for each variant of sensors one '1' or '0' for each question asked.
    :ivar seconds: wall time of the steps, and of the states of the texts before them.
    :ivar spent: operations of encoding, of the texts and of the steps.
    """

    arm: str
    seed: int
    steps: int = 0
    flops: int = 0
    points: list[Point] = field(default_factory=list)
    right: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Trial:
        """Return what `described` gave."""
        return cls(**{**values, 'points': [Point(**one) for one in values['points']]})


def run_trial(name: str, arm: Arm, plan: Plan, config: TrainingConfig,
              samples: Sequence[TrainingSample], asked: Sequence[Asked], *,
              shares: Sequence[float], on_the_way: int,
              judged: Sequence[str], batch: int, look: Callable[[str], None]) -> Trial:
    """Train along a plan and judge.

    On the way the first `on_the_way` questions are asked, when the given shares of the
    operations are spent; at the end all of them are, with each variant of sensors in `judged`.
    """
    trial = Trial(name, config.seed)
    first, told = asked[:on_the_way], f'{name}, seed {config.seed}'
    size = len(plan.batches[0])
    stops = set(plan.points(shares)) - {len(plan.batches)}
    looking_s = 0.0

    def right(of: Sequence[Asked], variant: str) -> list[bool]:
        with torch.autocast(arm.llm.device.type, torch.bfloat16,
                            enabled=config.precision == 'bfloat16'):
            return answer(arm.fusion, of, shown(of, variant), batch=batch)

    def note(step: int, flops: int, loss: float | None, accuracy: float) -> None:
        trial.points.append(Point(step, step * size, flops, accuracy, loss))
        look(f'{told}: step {step} of {len(plan.batches)}, {flops / 1e12:.2f} '
             f'TFLOP, accuracy {accuracy:.3f}'
             + (f', loss {loss:.3f}' if loss is not None else ''))

    def seen(step: Step) -> None:
        nonlocal looking_s
        if step.step in stops:
            began = time.perf_counter()
            note(step.step, step.flops + plan.before[step.step - 1].flops, step.loss,
                 sum(right(first, ALL)) / len(first))
            looking_s += time.perf_counter() - began

    note(0, 0, None, sum(right(first, ALL)) / len(first))
    began = time.perf_counter()
    last = learn(arm, plan, config, samples, seen)
    seconds = time.perf_counter() - began
    before: Before = plan.before[-1]
    trial.steps, trial.flops = last.step, last.flops + before.flops
    trial.seconds = {'steps': seconds - looking_s, 'texts': before.text_s}
    trial.spent = {'encode': before.encode_flops, 'texts': before.text_flops,
                   'steps': last.flops}
    for variant in judged:
        marks = right(asked, variant)
        trial.right[variant] = ''.join('1' if one else '0' for one in marks)
        look(f'{told}: {sum(marks) / len(marks):.3f} right with {variant}')
    note(last.step, trial.flops, last.loss,
         trial.right[ALL][:len(first)].count('1') / len(first))
    return trial
