# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""All arms with all seeds, one after the other; what is finished is passed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import dataclasses
from dataclasses import dataclass, field
import gc
import math

from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.training.comparison.arms import (
    Arm, connects, kind_of, last_blocks, late_of, left_out, make_arm, OURS, PLAIN, QUESTION_ONLY,
    rate_of, RATES, Shape)
from mpnp_ros.training.comparison.blind_arm import blind_trial
from mpnp_ros.training.comparison.cost import measure_step, StepCost
from mpnp_ros.training.comparison.data import Data
from mpnp_ros.training.comparison.judging import ALL, variants
from mpnp_ros.training.comparison.kept_texts import KeptTexts
from mpnp_ros.training.comparison.plan import make_plan, Plan, StepFlops
from mpnp_ros.training.comparison.results import Results
from mpnp_ros.training.comparison.trial import run_trial

_RELEVANCE = 2.5    # times the rate of what is learned, as in `TrainingConfig`
_WARM_UP = 0.05


@dataclass(frozen=True)
class Options:
    """How arms are trained and judged.

    :ivar budgets: operations of each arm, by name or kind; '' for all others.
    :ivar on_the_way: questions asked when each of `shares` of the operations is spent.
    :ivar together: questions of a step about one moment, and `alone` the share of the steps that
        show one modality each (`TrainingConfig`).
    :ivar precision: of trainings and answers; what a step costs is measured in float32.
    """

    budgets: Mapping[str, float]
    batch: int = 16
    drop: float = 0.3
    together: int = 1
    alone: float = 0.0
    precision: str = 'float32'
    most_steps: int = 100_000
    shares: Sequence[float] = (0.125, 0.25, 0.5)
    on_the_way: int = 300
    judge_batch: int = 32
    shape: Shape = field(default_factory=Shape)
    rates: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(RATES))

    def training(self, arm: str, seed: int, steps: int, precision: str) -> TrainingConfig:
        """Return how an arm is trained, in so many steps at most."""
        rate, gates = self.rates[rate_of(arm)]
        return TrainingConfig(
            steps=steps, batch=self.batch, drop=self.drop, together=self.together,
            alone=self.alone, seed=seed, precision=precision, learning_rate=rate,
            gate_learning_rate=gates, relevance_learning_rate=_RELEVANCE * rate,
            warm_up=_WARM_UP, whiten_keys=rate_of(arm) in (OURS, PLAIN))

    def budget(self, arm: str) -> float:
        """Return the operations that an arm may spend."""
        return next(self.budgets[name] for name in (arm, kind_of(arm), '')
                    if name in self.budgets)


class Comparison:
    """Run arms over the same data and keep their results.

    `load` gives a language model for an arm that changes it. `look` is told where it stands.
    """

    def __init__(self, data: Data, llm: LanguageModel, load: Callable[[], LanguageModel],
                 results: Results, options: Options, look: Callable[[str], None]) -> None:
        self._data, self._llm, self._load = data, llm, load
        self._results, self._options, self._look = results, options, look
        self._kept: dict[tuple[int, int], KeptTexts] = {}   # by connected blocks, late tokens

    def run(self, arms: Sequence[str], seeds: Sequence[int]) -> None:
        """Run what is not finished: all arms with the first seed, then with the next."""
        for seed in seeds:
            for arm in arms:
                if self._results.has(arm, seed):
                    self._look(f'{arm}, seed {seed}: finished before')
                elif arm == QUESTION_ONLY:
                    self._results.add(blind_trial(self._data.learned, self._data.asked, seed))
                else:
                    self._run(arm, seed)
                gc.collect()

    def cost(self, arm: str) -> StepCost:
        """Return the cost of a step of an arm, measured once."""
        kind = kind_of(arm)
        found = self._results.cost(kind)
        if found is None:
            made = self._make(kind, 0)
            found = measure_step(
                made, lambda config: self._plan(kind, config, StepFlops(0.0, 0.0), math.inf),
                self._options.training(kind, 0, 1, 'float32'), self._samples(kind))
            self._results.add_cost(kind, found)
            self._look(f'{kind}: {found.flops / 1e9:.1f} GFLOP ({found.alone_flops / 1e9:.1f} '
                       f'with one modality), {found.seconds:.2f} s and '
                       f'{found.peak_bytes / 2 ** 20:.0f} MiB a step of {self._options.batch}, '
                       f'{found.trained / 1e6:.2f} M weights are learned')
        return found

    def _run(self, name: str, seed: int) -> None:
        cost, options = self.cost(name), self._options
        config = options.training(name, seed, options.most_steps, options.precision)
        plan = self._plan(name, config, cost.of_steps, options.budget(name))
        config = dataclasses.replace(config, steps=len(plan.batches))
        self._look(f'{name}, seed {seed}: {len(plan.batches)} steps for '
                   f'{plan.flops(len(plan.batches)) / 1e12:.2f} TFLOP')
        judged = variants(sorted(self._data.sources)) if name == OURS else [ALL]
        self._results.add(run_trial(
            name, self._make(name, seed), plan, config, self._samples(name), self._data.asked,
            shares=options.shares, on_the_way=options.on_the_way, judged=judged,
            batch=options.judge_batch, look=self._look))

    def _make(self, name: str, seed: int) -> Arm:
        return make_arm(name, self._llm, self._load, self._data.sources, self._options.shape,
                        self._texts(name), seed)

    def _plan(self, name: str, config: TrainingConfig, costs: StepFlops, budget: float) -> Plan:
        return make_plan(self._data, self._data.learned_by(left_out(name)), self._texts(name),
                         config, costs=costs, budget=budget)

    def _samples(self, name: str) -> list[TrainingSample]:
        return [one.sample for one in self._data.learned_by(left_out(name))]

    def _texts(self, name: str) -> KeptTexts | None:
        """Return what is kept of texts below the blocks that an arm connects to, if it does."""
        if not connects(name):
            return None
        data, blocks = self._data, last_blocks(name) or self._options.shape.blocks
        key = blocks, late_of(name, self._llm)
        if key not in self._kept:
            self._kept[key] = KeptTexts(
                self._llm, blocks, map(data.text, data.learned),
                (text for one in data.asked for text in one.choice({}).texts()), key[1])
        return self._kept[key]
