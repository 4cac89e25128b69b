# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How far a budget of operations goes: the batches of a training and what they take."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from dataclasses import dataclass
import math

from mpnp_ros.core.draws import draws_of
from mpnp_ros.core.fusion.fusion import Example
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.training.comparison.data import Data
from mpnp_ros.training.comparison.kept_texts import KeptTexts
from mpnp_ros.training.labelled import Labelled


@dataclass(frozen=True)
class Before:
    """Operations and seconds outside of the steps, up to and including a step.

    Each moment that was used is encoded once; the states of each text below the connected blocks
    are computed once, `text_s` is the time of that.
    """

    encode_flops: int = 0
    text_flops: int = 0
    text_s: float = 0.0

    @property
    def flops(self) -> int:
        """Return all operations."""
        return self.encode_flops + self.text_flops


@dataclass(frozen=True)
class StepFlops:
    """Operations of a step that shows all modalities, and of one that shows one, on average."""

    mixed: float
    alone: float


@dataclass(frozen=True)
class Plan:
    """The batches of a training, and what is spent up to each as far as it can be told ahead.

    :ivar before: outside of the steps, up to and including each.
    :ivar steps: operations of the steps themselves, up to and including each.
    """

    batches: list[list[Example]]
    before: list[Before]
    steps: list[float]

    def flops(self, step: int) -> float:
        """Return what is spent after a step, counted from 1."""
        return self.before[step - 1].flops + self.steps[step - 1]

    def points(self, shares: Sequence[float]) -> list[int]:
        """Return the steps after which the given shares of the operations are spent."""
        last = len(self.batches)
        end = self.flops(last)
        return sorted({next((step for step in range(1, last + 1)
                             if self.flops(step) >= share * end), last) for share in shares})


def make_plan(data: Data, learned: Sequence[Labelled], kept: KeptTexts | None,
              config: TrainingConfig, *, costs: StepFlops, budget: float) -> Plan:
    """Return the steps that a budget allows, at least one, computing the states of their texts.

    `config` says how samples are drawn, and how many steps there are at most. The order of samples
    and what each keeps of its modalities depend on that, on how many steps there are and on what
    is learned from alone: they are the same for all arms.
    """
    # How many steps show one modality each depends on how many there are, and what they cost on
    # that. Dearer steps come later, so that more steps cost more.
    fewest, most = 1, config.steps
    made = _planned(data, learned, kept, config, 1, costs)
    while fewest < most:
        steps = min(2 * fewest, (fewest + most + 1) // 2)
        tried = _planned(data, learned, kept, config, steps, costs, budget)
        if len(tried.batches) == steps:
            fewest, made = steps, tried
        else:
            most = steps - 1
    return made


def _planned(data: Data, learned: Sequence[Labelled], kept: KeptTexts | None,
             config: TrainingConfig, count: int, costs: StepFlops,
             budget: float = math.inf) -> Plan:
    """Return a plan of so many steps, or less where they are beyond the budget."""
    config = dataclasses.replace(config, steps=count)
    by_sample = {id(one.sample): one for one in learned}
    draws = draws_of([one.sample for one in learned], config)
    plan = Plan([], [], [])
    moments: set[tuple[str, int]] = set()
    used: set[tuple[int, ...]] = set()       # prompts
    now = Before(text_flops=kept.beginning_flops if kept else 0)
    steps = 0.0
    for number in range(count):
        samples, attached = draws.next()
        drawn = [by_sample[id(sample)] for sample in samples]
        texts = [data.text(one) for one in drawn]
        encode = 0
        for one in drawn:
            moment = one.bag, one.question.stamp_ns
            encode += one.encode_flops if moment not in moments else 0
            moments.add(moment)
        text_flops, text_s = kept.compute(
            [text for text in texts if text.prompt not in used]) if kept else (0, 0.0)
        used.update(text.prompt for text in texts)
        now = Before(now.encode_flops + encode, now.text_flops + round(text_flops),
                     now.text_s + text_s)
        steps += costs.alone if number < config.alone_steps else costs.mixed
        if now.flops + steps > budget:
            break
        plan.batches.append([
            Example(text, {name: sample.latents[name] for name in names})
            for text, sample, names in zip(texts, samples, attached)])
        plan.before.append(now)
        plan.steps.append(steps)
    return plan
