# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a run, and their tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
import re
import statistics
from typing import Any

from adaptation_cases.cases import CASES
from adaptation_cases.choice import at, DAY, NIGHT
from adaptation_cases.run import BEFORE, QUESTION_ONLY
from adaptation_cases.stages import Stages
from adaptation_cases.won_back import Floats, won_back
import numpy as np
import numpy.typing as npt

from mpnp_ros.evaluation.figures.intervals import mean_interval, units_of
from mpnp_ros.training.comparison.conditions import groups_of, ordered

Mask = npt.NDArray[np.bool_]
EVERYTHING, EITHER = 'all questions', 'questions that a lidar answers as well'
_SPENT = ('seconds', 'flops', 'peak_mib', 'steps')


def figures(stages: Stages) -> dict[str, Any]:
    """Return the figures of what is finished, ready for JSON."""
    asked = (stages.of('questions') or {'questions': []})['questions']
    scenes = np.array([one['scene'] for one in asked], dtype=object)
    either = np.array([one['either'] for one in asked], bool)
    times = {time: np.array([at(one['condition'], time) for one in asked], bool)
             for time in (DAY, NIGHT)}
    every = np.ones(len(asked), bool)
    mixed = np.array([one['mixed'] for one in asked], bool)
    groups = [groups_of(one['condition']) for one in asked]
    before, words = (_right([stages.of(name)]) for name in (BEFORE, QUESTION_ONLY))
    found: dict[str, Any] = {'setup': stages.setup(), 'learned_by_day': stages.of(
        'learned_by_day'), 'populations': {}, 'cases': {}, 'conditions': {}}
    cases = {name: _finished(stages, name) for name in CASES}
    for name, of in cases.items():
        if of:
            found['cases'][name] = {
                'seeds': [one['seed'] for one in of],
                'taken_over': sum(one['taken_over'] for one in of),
                'samples': of[0]['samples'], 'scenes': [one['scenes'] for one in of],
                'modalities': of[0]['learned'],
                **{key: [one[key] for one in of] for key in _SPENT}}
    if before is None or words is None:
        return found
    for population, mask in ((EVERYTHING, every), (EITHER, either)):
        day, night = mask & times[DAY], mask & times[NIGHT]
        if not (day.any() and night.any()):
            continue
        of_it: dict[str, Any] = {
            'question_only': {time: _mean(words[mask & times[time]], scenes[mask & times[time]])
                              for time in times},
            'camera': {time: _mean(before[mask & times[time]], scenes[mask & times[time]])
                       for time in times},
            'adapted': []}
        for name, title, right in _answering(cases):
            of_it['adapted'].append({
                'case': name, 'answering': title,
                **{time: _mean(right[mask & times[time]], scenes[mask & times[time]])
                   for time in times},
                'gain': _mean(right[night] - before[night], scenes[night], -1.0),
                'won_back': asdict(won_back(before[day], list(scenes[day]), before[night],
                                            right[night], list(scenes[night])))})
        found['populations'][population] = of_it
    for name, _, right in _answering(cases):
        if not CASES[name].time:
            for group in ordered([one for of in groups for one in of]):
                rows = mixed & np.array([group in of for of in groups], bool)
                if not rows.any():
                    continue
                found['conditions'][group] = _compared(before, right, rows, scenes)
            found['conditions']['all'] = _compared(before, right, mixed, scenes)
    return found


