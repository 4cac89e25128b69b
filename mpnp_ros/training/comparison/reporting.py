# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Write what a comparison found: results.json, table.md and plots."""

from __future__ import annotations

import json

from mpnp_ros.training.comparison.arms import (
    BASELINES, last_blocks, OURS, PAPER, PLAIN, QUESTION_ONLY)
from mpnp_ros.training.comparison.figures import Figures
from mpnp_ros.training.comparison.plots import bar_plot, Line, line_plot
from mpnp_ros.training.comparison.results import Results
from mpnp_ros.training.comparison.table import report, title
from mpnp_ros.training.error import TrainError

_SHOWN = (OURS, PLAIN, PAPER, *BASELINES)


def write_report(results: Results) -> str:
    """Write all of it from what is finished, and return the tables.

    Raises TrainError where nothing is.
    """
    figures = Figures(results)
    if not figures.trials:
        raise TrainError(f'{results.folder} holds no finished arm')
    tables = report(figures)
    results.write_text('results.json', json.dumps(figures.described(), indent=1) + '\n')
    results.write_text('table.md', tables)
    blind = figures.accuracy(QUESTION_ONLY)
    curves = figures.curves()
    for name, across, over in (
            ('flops', 'operations spent in training, TFLOP',
             lambda arm: [(flops / 1e12, right) for flops, right in curves[arm]]),
            ('samples', 'questions learned from', lambda arm: _over_samples(figures, arm))):
        lines = [Line(title(arm), over(arm)) for arm in _SHOWN if arm in curves]
        most = max([x for line in lines for x, _ in line.points], default=1.0)
        if blind is not None:
            lines.append(Line(title(QUESTION_ONLY), [(0.0, blind.mean), (most, blind.mean)], True))
        results.write_text(f'accuracy_over_{name}.svg', line_plot(
            'Accuracy on scenes that were not learned from', across, lines))
    if len(reach := _over_blocks(figures)) > 1:
        lines = [Line(title(OURS), reach)]
        if blind is not None:
            lines.append(Line(title(QUESTION_ONLY), [(reach[0][0], blind.mean),
                                                     (reach[-1][0], blind.mean)], True))
        results.write_text('accuracy_over_blocks.svg', line_plot(
            'Accuracy for the same operations', 'last blocks that sensors enter', lines))
    for dimension, groups in figures.groups().items():
        results.write_text(f'accuracy_by_{dimension}.svg', bar_plot(
            f'Accuracy by {dimension}', list(groups), {
                title(arm): [figures.accuracy(arm, mask=mask) for mask in groups.values()]
                for arm in (*_SHOWN, QUESTION_ONLY) if arm in figures.trials}))
    return tables


def _over_samples(figures: Figures, arm: str) -> list[tuple[float, float]]:
    trials = figures.trials[arm]
    return [(sum(one.samples for one in column) / len(column),
             sum(one.accuracy for one in column) / len(column))
            for column in zip(*(trial.points for trial in trials))]


def _over_blocks(figures: Figures) -> list[tuple[float, float]]:
    """Return the accuracy of ours by the number of blocks that it reaches."""
    found = {}
    for arm in figures.trials:
        blocks = figures.setup['shape']['blocks'] if arm == OURS else last_blocks(arm)
        mean = figures.accuracy(arm)
        if blocks and mean is not None:
            found[float(blocks)] = mean.mean
    return sorted(found.items())
