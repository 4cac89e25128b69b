# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What an evaluation showed, in a sentence or two: plain words for the head of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpnp_ros.evaluation.record import QUESTION_ONLY, SHUFFLED

_CONTROLS = {QUESTION_ONLY: 'for the same model without sensors',
             SHUFFLED: 'with the sensors of another moment'}
_WORTH = {QUESTION_ONLY: 'none', SHUFFLED: 'those of another moment'}


def verdict(scores: Mapping[str, Any]) -> list[str]:
    """Return sentences about the scores of a run, the one that counts first."""
    figure = scores.get('overall') or {}
    asked = scores.get('asked') or figure.get('n') or 0
    refused = scores.get('refused') or 0
    if not asked:
        return ['No question was asked.']
    if refused == asked:
        return [f'{"The question was" if asked == 1 else f"All {asked:,} questions were"} '
                'refused: nothing was answered.']
    if not figure.get('n') or figure.get('accuracy') is None:
        return [f'{f"{asked:,} questions were" if asked > 1 else "The one question was"} asked; '
                'what would be right is not known.']
    return [_accuracy(scores, figure), *_worth(scores), *_refused(scores, refused, asked)]


def change(difference: Mapping[str, Any]) -> str:
    """Return a sentence about a comparison of two runs (see `compare.compare_runs`)."""
    name = difference['before']['name'] or 'the run before'
    overall = difference['overall']
    if overall.get('mean') is None:
        return f'Of the questions shared with {name} it is not known what would be right.'
    sure = '' if overall.get('low') is None else (
        f' ({_points(overall["low"])} to {_points(overall["high"])})')
    return (f'Against {name}: {_points(overall["mean"])} points{sure} on '
            f'{difference["shared"]:,} shared questions, {overall["gained"]:,} now right, '
            f'{overall["lost"]:,} no longer.')


def _accuracy(scores: Mapping[str, Any], figure: Mapping[str, Any]) -> str:
    if figure['n'] == 1:
        return f'The one question is answered {"right" if figure["accuracy"] else "wrong"}.'
    against = [f'{percent(control["overall"]["accuracy"])} {words}'
               for control, words in _known_controls(scores, _CONTROLS)]
    return (f'{percent(figure["accuracy"])} of {figure["n"]:,} questions are answered right'
            f'{_interval(figure)}'
            + (f', against {" and ".join(against)}' if against else '') + '.')


def _worth(scores: Mapping[str, Any]) -> list[str]:
    """Say by how much the sensors help, and whether that is more than chance."""
    clear: list[str] = []
    unclear: list[str] = []
    for control, words in _known_controls(scores, _WORTH):
        gain = control.get('difference') or {}
        if gain.get('mean') is None or gain.get('low') is None or gain.get('high') is None:
            continue
        told = (f'{_points(gain["mean"])} points over {words} '
                f'({_points(gain["low"])} to {_points(gain["high"])})')
        (unclear if gain['low'] <= 0 <= gain['high'] else clear).append(told)
    sentences = []
    if clear:
        sentences.append(f'The sensors bring {" and ".join(clear)}.')
    if unclear:
        sentences.append(f'The sensors\' {" and ".join(unclear)} may be chance.')
    return sentences


def _refused(scores: Mapping[str, Any], refused: int, asked: int) -> list[str]:
    if not refused:
        return []
    were = 'was refused and counts' if refused == 1 else 'were refused and count'
    return [f'{refused:,} of {asked:,} questions {were} as wrong.']


def _known_controls(scores: Mapping[str, Any], words: Mapping[str, str]
                    ) -> list[tuple[Mapping[str, Any], str]]:
    controls = scores.get('controls') or {}
    return [(controls[name], text) for name, text in words.items()
            if ((controls.get(name) or {}).get('overall') or {}).get('accuracy') is not None]


def _interval(figure: Mapping[str, Any]) -> str:
    low, high = figure.get('low'), figure.get('high')
    if low is None or high is None or (low, high) == (0, 1):
        return ' (too few to say how sure that is)'
    return f' (95 % interval {100 * low:.1f} to {100 * high:.1f})'


def percent(share: float) -> str:
    """Return a share as '74.1 %'."""
    return f'{100 * share:.1f} %'


def _points(difference: float) -> str:
    return f'{100 * difference:+.1f}'.replace('-', '−')