def report(found: dict[str, Any]) -> str:
    """Return the tables."""
    setup = found['setup']
    parts = [
        f'{setup["llm"]}, {setup["samples"]} labelled samples, at most {setup["seconds"]:g} s of '
        f'{setup["threads"]} threads for everything; accuracies in % of held-out scenes, answers '
        'among candidates, with 95 % intervals over scenes; means over seeds.']
    if found['learned_by_day']:
        day = found['learned_by_day']
        parts[0] += (f' The camera learned by day: {day["questions"]} questions about '
                     f'{day["scenes"]} scenes, {day["steps"]} steps of {day["batch"]} in '
                     f'{day["seconds"]:.0f} s.')
    for population, of in found['populations'].items():
        camera = 'camera, learned by day' if found['learned_by_day'] else 'camera, as given'
        rows = [['question only (n-grams)', _shown(of['question_only'][DAY]),
                 _shown(of['question_only'][NIGHT]), '', ''],
                [camera, _shown(of['camera'][DAY]), _shown(of['camera'][NIGHT]), '', '']]
        rows += [[f'{CASES[one["case"]].title}: {one["answering"]}', _shown(one[DAY]),
                  _shown(one[NIGHT]), _shown(one['gain']), _share(one['won_back'])]
                 for one in of['adapted']]
        parts.append(f'### At night, {population}\n\n' + _markdown(
            ['what answers', 'day', 'night', 'over the camera at night',
             'won back of what night lost'], rows))
    if found['cases']:
        parts.append('### What an adaptation takes\n\n' + _markdown(
            ['adaptation', 'seeds', 'taken over', 'scenes', 'steps', 'seconds', 'TFLOP',
             'peak MiB'],
            [[CASES[name].title, str(len(of['seeds'])), str(of['taken_over']),
              *(_middle(of[key], scale) for key, scale in (
                  ('scenes', 1.0), ('steps', 1.0), ('seconds', 1.0), ('flops', 1e12),
                  ('peak_mib', 1.0)))] for name, of in found['cases'].items()]))
    if found['conditions']:
        parts.append('### Camera, then camera and lidar, in all conditions\n\n' + _markdown(
            ['condition', 'questions', 'camera', 'camera and lidar', 'gain'],
            [[name, str(one['before']['n']), _shown(one['before']), _shown(one['after']),
              _shown(one['gain'])] for name, one in found['conditions'].items()]))
    return '\n\n'.join(parts) + '\n'


def _finished(stages: Stages, name: str) -> list[dict[str, Any]]:
    """Return the finished runs of a case, by seed."""
    seeds = sorted(int(found[1]) for path in stages.folder.glob(f'{name}_*.json')
                   if (found := re.fullmatch(rf'{name}_(\d+)', path.stem)))
    return [{'seed': seed, **one} for seed in seeds
            if (one := stages.of(f'{name}_{seed}')) is not None]


def _answering(cases: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, Floats]]:
    """Return what answers after which case, and how often each question is right over seeds.

    Where an adaptation was not taken over, what stays in use answers; a sensor that has no
    connectors then cannot, and such a seed is left out.
    """
    found = []
    for name, of in cases.items():
        for title in CASES[name].answering:
            right = _right([{'right': one['right'][title]} for one in of
                            if title in one['right']])
            if right is not None:
                found.append((name, title, right))
    return found


def _right(stages: Sequence[dict[str, Any] | None]) -> Floats | None:
    """Return the mean over seeds of right answers, [questions], None without any."""
    rows = [[mark == '1' for mark in one['right']] for one in stages if one is not None]
    return np.array(rows, np.float64).mean(axis=0) if rows else None


def _compared(before: Floats, after: Floats, rows: Mask, scenes: npt.NDArray[Any]
              ) -> dict[str, Any]:
    return {'before': _mean(before[rows], scenes[rows]), 'after': _mean(after[rows], scenes[rows]),
            'gain': _mean(after[rows] - before[rows], scenes[rows], -1.0)}


def _mean(values: Floats, scenes: npt.NDArray[Any], least: float = 0.0) -> dict[str, Any]:
    of = np.unique(scenes, return_inverse=True)[1].reshape(-1).astype(np.int64)
    interval = mean_interval(values, units_of(of, of), least)
    return {'n': len(values), 'mean': float(values.mean()), 'low': interval.low,
            'high': interval.high}


def _shown(one: dict[str, Any]) -> str:
    return f'{100 * one["mean"]:.1f} [{100 * one["low"]:.1f}, {100 * one["high"]:.1f}]'


def _share(one: dict[str, Any]) -> str:
    if one['share'] is None:
        return 'night lost nothing'
    if one['low'] is None:
        return f'{100 * one["share"]:.0f} % (night may have lost nothing)'
    return f'{100 * one["share"]:.0f} % [{100 * one["low"]:.0f}, {100 * one["high"]:.0f}]'


def _middle(values: Sequence[float | None], scale: float) -> str:
    known = [value / scale for value in values if value is not None]
    if not known:
        return ''
    mean = statistics.mean(known)
    return f'{mean:.0f}' if mean >= 10 else f'{mean:.2f}'


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ['---'] * len(header), *rows]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)
