# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy over operations: where a curve reaches an accuracy, and what others have there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mpnp_ros.training.comparison.trial import Point

Curve = list[tuple[float, float]]     # operations, ascending, and accuracy

SHARE = 0.95


def mean_curve(trials: Sequence[Sequence[Point]]) -> Curve:
    """Return the mean of several trainings of one arm, point by point.

    Trainings with another number of points than the first are left out.
    """
    alike = [points for points in trials if len(points) == len(trials[0])]
    return [(float(np.mean([one.flops for one in column])),
             float(np.mean([one.accuracy for one in column]))) for column in zip(*alike)]


def at(curve: Curve, flops: float) -> float:
    """Return the accuracy at a number of operations; beyond the last point it stays."""
    return float(np.interp(flops, [one for one, _ in curve], [right for _, right in curve]))


def reaches(curve: Curve, accuracy: float) -> float | None:
    """Return the operations at which an accuracy is reached first, None where it never is."""
    before: tuple[float, float] | None = None
    for flops, value in curve:
        if value >= accuracy:
            if before is None:
                return flops
            share = (accuracy - before[1]) / (value - before[1])
            return before[0] + share * (flops - before[0])
        before = flops, value
    return None


def derived(ours: Curve, baselines: dict[str, Curve]) -> dict[str, float | str | None]:
    """Return how ours compares with the best of the baselines, ready for JSON.

    `flops_95` are the operations at which ours has SHARE of its final accuracy, `ours_95` that
    accuracy and `baseline_95` the best of a baseline there. `flops_baseline` are those at which
    a baseline first has the best final accuracy of all baselines, `flops_ours` those at which
    ours has it, `times_fewer` their ratio; None where ours never has it.
    """
    goal = SHARE * ours[-1][1]
    there = reaches(ours, goal)
    assert there is not None              # the last point is beyond it
    values: dict[str, float | str | None] = {'flops_95': there, 'ours_95': at(ours, there)}
    if not baselines:
        return values
    best_there = max(baselines, key=lambda name: at(baselines[name], there))
    best = max(baselines, key=lambda name: baselines[name][-1][1])
    final = baselines[best][-1][1]
    ours_at, theirs_at = reaches(ours, final), reaches(baselines[best], final)
    return {
        **values, 'best_at_95': best_there, 'baseline_95': at(baselines[best_there], there),
        'best': best, 'baseline_final': final, 'ours_final': ours[-1][1],
        'flops_baseline': theirs_at, 'flops_ours': ours_at,
        'times_fewer': theirs_at / ours_at if theirs_at and ours_at else None}
