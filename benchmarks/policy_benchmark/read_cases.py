# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read recorded answers as questions that policies are replayed on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from policy_benchmark.record_file import USABILITY

from mpnp_ros.evaluation.record import Record
from mpnp_ros.evaluation.run_folder import RunFolder
from mpnp_ros.manager.outcome import Moment, Outcome, outcomes, read_usability
from mpnp_ros.manager.replay import Case, named, Set, subsets

DEAD, OTHER = 'dead sensor', 'other'
GROUPS = (DEAD, 'fog', 'night', 'dusk', 'day', OTHER)


@dataclass(frozen=True)
class Tested:
    """A question with the outcome of every set, and the group of its condition, of GROUPS."""

    case: Case
    group: str


def read_cases(folder: Path) -> list[Tested]:
    """Return the questions recorded in a folder.

    Raises ValueError naming a question that lacks a set of the modalities at hand then.
    """
    run, usability = RunFolder(folder), folder / USABILITY
    return tested(run.records(), read_usability(usability) if usability.is_file() else {})


def tested(records: Iterable[Record], usability: dict[Moment, dict[str, float]]) -> list[Tested]:
    """Return the questions of records.

    A set with a modality that gave nothing then answers, and costs, what the rest of it does.
    """
    found: dict[tuple[Moment, str], dict[Set, Outcome]] = defaultdict(dict)
    groups = {}
    for record in records:
        for one in outcomes([record], usability):
            found[one.moment, one.question].setdefault(one.used, one)
            groups[one.moment] = group_of(record.condition)
    if not found:
        raise ValueError('there are no records of answers that are right or wrong')
    every = subsets(sorted({name for by_set in found.values() for used in by_set
                            for name in used}))
    return [Tested(_case(by_set, every), groups[moment])
            for (moment, _), by_set in found.items()]


def group_of(condition: str) -> str:
    """Return the group of a condition such as 'night, fog': the first of GROUPS that it names.

    By day, whatever else there is but fog and a dead sensor makes it OTHER.
    """
    names = [name.strip() for name in condition.split(',')]
    if any(name.startswith('dead') for name in names):
        return DEAD
    if names == ['day']:
        return 'day'
    return next((name for name in ('fog', 'night', 'dusk') if name in names), OTHER)


def _case(by_set: dict[Set, Outcome], every: list[Set]) -> Case:
    one = next(iter(by_set.values()))
    present: Set = frozenset().union(*by_set)
    for used in every:
        if used & present not in by_set:
            raise ValueError(
                f'{one.moment[0]} at {one.moment[1]} ns, {one.question!r}: not answered from '
                f'{named(used & present)}; record without --sets what is to be compared')
    return Case(one.question, one.moment, one.scene,
                {used: by_set[used & present].right for used in every},
                {used: by_set[used & present].flops for used in every}, one.usability)
