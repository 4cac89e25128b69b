# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the comparison is to show, beside what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mpnp_ros.training.comparison.arms import OURS, QUESTION_ONLY
from mpnp_ros.training.comparison.figures import Figures
from mpnp_ros.training.comparison.judging import ALL, SHUFFLED

_POINTS_OVER_BLIND, _POINTS_AT_95, _POINTS_BELOW, _POINTS_REMOVED = 25.0, 10.0, 2.0, 1.0
_TIMES_FLOPS, _TIMES_MEMORY = 8.0, 4.0


@dataclass(frozen=True)
class Goal:
    """One thing to show; `reached` is None where it was not measured."""

    what: str
    wanted: str
    measured: str
    reached: bool | None

    @property
    def verdict(self) -> str:
        """Return the outcome in words."""
        if self.reached is None:
            return 'not measured'
        return 'reached' if self.reached else 'not reached'


def goals(figures: Figures) -> list[Goal]:
    """Return all of them."""
    values = figures.derived()
    return [_over_blind(figures), _types(figures), _shuffled(figures), _at_95(values),
            _final(values), _operations(values), _memory(figures), _removed(figures)]


def _over_blind(figures: Figures) -> Goal:
    gain = figures.gain(OURS, ALL, QUESTION_ONLY, ALL)
    return Goal(
        'all modalities over question only', f'+{_POINTS_OVER_BLIND:.0f} points',
        '' if gain is None else f'{100 * gain.mean:+.1f} [{100 * gain.low:+.1f}, '
        f'{100 * gain.high:+.1f}]',
        None if gain is None else 100 * gain.mean >= _POINTS_OVER_BLIND)


def _types(figures: Figures) -> Goal:
    """Below is a type whose interval of the difference ends below 0."""
    gains = {name: figures.gain(OURS, ALL, QUESTION_ONLY, ALL, mask)
             for name, mask in figures.groups()['type'].items()}
    below = [f'{name} {100 * one.mean:+.1f}' for name, one in gains.items()
             if one is not None and one.high < 0.0]
    known = any(one is not None for one in gains.values())
    return Goal('types below question only, beyond the interval', 'none',
                (', '.join(below) or 'none') if known else '', not below if known else None)


def _shuffled(figures: Figures) -> Goal:
    gain = figures.gain(OURS, SHUFFLED, QUESTION_ONLY, ALL)
    return Goal(
        'shuffled sensors over question only', 'nothing beyond the interval',
        '' if gain is None else f'{100 * gain.mean:+.1f} [{100 * gain.low:+.1f}, '
        f'{100 * gain.high:+.1f}]', None if gain is None else gain.low <= 0.0)


def _at_95(values: Mapping[str, float | str | None]) -> Goal:
    what = 'ours over the best baseline where ours has 95 % of its final accuracy'
    ours, theirs, flops = (values.get(key) for key in ('ours_95', 'baseline_95', 'flops_95'))
    if not (isinstance(ours, float) and isinstance(theirs, float) and isinstance(flops, float)):
        return Goal(what, f'+{_POINTS_AT_95:.0f} points', '', None)
    gain = 100 * (ours - theirs)
    return Goal(what, f'+{_POINTS_AT_95:.0f} points', f'{gain:+.1f} over {values["best_at_95"]} '
                f'at {flops / 1e12:.2f} TFLOP', gain >= _POINTS_AT_95)


def _final(values: Mapping[str, float | str | None]) -> Goal:
    what = 'ours against the best baseline, each with its whole budget'
    ours, theirs = values.get('ours_final'), values.get('baseline_final')
    if not (isinstance(ours, float) and isinstance(theirs, float)):
        return Goal(what, f'-{_POINTS_BELOW:.0f} points', '', None)
    gain = 100 * (ours - theirs)
    return Goal(what, f'-{_POINTS_BELOW:.0f} points', f'{gain:+.1f} ({values["best"]})',
                gain >= -_POINTS_BELOW)


def _operations(values: Mapping[str, float | str | None]) -> Goal:
    what = "operations to the best baseline's final accuracy"
    times, theirs, ours = (
        values.get(key) for key in ('times_fewer', 'flops_baseline', 'flops_ours'))
    if not isinstance(theirs, float):
        return Goal(what, f'{_TIMES_FLOPS:.0f} times fewer', '', None)
    if not isinstance(ours, float):
        return Goal(what, f'{_TIMES_FLOPS:.0f} times fewer', 'ours never has it', False)
    if not isinstance(times, float):
        return Goal(what, f'{_TIMES_FLOPS:.0f} times fewer',
                    'no baseline is better than without any training', None)
    return Goal(what, f'{_TIMES_FLOPS:.0f} times fewer',
                f'{times:.1f} times ({ours / 1e12:.2f} against {theirs / 1e12:.2f} TFLOP)',
                times >= _TIMES_FLOPS)


def _memory(figures: Figures) -> Goal:
    ours, theirs = figures.costs.get(OURS), figures.costs.get('input_projection')
    what = 'memory above the weights against input projection, same batch'
    if ours is None or theirs is None:
        return Goal(what, f'{_TIMES_MEMORY:.0f} times less', '', None)
    times = theirs.peak_bytes / ours.peak_bytes
    return Goal(what, f'{_TIMES_MEMORY:.0f} times less', f'{times:.1f} times', times
                >= _TIMES_MEMORY)


def _removed(figures: Figures) -> Goal:
    gains = figures.removed()
    return Goal(
        'a modality removed, against a training without it', f'-{_POINTS_REMOVED:.0f} point',
        ', '.join(f'{name} {100 * one.mean:+.1f} [{100 * one.low:+.1f}, {100 * one.high:+.1f}]'
                  for name, one in gains.items()),
        all(100 * one.mean >= -_POINTS_REMOVED for one in gains.values()) if gains else None)
