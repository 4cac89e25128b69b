# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a person reads at the end of a run: plain text, no wider than a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mpnp_ros.evaluation.figures.intervals import BLOCK_S, BLOCKS, FEW, QUESTIONS, SCENES
from mpnp_ros.evaluation.figures.latency import PERCENTILES
from mpnp_ros.evaluation.figures.text_table import (
    milliseconds,
    scaled,
    share,
    span,
    text_table,
    wrapped,
)
from mpnp_ros.evaluation.problem import Problems

_CONTROLS = {
    'question_only': ('question only', 'the answers without any sensor'),
    'shuffled': ('shuffled', 'the answers with the sensors of another moment'),
    'majority': ('majority', 'the best blind guess'),
}
_ROWS = 24       # names of one dimension that are shown
_REASONS = 8


def summary(scores: Mapping[str, Any], problems: Problems | None = None) -> str:
    """Return the figures of a run as text.

    :param scores: what `score` gave, or scores.json holds.
    :param problems: what was wrong with the inputs.
    """
    parts = [_accuracies(scores), _against_controls(scores), _asked(scores), _costs(scores),
             _latencies(scores), [] if problems is None else _troubles(problems)]
    return '\n\n'.join('\n'.join(lines) for lines in parts if lines)


def _accuracies(scores: Mapping[str, Any]) -> list[str]:
    if not scores['overall']['n']:
        return ['accuracy: nothing was asked whose right answer is known']
    controls = {name: scores['controls'][name] for name in _CONTROLS
                if name in scores['controls']}
    header = ['type', 'n', 'accuracy', '95 % interval', *(_CONTROLS[name][0] for name in controls)]
    rows = [[label, str(figure['n']), share(figure['accuracy']), span(figure),
             *(share(control['by_type'].get(name, {}).get('accuracy')) if dimension == 'type'
               else share(control['overall']['accuracy']) if dimension == 'all' else ''
               for control in controls.values())]
            for dimension, name, label, figure in _rows(scores)]
    return text_table(header, rows)


def _rows(scores: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Return dimension, name, label and figure of each row; few names tell more than many."""
    for name, figure in list(scores['by']['type'].items())[:_ROWS]:
        yield 'type', name, name, figure
    yield 'all', '', 'all', scores['overall']
    for dimension in ('hop', 'condition', 'modalities', 'bag'):
        figures = scores['by'][dimension]
        if 2 <= len(figures) <= _ROWS:
            for name, figure in figures.items():
                yield dimension, name, f'{dimension} {name}', figure


def _against_controls(scores: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, control in scores['controls'].items():
        difference = control['difference']
        if difference['mean'] is not None:
            lines += wrapped(
                f'against {_CONTROLS[name][1]}: {difference["mean"]:+.3f} '
                f'({span(difference, "+")})')
    return lines + _resting_on(scores['overall'])


def _resting_on(figure: Mapping[str, Any]) -> list[str]:
    if not figure['n']:
        return []
    units = figure['units']
    what = {SCENES: 'scenes', BLOCKS: f'blocks of {BLOCK_S:g} s of one scene',
            QUESTIONS: 'questions of one moment'}[figure['resampled']]
    few = ': too few to tell more than roughly' if units < FEW else ''
    return wrapped(f'intervals rest on {units} {what}{few}')


def _asked(scores: Mapping[str, Any]) -> list[str]:
    lines = wrapped(
        f'{scores["asked"]} asked, {scores["answered"]} answered, {scores["refused"]} refused'
        + (f', {scores["unjudged"]} without a known answer' if scores['unjudged'] else ''))
    reasons = list(scores['refusals'].items())
    for reason, count in reasons[:_REASONS]:
        lines += wrapped(f'{count} x {reason}', '  ')
    if len(reasons) > _REASONS:
        lines += [f'  and {len(reasons) - _REASONS} more reasons']
    calibration = scores['calibration']
    if calibration:
        lines += wrapped(
            f'probabilities of {calibration["n"]} answers are off by {share(calibration["ece"])} '
            f'on average (ECE), Brier score {share(calibration["brier"])}')
    return lines


def _costs(scores: Mapping[str, Any]) -> list[str]:
    flops, payload_bytes = scores['cost']['flops'], scores['cost']['payload_bytes']
    lines = []
    if flops['total'] is not None:
        parts = ', '.join(f'{part} {scaled(value)}' for part, value in flops.items()
                          if part != 'total')
        lines += wrapped(f'{scaled(flops["total"], "FLOP")} a question ({parts})')
    if payload_bytes:
        lines += wrapped(f'{scaled(payload_bytes, "B")} of latents a question')
    by_modalities = scores['by_modalities_cost']
    if len(by_modalities) > 1:
        lines += text_table(
            ['modalities', 'n', 'accuracy', 'FLOP a question'],
            [[name, str(one['n']), share(one['accuracy']), scaled(one['flops_total'])]
             for name, one in list(by_modalities.items())[:_ROWS]])
    return lines


def _latencies(scores: Mapping[str, Any]) -> list[str]:
    if not scores['latency_ms']:
        return []
    return text_table(
        ['ms', 'n', *PERCENTILES],
        [[name, str(one['n']), *(milliseconds(one[key]) for key in PERCENTILES)]
         for name, one in scores['latency_ms'].items()])


def _troubles(problems: Problems) -> list[str]:
    if not len(problems):
        return []
    lines = [f'{len(problems)} problems with the inputs; the rest was evaluated:']
    for problem in problems:
        places = '; '.join(problem.places)
        more = '; ...' if problem.count > len(problem.places) else ''
        lines += wrapped(f'{problem.count} x {problem.what}: {places}{more}', '  ')
    return lines
