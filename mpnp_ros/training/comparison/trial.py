# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One arm with one seed: trained within its budget, looked at on the way, judged at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
from dataclasses import dataclass, field
import time
from typing import Any

from mpnp_ros.core.fusion.fit import fit, Step
from mpnp_ros.core.fusion.fusion import Fusion
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.training.comparison.arms import Arm
from mpnp_ros.training.comparison.data import Asked
from mpnp_ros.training.comparison.judging import ALL, answer, shown
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


def run_trial(name: str, seed: int, arm: Arm, plan: Plan, asked: Sequence[Asked], *,
              rates: tuple[float, float], shares: Sequence[float], on_the_way: int,
              judged: Sequence[str], batch: int, look: Callable[[str], None]) -> Trial:
    """Train along a plan and judge.

    On the way the first `on_the_way` questions are asked, when the given shares of the
    operations are spent; at the end all of them are, with each variant of sensors in `judged`.
    """
    trial = Trial(name, seed)
    first = asked[:on_the_way]
    size = len(plan.batches[0])
    stops = set(plan.points(shares)) - {len(plan.batches)}
    looking_s = 0.0

    def note(step: int, flops: int, loss: float | None, accuracy: float) -> None:
        trial.points.append(Point(step, step * size, flops, accuracy, loss))
        look(f'{name}, seed {seed}: step {step} of {len(plan.batches)}, {flops / 1e12:.2f} '
             f'TFLOP, accuracy {accuracy:.3f}'
             + (f', loss {loss:.3f}' if loss is not None else ''))

    def seen(step: Step) -> None:
        nonlocal looking_s
        if step.step in stops:
            began = time.perf_counter()
            note(step.step, step.flops + plan.before[step.step - 1].flops, step.loss,
                 _share(arm.fusion, first, batch))
            looking_s += time.perf_counter() - began

    note(0, 0, None, _share(arm.fusion, first, batch))
    last = fit(arm.fusion, iter(plan.batches), TrainingConfig(
        steps=len(plan.batches), batch=size, learning_rate=rates[0], gate_learning_rate=rates[1],
        precision='float32', seed=seed), look=seen)
    before: Before = plan.before[-1]
    trial.steps, trial.flops = last.step, last.flops + before.flops
    trial.seconds = {'steps': last.seconds - looking_s, 'texts': before.text_s}
    trial.spent = {'encode': before.encode_flops, 'texts': before.text_flops,
                   'steps': last.flops}
    for variant in judged:
        right = answer(arm.fusion, asked, shown(asked, variant), batch=batch)
        trial.right[variant] = ''.join('1' if one else '0' for one in right)
        look(f'{name}, seed {seed}: {sum(right) / len(right):.3f} right with {variant}')
    note(last.step, trial.flops, last.loss,
         trial.right[ALL][:len(first)].count('1') / len(first))
    return trial


def _share(fusion: Fusion, asked: Sequence[Asked], batch: int) -> float:
    return sum(answer(fusion, asked, shown(asked, ALL), batch=batch)) / len(asked)
