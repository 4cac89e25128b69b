# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Replay evaluations through policies: what each would have answered right, and for how much.

Every question must have been answered from every set of modalities. A policy is asked question by
question, with the sensors' usability of that moment; nothing is remembered between questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
import dataclasses
from dataclasses import dataclass
import itertools

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
    """

    costs: Mapping[str, Cost]
    budget: Budget = Budget()
    slack: float = 0.02
    leave_below: float = 0.25


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
    """Return what a policy comes to."""
    chosen = []
    for case in found:
        if isinstance(policy, OraclePolicy):
            policy.right = {case.question: [used for used, right in case.right.items() if right]}
        offers = {}
        for name in sorted({name for used in case.right for name in used}):
            usability = case.usability.get(name, 1.0)
            usable = usability >= settings.leave_below or isinstance(policy, OraclePolicy)
            offers[name] = Offer(name, usable=usable, usability=usability,
                                 cost=settings.costs.get(name, Cost()))
        plan = policy.plan(offers, Situation(
            (AskedQuestion(case.question),), settings.budget, slack=settings.slack))
        chosen.append(frozenset(plan.selected))
    return _replayed(policy.name, found, chosen)


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
