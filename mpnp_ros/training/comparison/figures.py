# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a comparison: accuracies and paired differences with intervals over scenes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mpnp_ros.evaluation.figures.intervals import mean_interval, SCENES, Units
from mpnp_ros.training.comparison.arms import (
    BASELINES, left_out, OURS, QUESTION_ONLY, without as arm_without)
from mpnp_ros.training.comparison.conditions import groups_of, ordered
from mpnp_ros.training.comparison.curves import Curve, derived, mean_curve
from mpnp_ros.training.comparison.judging import ALL, without
from mpnp_ros.training.comparison.results import Question, Results
from mpnp_ros.training.comparison.trial import Trial

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Mean:
    """A mean over questions, of them the mean over seeds, with its 95 % interval over scenes."""

    n: int
    mean: float
    low: float
    high: float

    def described(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {name: round(value, 6) for name, value in vars(self).items()}


class Figures:
    """The figures of a folder.

    :ivar questions: those that were asked.
    :ivar trials: what is finished, by arm.
    """

    def __init__(self, results: Results) -> None:
        self.questions: list[Question] = results.questions()
        self.trials: dict[str, list[Trial]] = results.trials()
        self.setup = results.setup()
        self.costs = {arm: cost for arm in self.trials
                      if (cost := results.cost(arm)) is not None}
        names = np.array([one.scene for one in self.questions], dtype=object)
        self._scenes = np.unique(names, return_inverse=True)[1].reshape(-1)

    def groups(self) -> dict[str, dict[str, Mask]]:
        """Return which questions [questions] belong to each type and to each condition."""
        types = [one.type for one in self.questions]
        conditions = [groups_of(one.condition) for one in self.questions]
        return {
            'type': {name: np.array([one == name for one in types])
                     for name in sorted(set(types))},
            'condition': {name: np.array([name in one for one in conditions]) for name in ordered(
                [group for one in conditions for group in one])}}

    def right(self, arm: str, variant: str = ALL) -> npt.NDArray[np.float64] | None:
        """Return the share of the seeds with which each question [questions] was right.

        None where no trial of the arm has been judged so.
        """
        rows = [[mark == '1' for mark in trial.right[variant]]
                for trial in self.trials.get(arm, []) if variant in trial.right]
        return np.array(rows, np.float64).mean(axis=0) if rows else None

    def mean(self, values: npt.NDArray[np.float64], mask: Mask | None = None,
             least: float = 0.0) -> Mean | None:
        """Return the mean of values of questions, of some of them by `mask`, None for none."""
        chosen = np.ones(len(values), bool) if mask is None else mask
        if not chosen.any():
            return None
        of = np.unique(self._scenes[chosen], return_inverse=True)[1].reshape(-1)
        interval = mean_interval(values[chosen], Units(of.astype(np.int64), SCENES), least)
        return Mean(int(chosen.sum()), float(values[chosen].mean()), interval.low, interval.high)

    def accuracy(self, arm: str, variant: str = ALL, mask: Mask | None = None) -> Mean | None:
        """Return how often an arm is right, None where that was not judged."""
        right = self.right(arm, variant)
        return None if right is None else self.mean(right, mask)

    def gain(self, arm: str, variant: str, other: str, other_variant: str,
             mask: Mask | None = None) -> Mean | None:
        """Return by how much an arm is right more often than another one on the same questions."""
        first, second = self.right(arm, variant), self.right(other, other_variant)
        if first is None or second is None:
            return None
        return self.mean(first - second, mask, -1.0)

    def curves(self) -> dict[str, Curve]:
        """Return accuracy over operations by arm, the mean over seeds."""
        return {arm: mean_curve([trial.points for trial in trials])
                for arm, trials in self.trials.items() if trials[0].points}

    def derived(self) -> dict[str, float | str | None]:
        """Return how ours compares with the baselines; nothing where ours is not finished."""
        curves = self.curves()
        if OURS not in curves:
            return {}
        return derived(curves[OURS], {arm: curves[arm] for arm in BASELINES if arm in curves})

    def removed(self) -> dict[str, Mean]:
        """Return by modality what ours without it gains over ours trained without it.

        Questions that only this modality tells are left out.
        """
        found = {}
        for arm in self.trials:
            name = left_out(arm)
            rest = np.array([one.needs != (name,) for one in self.questions])
            gain = name and self.gain(OURS, without(name), arm_without(name), ALL, rest)
            if gain:
                found[name] = gain
        return found

    def described(self) -> dict[str, Any]:
        """Return all figures, ready for JSON."""
        groups = self.groups()
        arms: dict[str, Any] = {}
        for arm, trials in self.trials.items():
            arms[arm] = {
                'seeds': [trial.seed for trial in trials],
                'steps': [trial.steps for trial in trials],
                'flops': [trial.flops for trial in trials],
                'spent': [trial.spent for trial in trials],
                'seconds': [trial.seconds for trial in trials],
                'step': self.costs[arm].described() if arm in self.costs else None,
                'of_seeds': [trial.right[ALL].count('1') / len(trial.right[ALL])
                             for trial in trials],
                'accuracy': {variant: {
                    'overall': _plain(self.accuracy(arm, variant)),
                    **{dimension: {name: _plain(self.accuracy(arm, variant, mask))
                                   for name, mask in masks.items()}
                       for dimension, masks in groups.items()}}
                    for variant in trials[0].right}}
        return {
            'setup': self.setup, 'arms': arms, 'derived': self.derived(),
            'curves': self.curves(),
            'over_question_only': _plain(self.gain(OURS, ALL, QUESTION_ONLY, ALL)),
            'removed': {name: one.described() for name, one in self.removed().items()}}


def _plain(mean: Mean | None) -> dict[str, Any] | None:
    return None if mean is None else mean.described()
