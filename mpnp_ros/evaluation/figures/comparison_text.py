# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A comparison of two runs as text for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Any

from mpnp_ros.evaluation.figures.intervals import FEW
from mpnp_ros.evaluation.figures.latency import PERCENTILES
from mpnp_ros.evaluation.figures.text_table import (
    milliseconds,
    printable,
    scaled,
    share,
    span,
    text_table,
    wrapped,
)

_FLIPS = {'text': 20, 'markdown': 100}   # questions that are shown
_SETTINGS = 20
_LEAST = 1e-99   # probability that is told; what is smaller tells nothing more
_MARKDOWN = re.compile(r'([\\`*_\[\]<>|#~])')


@dataclass(frozen=True)
class _Table:
    """One table: `left` columns hold words, the others numbers."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1
    more: str = ''


def comparison_text(comparison: Mapping[str, Any]) -> str:
    """Return what `compare_runs` gave as plain text of a terminal's width."""
    parts = [_line for sentence in _sentences(comparison) for _line in wrapped(sentence)]
    for table in _tables(comparison, _FLIPS['text']):
        parts += ['', f'{table.title}:', *text_table(
            table.header, table.rows, left=table.left, indent='  ')]
        if table.more:
            parts.append(f'  {table.more}')
    return '\n'.join(parts)


def comparison_markdown(comparison: Mapping[str, Any]) -> str:
    """Return what `compare_runs` gave as Markdown (GitHub's, with tables)."""
    parts = ['# Comparison of two runs', '']
    for sentence in _sentences(comparison):
        parts += [_escaped(sentence), '']
    for table in _tables(comparison, _FLIPS['markdown']):
        rule = ['---' if place < table.left else '---:' for place in range(len(table.header))]
        parts += [f'## {_capital(table.title)}', '', _row(table.header), _row(rule, plain=True),
                  *map(_row, table.rows), '']
        if table.more:
            parts += [_escaped(table.more), '']
    return '\n'.join(parts)


def _sentences(comparison: Mapping[str, Any]) -> list[str]:
    """Return the comparison in words: which runs, the result, what it rests on."""
    overall = comparison['overall']
    names = [f'{which}: {comparison[which]["name"]} ({comparison[which]["path"]})'
             for which in ('before', 'after') if comparison[which]['path'] is not None]
    sentences = [*names, _result(overall)]
    if overall['n']:
        few = ', too few to tell more than roughly' if overall['units'] < FEW else ''
        sentences.append(
            f'Of {overall["n"]} questions {overall["gained"]} went right and {overall["lost"]} '
            f'wrong (p {_equals(overall["p"])} if questions were independent); the '
            f'interval rests on {overall["units"]} {overall["resampled"]}{few}.')
    sentences.append(f'{comparison["changed"]} of {comparison["shared"]} answers differ.')
    for which in ('before', 'after'):
        alone = comparison[f'only_{which}']
        if alone['n']:
            more = ', ...' if alone['n'] > len(alone['ids']) else ''
            sentences.append(f'Left out, since only the run {which} has them: {alone["n"]} '
                             f'({", ".join(alone["ids"])}{more}).')
    return sentences


def _result(overall: Mapping[str, Any]) -> str:
    if not overall['n']:
        return 'No shared question has a known answer: accuracies cannot be compared.'
    figures = (f'{share(overall["before"])} before, {share(overall["after"])} after: '
               f'{overall["mean"]:+.3f}, 95 % interval {span(overall, "+")}')
    if overall['low'] > 0:
        return f'Better. {figures}.'
    if overall['high'] < 0:
        return f'Worse. {figures}.'
    return f'No difference can be told. {figures}.'


def _tables(comparison: Mapping[str, Any], most_flips: int) -> list[_Table]:
    tables = [_accuracies(comparison), _flips(comparison, most_flips), _costs(comparison),
              _latencies(comparison), _settings(comparison)]
    return [table for table in tables if table.rows]


def _accuracies(comparison: Mapping[str, Any]) -> _Table:
    rows = [(f'{dimension} {name}', figure) for dimension, figures in comparison['by'].items()
            for name, figure in figures.items()]
    if comparison['overall']['n']:
        rows.append(('all', comparison['overall']))
    return _Table(
        'accuracy', ('', 'n', 'before', 'after', 'difference', '95 % interval', 'lost', 'gained',
                     'p'),
        [(name, str(one['n']), share(one['before']), share(one['after']), f'{one["mean"]:+.3f}',
          span(one, '+'), str(one['lost']), str(one['gained']), _probability(one['p']))
         for name, one in rows])


def _flips(comparison: Mapping[str, Any], most: int) -> _Table:
    flips = comparison['flips']
    left = len(flips) - most
    return _Table(
        'questions that flipped', ('question', 'id', 'right', 'before', 'after', ''),
        [(one['question'], one['id'], one['expected'], _answer(one, 'before'),
          _answer(one, 'after'), 'gained' if one['gained'] else 'lost') for one in flips[:most]],
        left=6, more=f'and {left} more' if left > 0 else '')


def _answer(flip: Mapping[str, Any], which: str) -> str:
    return f'refused: {flip["refusal_" + which]}' if flip[f'refusal_{which}'] else flip[which]


def _costs(comparison: Mapping[str, Any]) -> _Table:
    cost = comparison['cost']
    rows = [(f'FLOP, {part}', one) for part, one in cost['flops'].items()]
    rows.append(('bytes of latents', cost['payload_bytes']))
    return _Table('cost a question', ('', 'before', 'after', 'difference', ''), [
        (name, scaled(one['before']), scaled(one['after']), scaled(one['difference']),
         _relative(one)) for name, one in rows if one['difference'] is not None])


def _latencies(comparison: Mapping[str, Any]) -> _Table:
    return _Table('latency in ms', ('', 'before', 'after', 'difference', ''), [
        (f'{name} {key}', milliseconds(times[key]['before']), milliseconds(times[key]['after']),
         f'{times[key]["difference"]:+.1f}', _relative(times[key]))
        for name, times in comparison['latency_ms'].items() for key in PERCENTILES])


def _settings(comparison: Mapping[str, Any]) -> _Table:
    settings = comparison['settings']
    left = len(settings) - _SETTINGS
    return _Table('settings that differ', ('setting', 'before', 'after'), [
        (one['setting'], str(one['before']), str(one['after'])) for one in settings[:_SETTINGS]],
        left=3, more=f'and {left} more' if left > 0 else '')


def _relative(change: Mapping[str, Any]) -> str:
    return f'{change["difference"] / change["before"]:+.1%}' if change['before'] else ''


def _probability(value: float) -> str:
    if value < _LEAST:
        return f'<{_LEAST:.0e}'
    return f'{value:.3f}' if value >= 0.0005 else f'{value:.0e}'


def _equals(probability: float) -> str:
    shown = _probability(probability)
    return shown.replace('<', '< ') if shown.startswith('<') else f'= {shown}'


def _row(cells: Sequence[str], plain: bool = False) -> str:
    return f'| {" | ".join(cell if plain else _escaped(cell) for cell in cells)} |'


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r'\\\1', printable(text))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
