# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Replay recorded questions through all policies: accuracy over operations, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses
from typing import Any

import numpy as np
from policy_benchmark.accounting import Accounting, ACCOUNTINGS
from policy_benchmark.read_cases import GROUPS, Tested

from mpnp_ros.evaluation.figures.intervals import mean_interval, time_blocks, units_of
from mpnp_ros.manager.cost import Cost
from mpnp_ros.manager.policies.base import Policy
from mpnp_ros.manager.policies.by_rules import RulesPolicy
from mpnp_ros.manager.policies.everything import AllPolicy
from mpnp_ros.manager.policies.learned import LearnedPolicy
from mpnp_ros.manager.policies.oracle import OraclePolicy
from mpnp_ros.manager.relevance import RelevanceModel
from mpnp_ros.manager.replay import (
    best_static, Case, Replayed, replay_static_sets, ReplaySettings)
from mpnp_ros.manager.rules import Rules

TARGET, AT_COST = 0.98, 0.5   # of the accuracy and of the operations of `all`
SLACKS = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
_HALVINGS = 6   # of the step between two slacks, around the one that keeps AT_COST
HALF = 'learned at half the operations'


class Comparison:
    """All policies on the same questions; each figure has a 95 % interval over scenes."""

    def __init__(self, questions: Sequence[Tested], model: RelevanceModel, rules: Rules,
                 vectors: Mapping[str, np.ndarray]) -> None:
        self.cases = [one.case for one in questions]
        self.groups = np.array([one.group for one in questions])
        self.learned, self.rules = LearnedPolicy(model, rules), RulesPolicy(rules)
        self.settings = ReplaySettings(costs(self.cases), vectors=vectors)
        self._statics = replay_static_sets(self.cases, self.settings)
        self._decided: dict[tuple[Any, str, float], Replayed] = {}

    def run(self) -> dict[str, Any]:
        """Return all figures, ready for JSON."""
        cases = self.cases
        return {
            'questions': len(cases), 'moments': len({one.moment for one in cases}),
            'scenes': len({one.scene for one in cases}),
            'groups': {name: int((self.groups == name).sum()) for name in GROUPS},
            'flops_of_modalities': {
                name: cost.flops_per_s for name, cost in sorted(self.settings.costs.items())},
            'accountings': [self.by(accounting) for accounting in ACCOUNTINGS]}

    def by(self, accounting: Accounting) -> dict[str, Any]:
        """Return the figures of one accounting."""
        everything = self._of(accounting, AllPolicy())
        statics = [accounting.counted(one, self.cases) for one in self._statics]
        line = {slack: self._of(accounting, self.learned, slack)
                for slack in sorted({*SLACKS, self.settings.slack})}
        half_slack, half = self._at_cost(accounting, line, AT_COST * everything.flops)
        rival = best_static(statics, max(half.flops, min(one.flops for one in statics)))
        policies = {
            'all': everything, 'rules': self._of(accounting, self.rules, self.settings.slack),
            f'learned (accuracy_slack {self.settings.slack:g})': line[self.settings.slack],
            HALF: half, 'oracle': self._of(accounting, OraclePolicy())}
        compared = {'none': next(one for one in statics if one.name == 'none'),
                    f'static {rival.name}': rival, **policies}
        return {
            'name': accounting.name, 'flops_of_all': everything.flops,
            'policies': {name: self._figures(one, everything) for name, one in policies.items()},
            'static_sets': {one.name: self._figures(one, everything) for one in statics},
            'line': [{'slack': slack, **self._figures(one, everything)}
                     for slack, one in line.items()],
            'half': {
                'slack': half_slack, 'share_of_the_accuracy_of_all':
                    half.accuracy / everything.accuracy if everything.accuracy else None,
                'best_static_set_at_no_more_operations': rival.name,
                'above_target': self._difference(half, everything, TARGET),
                'above_static_set': self._difference(half, rival)},
            'conditions': {name: {policy: self._figures(one, everything, self.groups == name)
                                  for policy, one in compared.items()}
                           for name in GROUPS if (self.groups == name).any()}}

    def _of(self, accounting: Accounting, policy: Policy, slack: float = 0.0) -> Replayed:
        """Return what a policy comes to; two accountings of the same decisions make them once."""
        key = accounting.replay, policy.name, slack
        if key not in self._decided:
            self._decided[key] = accounting.replay(
                policy, self.cases, dataclasses.replace(self.settings, slack=slack))
        return accounting.counted(self._decided[key], self.cases)

    def _at_cost(self, accounting: Accounting, line: Mapping[float, Replayed], flops: float
                 ) -> tuple[float, Replayed]:
        """Return the least slack with which no more operations are taken, whatever is right."""
        slacks = sorted(line)
        place = next((index for index, slack in enumerate(slacks) if line[slack].flops <= flops),
                     len(slacks) - 1)
        high, found = slacks[place], line[slacks[place]]
        if place == 0 or found.flops > flops:
            return high, found
        low = slacks[place - 1]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            tried = self._of(accounting, self.learned, middle)
            if tried.flops <= flops:
                high, found = middle, tried
            else:
                low = middle
        return high, found

    def _figures(self, one: Replayed, everything: Replayed, among: np.ndarray | None = None
                 ) -> dict[str, float]:
        """Return the accuracy with its interval and the operations as a share of those of all.

        Among a part of the questions, the operations are those of each question alone.
        """
        kept = np.ones(len(self.cases), dtype=bool) if among is None else among
        values = np.array(one.right, dtype=np.float64)[kept]
        cost = one.flops / everything.flops
        if among is not None:
            places = np.flatnonzero(among)
            cost = sum(self.cases[at].flops[one.chosen[at]] for at in places) / max(sum(
                self.cases[at].flops[everything.chosen[at]] for at in places), 1.0)
        return {'accuracy': float(values.mean()), **self._interval(values, kept, 0.0),
                'cost': float(cost)}

    def _difference(self, one: Replayed, other: Replayed, times: float = 1.0
                    ) -> dict[str, float]:
        """Return by how much the accuracy is above so many times another, question by question."""
        values = (np.array(one.right, dtype=np.float64)
                  - times * np.array(other.right, dtype=np.float64))
        return {'difference': float(values.mean()),
                **self._interval(values, np.ones(len(values), dtype=bool), -1.0)}

    def _interval(self, values: np.ndarray, kept: np.ndarray, least: float) -> dict[str, float]:
        cases = [case for case, here in zip(self.cases, kept) if here]
        scenes = _numbered([one.scene for one in cases])
        blocks = time_blocks(_numbered([one.moment[0] for one in cases]),
                             np.array([one.moment[1] for one in cases], dtype=np.int64))
        interval = mean_interval(values, units_of(scenes, blocks), least)
        return {'low': interval.low, 'high': interval.high}


def costs(cases: Sequence[Case]) -> dict[str, Cost]:
    """Return what each modality adds to an answer on the mean, where it gives anything."""
    found = {}
    for name in sorted({name for case in cases for used in case.flops for name in used}):
        added = [case.flops[frozenset([name])] - case.flops[frozenset()] for case in cases]
        found[name] = Cost(flops_per_s=float(np.mean([one for one in added if one > 0] or [0.0])))
    return found


def _numbered(names: Sequence[str]) -> np.ndarray:
    return np.unique(np.array(names), return_inverse=True)[1].reshape(-1).astype(np.int64)
