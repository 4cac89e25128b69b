# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Compare two runs, question by question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
import dataclasses
from typing import Any

import numpy as np

from mpnp_ros.evaluation.figures.answer_columns import AnswerColumns, judged
from mpnp_ros.evaluation.figures.comparison_text import comparison_markdown, comparison_text
from mpnp_ros.evaluation.figures.cost import Cost
from mpnp_ros.evaluation.figures.intervals import Integers
from mpnp_ros.evaluation.figures.latency import Latency, PERCENTILES
from mpnp_ros.evaluation.record import Record, SCHEMA
from mpnp_ros.evaluation.run_folder import RunError, RunFolder

__all__ = ['compare_runs', 'CompareError', 'comparison_markdown', 'comparison_text', 'exact_p']

_NAMED = 20   # ids of questions that one run alone has
_DIGITS = 6
_SAME = {     # what makes a question the same, and how an error calls it
    'bag': 'bag', 'stamp_ns': 'stamp', 'question': 'question', 'expected': 'right answer',
    'candidates': 'candidates'}
_DESCRIBED = ('configuration', 'parameters', 'model', 'connectors', 'encoders', 'options',
              'path', 'version')


class CompareError(ValueError):
    """Two runs that cannot be compared; the text names the first question that says why."""


def compare_runs(before: RunFolder | Iterable[Record], after: RunFolder | Iterable[Record]
                 ) -> dict[str, Any]:
    """Return by how much `after` is better, on the questions that both have; ready for JSON.

    ==========================  ===========================================================
    `before`, `after`           name and folder of each run, where it is one
    `shared`                    questions of both; `only_before`, `only_after`: the others
    `overall`, `by`             accuracies of those with a known answer, their difference
                                (`mean`, with its interval) and how many went wrong (`lost`)
                                and right (`gained`), with the exact p-value of McNemar's test
    `flips`                     the questions behind `lost` and `gained`, with both answers
    `changed`                   answers that differ, those included that are wrong in both
    `cost`, `latency_ms`        of both on the shared questions, and the difference
    `settings`                  what differs in run.json
    ==========================  ===========================================================

    The p-value takes questions as independent, the interval takes scenes so.

    :raises CompareError: they share no question, an id stands for different questions, or occurs
        twice in a run.
    """
    earlier: dict[str, Record] = {}
    for record in _answers(before, 'before'):
        earlier[record.id] = dataclasses.replace(record, decision=(), scores=(), note='')
    columns = AnswerColumns(), AnswerColumns()
    costs = Cost(), Cost()
    shared: set[str] = set()
    only_after: list[str] = []
    flips: list[dict[str, Any]] = []
    changed = 0
    for record in _answers(after, 'after'):
        old = earlier.get(record.id)
        if old is None:
            only_after.append(record.id)
            continue
        _check_same(old, record)
        shared.add(record.id)
        changed += (old.answer, old.refusal == '') != (record.answer, record.refusal == '')
        if not old.refusal and not record.refusal:
            costs[0].add(old)
            costs[1].add(record)
        if judged(old) and judged(record):
            columns[0].add(old)
            columns[1].add(record)
            if bool(old.right) != bool(record.right):
                flips.append(_flip(old, record))
    only_before = [name for name in earlier if name not in shared]
    if not shared:
        raise CompareError(f'the runs share no question: {_first("before", only_before)}, '
                           f'{_first("after", only_after)}')
    return {
        'schema': SCHEMA, 'before': _described(before), 'after': _described(after),
        'shared': len(shared), 'only_before': _unshared(only_before),
        'only_after': _unshared(only_after),
        'overall': _difference(*columns, np.arange(len(columns[1]))),
        'by': {dimension: {name: _difference(*columns, columns[1].of(dimension, name))
                           for name in columns[1].names(dimension)}
               for dimension in ('type', 'condition')},
        'changed': changed, 'flips': flips,
        'cost': _costs(*costs), 'latency_ms': _latencies(before, after, shared),
        'settings': _settings(before, after),
    }


def exact_p(lost: int, gained: int) -> float:
    """Return the exact two-sided p-value of McNemar's test, both being equally probable."""
    flipped = lost + gained
    term = total = 1   # binomial coefficients, from none on
    for count in range(1, min(lost, gained) + 1):
        term = term * (flipped - count + 1) // count
        total += term
    return min(1.0, 2 * total / 2 ** flipped)


