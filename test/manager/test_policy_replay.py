# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluations replayed through policies show what each reaches and takes."""

from __future__ import annotations

from outcomes import FLOPS, QUESTIONS, told
import pytest

from mpnp_ros.manager.budget import Budget
from mpnp_ros.manager.cost import Cost
from mpnp_ros.manager.features import NgramFeatures
from mpnp_ros.manager.policies.learned import LearnedPolicy
from mpnp_ros.manager.policies.oracle import OraclePolicy
from mpnp_ros.manager.policy import create_policy
from mpnp_ros.manager.relevance_fit import fit
from mpnp_ros.manager.replay import (
    best_static, Case, cases, named, replay, replay_static_sets, ReplaySettings)
from mpnp_ros.manager.rules import Rule, Rules

COSTS = {name: Cost(flops_per_s=flops) for name, flops in FLOPS.items()}
SETTINGS = ReplaySettings(COSTS, slack=0.05)
DARK = dict.fromkeys(range(0, 40, 4), 0.0)
NO_RULES = Rules((), Rule('otherwise', None, {}))


@pytest.fixture(scope='module')
def drive() -> list[Case]:
    """Return a drive of which a quarter is dark."""
    return cases(told(QUESTIONS, moments=40, dark=DARK, seed=1))


def test_a_learned_policy_reaches_what_all_reaches_for_less(drive) -> None:
    model = fit(list(told(QUESTIONS, moments=120, dark=DARK, seed=2)), NgramFeatures(256))
    learned = replay(LearnedPolicy(model, NO_RULES), drive, SETTINGS)
    everything = replay(create_policy('all'), drive, SETTINGS)
    assert learned.accuracy > 0.97 * everything.accuracy
    assert learned.flops < 0.55 * everything.flops
    assert learned.accuracy > best_static(
        replay_static_sets(drive, SETTINGS), learned.flops).accuracy + 0.1


def test_the_oracle_is_above_every_policy_and_takes_least(drive) -> None:
    oracle = replay(OraclePolicy(), drive, SETTINGS)
    others = [*replay_static_sets(drive, SETTINGS),
              replay(create_policy('rules'), drive, SETTINGS)]
    assert oracle.accuracy == sum(any(case.right.values()) for case in drive) / len(drive)
    assert all(oracle.accuracy >= one.accuracy for one in others)
    cheapest = [min(case.flops[used] for used in case.right
                    if case.right[used] or not any(case.right.values())) for case in drive]
    assert oracle.flops == pytest.approx(sum(cheapest) / len(drive))


def test_every_static_set_is_there_once(drive) -> None:
    results = replay_static_sets(drive, SETTINGS)
    assert [one.name for one in results] == ['none', 'camera', 'lidar', 'camera+lidar']
    assert results[3].flops == pytest.approx(9e8 + 1e6)
    assert results[0].accuracy == sum(case.right[frozenset()] for case in drive) / len(drive)


def test_sets_beyond_the_budget_are_left_out(drive) -> None:
    tight = ReplaySettings(COSTS, Budget(flops_per_s=2e8))
    assert [one.name for one in replay_static_sets(drive, tight)] == ['none', 'lidar']
    assert {named(used) for used in replay(create_policy('all'), drive, tight).chosen} == {'lidar'}


def test_a_dark_camera_is_not_used_by_rules(drive) -> None:
    ruled = replay(create_policy('rules'), drive, SETTINGS)
    assert not any('camera' in used for case, used in zip(drive, ruled.chosen)
                   if case.usability['camera'] == 0.0)


def test_a_set_that_was_not_evaluated_is_named() -> None:
    found = [one for one in told(QUESTIONS, moments=1) if one.used != {'camera'}]
    with pytest.raises(ValueError, match='drive at 0 ns, .*not answered from camera; needed are '
                       'all sets of camera, lidar'):
        cases(found)
