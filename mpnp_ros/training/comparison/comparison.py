# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""All arms with all seeds, one after the other; what is finished is passed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
import gc

from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.training.comparison.arms import (
    Arm, kind_of, last_blocks, left_out, make_arm, OURS, PAPER, QUESTION_ONLY, rate_of, RATES,
    Shape)
from mpnp_ros.training.comparison.blind_arm import blind_trial
from mpnp_ros.training.comparison.cost import measure_step, StepCost
from mpnp_ros.training.comparison.data import Data
from mpnp_ros.training.comparison.judging import ALL, variants
from mpnp_ros.training.comparison.kept_texts import KeptTexts
from mpnp_ros.training.comparison.plan import make_plan, Plan
from mpnp_ros.training.comparison.results import Results
from mpnp_ros.training.comparison.trial import run_trial


@dataclass(frozen=True)
class Options:
    """How arms are trained and judged.

    :ivar budgets: operations of each arm, by name or kind; '' for all others.
    :ivar on_the_way: questions asked when each of `shares` of the operations is spent.
    """

    budgets: Mapping[str, float]
    batch: int = 16
    drop: float = 0.3
    most_steps: int = 100_000
    shares: Sequence[float] = (0.125, 0.25, 0.5)
    on_the_way: int = 300
    judge_batch: int = 32
    shape: Shape = field(default_factory=Shape)
    rates: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(RATES))

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
        self._kept: dict[int, KeptTexts] = {}   # by the number of connected blocks

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
            found = measure_step(made, self._plan(kind, 0, 1, 1).batches[0])
            self._results.add_cost(kind, found)
            self._look(f'{kind}: {found.flops / 1e9:.1f} GFLOP, {found.seconds:.2f} s and '
                       f'{found.peak_bytes / 2 ** 20:.0f} MiB a step of {self._options.batch}, '
                       f'{found.trained / 1e6:.2f} M weights are learned')
        return found

    def _run(self, name: str, seed: int) -> None:
        cost = self.cost(name)
        arm = self._make(name, seed)
        plan = self._plan(name, seed, cost.flops, self._options.most_steps)
        options = self._options
        self._look(f'{name}, seed {seed}: {len(plan.batches)} steps for '
                   f'{plan.flops(len(plan.batches)) / 1e12:.2f} TFLOP')
        judged = variants(sorted(self._data.sources)) if name == OURS else [ALL]
        self._results.add(run_trial(
            name, seed, arm, plan, self._data.asked, rates=options.rates[rate_of(name)],
            shares=options.shares, on_the_way=options.on_the_way, judged=judged,
            batch=options.judge_batch, look=self._look))

    def _make(self, name: str, seed: int) -> Arm:
        return make_arm(name, self._llm, self._load, self._data.sources, self._options.shape,
                        self._texts(name), seed)

    def _plan(self, name: str, seed: int, step_flops: int, most_steps: int) -> Plan:
        options = self._options
        return make_plan(
            self._data, self._data.learned_by(left_out(name)),
            self._texts(name) if rate_of(name) in (OURS, PAPER) else None,
            batch=options.batch, drop=options.drop, seed=seed, step_flops=step_flops,
            budget=options.budget(name), most_steps=most_steps)

    def _texts(self, name: str) -> KeptTexts:
        """Return what is kept of texts below the blocks that an arm reaches."""
        shape = self._options.shape
        blocks = last_blocks(name) or shape.blocks
        if blocks not in self._kept:
            self._kept[blocks] = KeptTexts(self._llm, blocks, shape.system_prompt)
        return self._kept[blocks]
