# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Replay evaluations through policies: what each would have answered right, and for how much.

Every question must have been answered from every set of modalities. A policy is asked question by
question, or once for all questions of a moment, with the sensors' usability of that moment;
nothing is remembered between moments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
import dataclasses
from dataclasses import dataclass, field
import itertools

import numpy as np

from mpnp_ros.manager.budget import Budget
from mpnp_ros.manager.cost import Cost
from mpnp_ros.manager.offer import Offer
from mpnp_ros.manager.outcome import Moment, Outcome
from mpnp_ros.manager.policies.base import Policy
from mpnp_ros.manager.policies.oracle import OraclePolicy
from mpnp_ros.manager.policies.static import StaticPolicy
from mpnp_ros.manager.situation import AskedQuestion, Situation

Set = frozenset[str]


@dataclass(frozen=True)
class Case:
    """One question at one moment.

    :ivar right: whether it was answered right, by set.
    :ivar flops: operations of encoding and fusing, by set.
    :ivar usability: of each modality, 1 where it is not named.
    """

    question: str
    moment: Moment
    scene: str
    right: Mapping[Set, bool]
    flops: Mapping[Set, float]
    usability: Mapping[str, float]


@dataclass(frozen=True)
class Replayed:
    """What a policy came to.

    :ivar accuracy: mean over questions, 0 to 1.
    :ivar flops: mean operations of encoding and fusing per question.
    :ivar right: of each question in order, for paired comparisons.
    :ivar chosen: the set of each question.
    """

    name: str
    accuracy: float
    flops: float
    right: tuple[bool, ...]
    chosen: tuple[Set, ...]


@dataclass(frozen=True)
class ReplaySettings:
    """What policies are told; see Situation and ContextSettings.

    :ivar costs: of each modality; those that are not named cost nothing.
    :ivar vectors: of questions, [hidden] each.
    """

    costs: Mapping[str, Cost]
    budget: Budget = Budget()
    slack: float = 0.02
    leave_below: float = 0.25
    vectors: Mapping[str, np.ndarray] = field(default_factory=dict)


def cases(outcomes: Iterable[Outcome]) -> list[Case]:
    """Return the questions with the outcome of every set.

    Raises ValueError naming a question that lacks a set which others have.
    """
    found: dict[tuple[Moment, str], dict[Set, Outcome]] = defaultdict(dict)
    for one in outcomes:
        found[one.moment, one.question].setdefault(one.used, one)
    names = sorted({name for by_set in found.values() for used in by_set for name in used})
    sets = subsets(names)
    for (moment, question), by_set in found.items():
        lacking = [used for used in sets if used not in by_set]
        if lacking:
            raise ValueError(f'{moment[0]} at {moment[1]} ns, {question!r}: not answered from '
                             f'{named(lacking[0])}; needed are all sets of {", ".join(names)}')
    return [Case(question, moment, next(iter(by_set.values())).scene,
                 {used: one.right for used, one in by_set.items()},
                 {used: one.flops for used, one in by_set.items()},
                 next(iter(by_set.values())).usability)
            for (moment, question), by_set in found.items()]


def replay(policy: Policy, found: Sequence[Case], settings: ReplaySettings) -> Replayed:
    """Return what a policy comes to that is asked question by question."""
    return _replayed(policy.name, found, [_planned(policy, [case], settings) for case in found])


def replay_together(policy: Policy, found: Sequence[Case], settings: ReplaySettings) -> Replayed:
    """Return what a policy comes to that decides once for all questions of a moment."""
    sets = {moment: _planned(policy, about, settings)
            for moment, about in by_moment(found).items()}
    return _replayed(policy.name, found, [sets[case.moment] for case in found])


def shared_flops(found: Sequence[Case], chosen: Sequence[Set]) -> float:
    """Return the mean operations per question where a moment is encoded once for its questions.

    What any of them uses is encoded and fused, and serves all of them.
    """
    used: dict[Moment, Set] = defaultdict(frozenset)
    for case, names in zip(found, chosen):
        used[case.moment] |= names
    return sum(about[0].flops[used[moment]] for moment, about in by_moment(found).items()
               ) / max(len(found), 1)


def by_moment(found: Sequence[Case]) -> dict[Moment, list[Case]]:
    """Return the questions of each moment."""
    grouped: dict[Moment, list[Case]] = defaultdict(list)
    for case in found:
        grouped[case.moment].append(case)
    return grouped


def _planned(policy: Policy, about: Sequence[Case], settings: ReplaySettings) -> Set:
    """Return the set that a policy chooses for questions of one moment."""
    case = about[0]
    knows = isinstance(policy, OraclePolicy)
    if isinstance(policy, OraclePolicy):
        policy.right = {one.question: [used for used, right in one.right.items() if right]
                        for one in about}
    offers = {}
    for name in sorted({name for used in case.right for name in used}):
        usability = case.usability.get(name, 1.0)
        offers[name] = Offer(name, usable=usability >= settings.leave_below or knows,
                             usability=usability, cost=settings.costs.get(name, Cost()))
    asked = tuple(AskedQuestion(one.question, vector=settings.vectors.get(one.question))
                  for one in about)
    plan = policy.plan(offers, Situation(asked, settings.budget, slack=settings.slack))
    return frozenset(plan.selected)


def replay_static_sets(found: Sequence[Case], settings: ReplaySettings) -> list[Replayed]:
    """Return what every fixed set comes to, but those that the budget has no room for."""
    names = sorted({name for case in found for used in case.right for name in used})
    results = []
    for used in subsets(names):
        one = replay(StaticPolicy(sorted(used)), found, settings)
        if set(one.chosen) == {used}:
            results.append(dataclasses.replace(one, name=named(used)))
    return results


def best_static(results: Sequence[Replayed], flops: float) -> Replayed:
    """Return the most accurate of the results that take no more operations than given."""
    affordable = [one for one in results if one.flops <= flops * (1.0 + 1e-9)]
    if not affordable:
        raise ValueError(f'no fixed set takes as little as {flops:g} operations')
    return max(affordable, key=lambda one: (one.accuracy, -one.flops))


def subsets(names: Sequence[str]) -> list[Set]:
    """Return all sets of names, the small ones first."""
    return [frozenset(used) for count in range(len(names) + 1)
            for used in itertools.combinations(names, count)]


def named(used: Set) -> str:
    """Return a set in one word, e.g. 'camera+lidar', or 'none'."""
    return '+'.join(sorted(used)) or 'none'


def _replayed(name: str, found: Sequence[Case], chosen: Sequence[Set]) -> Replayed:
    right = tuple(case.right[used] for case, used in zip(found, chosen))
    flops = sum(case.flops[used] for case, used in zip(found, chosen))
    count = max(len(found), 1)
    return Replayed(name, sum(right) / count, flops / count, right, tuple(chosen))
