# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Policies by their names: what each does with a budget, with bad sensors, with bad files."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpnp_ros.manager.budget import Budget
from mpnp_ros.manager.cost import Cost
from mpnp_ros.manager.policies.base import NOTHING_ASKED
from mpnp_ros.manager.policy import create_policy, Offer
from mpnp_ros.manager.situation import Situation

OFFERS = {
    'camera': Offer('camera', cost=Cost(flops_per_s=8e9, network_bytes_per_s=4e5)),
    'lidar': Offer('lidar', cost=Cost(flops_per_s=1e9, network_bytes_per_s=2e5),
                   usable=False, trouble='blocked'),
    'radar': Offer('radar', online=False, trouble='no status for 4.0 s')}
LINK = Situation(budget=Budget(network_bytes_per_s=5e5))


def reasons(policy: str, situation: Situation = NOTHING_ASKED, **options) -> dict[str, str]:
    plan = create_policy(policy, **options).plan(OFFERS, situation)
    return {choice.modality: ('+' if choice.selected else '-') + choice.reason
            for choice in plan.choices}


def test_all_uses_what_is_online_however_good() -> None:
    assert reasons('all') == {
        'camera': '+every modality is used', 'lidar': '+every modality is used; blocked',
        'radar': '-no status for 4.0 s'}


def test_all_keeps_the_budget_with_the_cheapest() -> None:
    assert reasons('all', LINK)['camera'] == '-over the budget: 600 kB/s of 500 kB/s'


def test_static_keeps_the_budget_in_the_order_of_its_list() -> None:
    assert reasons('static', LINK, modalities=['camera', 'lidar']) == {
        'camera': '+on the list', 'radar': '-not on the list',
        'lidar': '-on the list, but over the budget: 600 kB/s of 500 kB/s'}


def test_a_plan_says_what_it_costs() -> None:
    assert create_policy('all').plan(OFFERS).cost.flops_per_s == 9e9


def test_oracle_refuses_to_run_on_a_robot() -> None:
    with pytest.raises(ValueError, match='evaluation only'):
        create_policy('oracle')


def test_unknown_policy_is_named() -> None:
    with pytest.raises(ValueError, match="unknown policy 'rulez', expected static, all, rules"):
        create_policy('rulez')


def test_learned_needs_a_model(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='mpnp-relevance'):
        create_policy('learned')
    (tmp_path / 'model').write_bytes(b'no model')
    with pytest.raises(ValueError, match='model: no relevance model'):
        create_policy('learned', relevance=str(tmp_path / 'model'))


@pytest.mark.parametrize('limit', [-1.0, float('nan')])
def test_a_budget_below_nothing_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match='budget answer_ms is'):
        Budget(answer_ms=limit)
