# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The comparison of policies as tables for a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_benchmark.comparison import AT_COST, HALF, TARGET


def as_markdown(found: Mapping[str, Any]) -> str:
    """Return the tables."""
    return '\n'.join(_lines(found)) + '\n'


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield (f'{found["questions"]} questions at {found["moments"]} moments of {found["scenes"]} '
           'scenes; accuracy with its 95 % interval over scenes; operations of encoding and '
           'fusing as a share of those of `all`.')
    for one in found['accountings']:
        yield from ('', f'**{one["name"].capitalize()}** (`all`: '
                    f'{one["flops_of_all"] / 1e9:.2f} GFLOPs a question)', '')
        yield from _table('policy', {**one['policies'], **_best_statics(one)})
        yield from ('', *_verdict(one))
    first = found['accountings'][0]
    yield from ('', f'**By condition**, {first["name"]}: accuracy, and operations as a share of '
                'those of `all` on the same questions', '')
    names = list(next(iter(first['conditions'].values())))
    yield '| condition (questions) | ' + ' | '.join(names) + ' |'
    yield '|---' * (len(names) + 1) + '|'
    for group, policies in first['conditions'].items():
        cells = [f'{_percent(policies[name]["accuracy"])} at {_percent(policies[name]["cost"], 0)}'
                 for name in names]
        yield f'| {group} ({found["groups"][group]}) | ' + ' | '.join(cells) + ' |'


def _table(what: str, rows: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    yield f'| {what} | accuracy | interval | operations |'
    yield '|---|---|---|---|'
    for name, one in rows.items():
        yield (f'| {name} | {_percent(one["accuracy"])} | {100 * one["low"]:.1f} to '
               f'{_percent(one["high"])} | {_percent(one["cost"])} |')


def _best_statics(one: Mapping[str, Any]) -> dict[str, Mapping[str, float]]:
    """Return the fixed sets that no cheaper one reaches, the cheapest first."""
    kept: dict[str, Mapping[str, float]] = {}
    best = -1.0
    for name, figures in sorted(one['static_sets'].items(),
                                key=lambda item: (item[1]['cost'], -item[1]['accuracy'])):
        if figures['accuracy'] > best:
            best = figures['accuracy']
            kept[f'static: {name}'] = figures
    return kept


def _verdict(one: Mapping[str, Any]) -> Iterator[str]:
    half, figures = one['half'], one['policies'][HALF]
    share = half['share_of_the_accuracy_of_all']
    yield (f'With an accuracy_slack of {half["slack"]:.3f}, the least that takes at most '
           f'{_percent(AT_COST, 0)} of the operations ({_percent(figures["cost"])}), `learned` '
           f'has {"none" if share is None else _percent(share)} of the accuracy of `all`. It is '
           f'{_points(half["above_target"])} above {_percent(TARGET, 0)} of it, and '
           f'{_points(half["above_static_set"])} above the best fixed set that takes no more, '
           f'{half["best_static_set_at_no_more_operations"]}.')


def _percent(share: float, digits: int = 1) -> str:
    return f'{100 * share:.{digits}f} %'


def _points(one: Mapping[str, float]) -> str:
    return (f'{100 * one["difference"]:+.1f} ({100 * one["low"]:+.1f} to '
            f'{100 * one["high"]:+.1f}) points')