def _answers(run: RunFolder | Iterable[Record], which: str) -> Iterator[Record]:
    seen = set()
    for record in run.records() if isinstance(run, RunFolder) else run:
        if record.control:
            continue
        if record.id in seen:
            raise CompareError(f'the run {which} has the question {record.id!r} twice')
        seen.add(record.id)
        yield record


def _check_same(before: Record, after: Record) -> None:
    for field, name in _SAME.items():
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            raise CompareError(f'the runs are not of the same questions: {after.id!r} differs in '
                               f'its {name}, {_shown(old)} before and {_shown(new)} after')


def _shown(value: object) -> str:
    return repr(list(value) if isinstance(value, tuple) else value)


def _first(which: str, names: list[str]) -> str:
    return f'{which} has {len(names)}, the first {names[0]!r}' if names else f'{which} has none'


def _unshared(names: list[str]) -> dict[str, Any]:
    return {'n': len(names), 'ids': names[:_NAMED]}


def _flip(before: Record, after: Record) -> dict[str, Any]:
    return {
        'id': after.id, 'bag': after.bag, 'scene': after.scene, 'stamp_ns': after.stamp_ns,
        'type': after.type, 'condition': after.condition, 'question': after.question,
        'expected': after.expected, 'before': before.answer, 'after': after.answer,
        'refusal_before': before.refusal, 'refusal_after': after.refusal,
        'gained': bool(after.right)}


def _difference(before: AnswerColumns, after: AnswerColumns, rows: Integers) -> dict[str, Any]:
    """Return the figures of some rows; the rows of both are those of the same questions."""
    old, new = before.right[rows], after.right[rows]
    lost, gained = int((old & ~new).sum()), int((new & ~old).sum())
    return {
        **after.difference(rows, new.astype(np.float64) - old),
        'before': round(float(old.mean()), _DIGITS) if len(rows) else None,
        'after': round(float(new.mean()), _DIGITS) if len(rows) else None,
        'lost': lost, 'gained': gained, 'p': exact_p(lost, gained)}


def _costs(before: Cost, after: Cost) -> dict[str, Any]:
    old, new = before.figures(), after.figures()
    flops = dict.fromkeys((*old['flops'], *new['flops']))
    return {
        'flops': {part: _change(old['flops'].get(part), new['flops'].get(part))
                  for part in flops},
        'payload_bytes': _change(old['payload_bytes'], new['payload_bytes'])}


def _latencies(before: RunFolder | Iterable[Record], after: RunFolder | Iterable[Record],
               shared: set[str]) -> dict[str, Any]:
    if not isinstance(before, RunFolder) or not isinstance(after, RunFolder):
        return {}
    taken = Latency(), Latency()
    for run, latency in zip((before, after), taken):
        for timing in run.timings():
            if timing.id in shared:
                latency.add(timing)
    old, new = (latency.figures() for latency in taken)
    return {name: {key: _change(old[name][key], new[name][key]) for key in PERCENTILES}
            for name in old if name in new}


def _change(before: float | None, after: float | None) -> dict[str, float | None]:
    difference = None if before is None or after is None else round(after - before, _DIGITS)
    return {'before': before, 'after': after, 'difference': difference}


def _described(run: RunFolder | Iterable[Record]) -> dict[str, Any]:
    if not isinstance(run, RunFolder):
        return {'name': '', 'path': None}
    return {'name': str(_run_json(run).get('name') or run.path.name), 'path': str(run.path)}


def _settings(before: RunFolder | Iterable[Record], after: RunFolder | Iterable[Record]
              ) -> list[dict[str, Any]]:
    """Return the settings that differ, each with its name and both values."""
    if not isinstance(before, RunFolder) or not isinstance(after, RunFolder):
        return []
    old, new = (dict(_leaves('', {name: value for name, value in _run_json(run).items()
                                  if name in _DESCRIBED})) for run in (before, after))
    return [{'setting': name, 'before': old.get(name), 'after': new.get(name)}
            for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]


def _run_json(run: RunFolder) -> Mapping[str, Any]:
    try:
        described = run.read_json('run.json')
    except RunError:
        return {}   # the records alone can be compared
    return described if isinstance(described, Mapping) else {}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, one in value.items():
            yield from _leaves(f'{path}.{key}' if path else str(key), one)
    else:
        yield path, value
