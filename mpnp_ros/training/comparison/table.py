# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a comparison as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
import statistics

from mpnp_ros.training.comparison.arms import (
    BASELINES, last_blocks, left_out, OURS, PAPER, PLAIN, QUESTION_ONLY)
from mpnp_ros.training.comparison.figures import Figures, Mean
from mpnp_ros.training.comparison.goals import goals
from mpnp_ros.training.comparison.judging import ALL, NONE, SHUFFLED
from mpnp_ros.training.comparison.trial import Trial

TITLES = {OURS: 'ours', PLAIN: 'ours, questions look too', PAPER: "ours, the paper's arithmetic",
          'input_projection': 'input projection (LLaVA)', 'prompt_fuse': 'PromptFuse',
          'ep_alm': 'eP-ALM', 'full': 'full fine-tuning', QUESTION_ONLY: 'question only (n-grams)'}


def title(arm: str) -> str:
    """Return what an arm is called in tables and plots."""
    if (blocks := last_blocks(arm)) is not None:
        return f'ours, last {blocks} blocks'
    return TITLES.get(arm) or f'ours, trained without {left_out(arm)}'


def report(figures: Figures) -> str:
    """Return all tables."""
    setup = figures.setup
    return '\n\n'.join([
        f'{setup["llm"]}, {len(figures.questions)} questions about '
        f'{len({one.scene for one in figures.questions})} scenes that nothing learned from; '
        f'accuracies in %, with 95 % intervals over scenes; means over seeds.',
        _markdown(*_arms(figures)), '### Ours with fewer sensors', _markdown(*_shown(figures)),
        '### What was to be reached', _markdown(*_goals(figures)),
        '### By type', _markdown(*_grouped(figures, 'type')),
        '### By condition', _markdown(*_grouped(figures, 'condition'))]) + '\n'


def _arms(figures: Figures) -> tuple[list[str], list[list[str]]]:
    rows = []
    for arm, trials in _in_order(figures):
        cost = figures.costs.get(arm)
        rows.append([
            title(arm), with_interval(figures.accuracy(arm)), str(len(trials)),
            str(round(statistics.mean(one.steps for one in trials))),
            f'{statistics.mean(one.flops for one in trials) / 1e12:.2f}',
            f'{cost.flops / 1e9:.1f}' if cost else '',
            f'{cost.peak_bytes / 2 ** 20:.0f}' if cost else '',
            f'{statistics.mean(sum(one.seconds.values()) for one in trials):.0f}'])
    return ['way of fusing', 'accuracy', 'seeds', 'steps', 'TFLOP', 'GFLOP a step',
            'MiB above weights', 'seconds'], rows


def _shown(figures: Figures) -> tuple[list[str], list[list[str]]]:
    trials = figures.trials.get(OURS, [])
    names = {ALL: 'all sensors', NONE: 'no sensor', SHUFFLED: 'sensors of another scene'}
    return ['answered from', 'accuracy', 'over question only'], [
        [names.get(variant, variant), with_interval(figures.accuracy(OURS, variant)),
         with_interval(figures.gain(OURS, variant, QUESTION_ONLY, ALL))]
        for variant in (trials[0].right if trials else ())]


def _goals(figures: Figures) -> tuple[list[str], list[list[str]]]:
    return ['what', 'at least', 'measured', ''], [
        [goal.what, goal.wanted, goal.measured, goal.verdict]
        for goal in goals(figures)]


def _grouped(figures: Figures, dimension: str) -> tuple[list[str], list[list[str]]]:
    arms = [arm for arm, _ in _in_order(figures) if not left_out(arm) and not last_blocks(arm)]
    return [dimension, 'n', *map(title, arms)], [
        [name, str(int(mask.sum())),
         *(with_interval(figures.accuracy(arm, mask=mask)) for arm in arms)]
        for name, mask in figures.groups()[dimension].items()]


def _in_order(figures: Figures) -> list[tuple[str, list[Trial]]]:
    order = [OURS, PLAIN, PAPER, *BASELINES, QUESTION_ONLY]
    return sorted(figures.trials.items(), key=lambda item: (
        order.index(item[0]) if item[0] in order else len(order), item[0]))


def with_interval(mean: Mean | None) -> str:
    """Return a mean in per cent with its interval, '' for none."""
    if mean is None:
        return ''
    return f'{100 * mean.mean:.1f} [{100 * mean.low:.1f}, {100 * mean.high:.1f}]'


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ['---'] * len(header), *rows]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)
