# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What each sensor adds, and what taking it away costs the questions that do not need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mpnp_ros.evaluation.figures.intervals import mean_interval, units_of
from mpnp_ros.evaluation.record import Record

Set = frozenset[str]


@dataclass(frozen=True)
class Answers:
    """Of one question: its type and scene, and whether each set of modalities answered right."""

    type: str
    scene: str
    right: dict[Set, bool]


def answers_of(records: Iterable[Record]) -> dict[str, Answers]:
    """Return the answers by the id of the question."""
    found: dict[str, Answers] = {}
    for record in records:
        if record.right is None or record.control:
            continue
        used = frozenset(use.modality for use in record.modalities)
        one = found.setdefault(record.id, Answers(record.type, record.scene, {}))
        one.right[used] = record.right
    return found


def tables(answers: Mapping[str, Answers], needs: Mapping[str, Set]) -> str:
    """Return three tables in Markdown: by type, by sensor, and of questions without need of it.

    `needs` has the modalities that can answer a question, by its id.
    """
    every = frozenset().union(*(used for one in answers.values() for used in one.right))
    return '\n'.join([*_types(answers, every), '', *_sensors(answers, every), '',
                      *_spared(answers, needs, every), ''])


def _types(answers: Mapping[str, Answers], every: Set) -> Iterator[str]:
    yield '| type | questions | all sensors | none | difference |'
    yield '|---|---|---|---|---|'
    for name in [*sorted({one.type for one in answers.values()}), '']:
        asked = [one for one in answers.values() if name in ('', one.type)]
        yield (f'| {name or "all"} | {len(asked)} | {_share(asked, every)} | '
               f'{_share(asked, frozenset())} | {_less(asked, frozenset(), every)} |')


def _sensors(answers: Mapping[str, Answers], every: Set) -> Iterator[str]:
    asked = list(answers.values())
    yield '| sensor | it alone | all but it |'
    yield '|---|---|---|'
    for name in sorted(every):
        yield (f'| {name} | {_share(asked, frozenset([name]))} | '
               f'{_share(asked, every - {name})} |')


def _spared(answers: Mapping[str, Answers], needs: Mapping[str, Set],
            every: Set) -> Iterator[str]:
    yield '| sensor | questions that do not need it | with it | without it | difference |'
    yield '|---|---|---|---|---|'
    for name in sorted(every):
        asked = [one for key, one in answers.items()
                 if key in needs and name not in needs[key] and every in one.right]
        if asked:
            yield (f'| {name} | {len(asked)} | {_share(asked, every)} | '
                   f'{_share(asked, every - {name})} | '
                   f'{_less(asked, every, every - {name})} |')


def _right(one: Answers, used: Set) -> bool:
    """Return whether a set answers right; of a moment without a sensor, what the rest does."""
    present = frozenset().union(*one.right)
    return one.right[used & present]


def _share(asked: Sequence[Answers], used: Set) -> str:
    return _told([float(_right(one, used)) for one in asked], asked, 0.0, '')


def _less(asked: Sequence[Answers], before: Set, after: Set) -> str:
    return _told([float(_right(one, after)) - float(_right(one, before)) for one in asked],
                 asked, -1.0, '+')


def _told(values: list[float], asked: Sequence[Answers], least: float, sign: str) -> str:
    names = {scene: index for index, scene in enumerate(sorted({one.scene for one in asked}))}
    scenes = np.array([names[one.scene] for one in asked])
    around = mean_interval(np.array(values), units_of(scenes, scenes), least)
    return (f'{100 * np.mean(values):{sign}.1f} [{100 * around.low:{sign}.1f}, '
            f'{100 * around.high:{sign}.1f}]')
