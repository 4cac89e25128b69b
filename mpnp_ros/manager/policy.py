# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The policies by their names."""

from __future__ import annotations

from collections.abc import Sequence

from mpnp_ros import shipped
from mpnp_ros.manager.offer import Choice, Offer
from mpnp_ros.manager.policies.base import Plan, Policy
from mpnp_ros.manager.policies.by_rules import RulesPolicy
from mpnp_ros.manager.policies.everything import AllPolicy
from mpnp_ros.manager.policies.learned import LearnedPolicy
from mpnp_ros.manager.policies.oracle import OraclePolicy
from mpnp_ros.manager.policies.static import check_modalities, EVERYTHING, StaticPolicy
from mpnp_ros.manager.relevance import RelevanceModel
from mpnp_ros.manager.rules import read_rules

__all__ = ['check_modalities', 'Choice', 'create_policy', 'EVERYTHING', 'Offer', 'Plan',
           'POLICIES', 'Policy', 'StaticPolicy']

POLICIES = tuple(cls.name for cls in (StaticPolicy, AllPolicy, RulesPolicy, LearnedPolicy))


def create_policy(
    name: str, *, modalities: Sequence[str] = (EVERYTHING,), rules: str = '', relevance: str = '',
) -> Policy:
    """Return a policy for a robot.

    :param modalities: the list of `static`.
    :param rules: file of rules; '': the one that comes with the package.
    :param relevance: file of the relevance model of `learned`.
    :raises ValueError: no such policy, or a file that cannot be used.
    """
    if name == StaticPolicy.name:
        return StaticPolicy(modalities)
    if name == AllPolicy.name:
        return AllPolicy()
    if name == OraclePolicy.name:
        raise ValueError("policy 'oracle' knows the answers from evaluation records: it exists "
                         'for evaluation only')
    if name not in POLICIES:
        raise ValueError(f'unknown policy {name!r}, expected {", ".join(POLICIES)}')
    found = read_rules(
        shipped.path_of(rules) if rules else shipped.configuration('policies/rules.yaml'))
    if name == RulesPolicy.name:
        return RulesPolicy(found)
    if not relevance:
        raise ValueError("policy 'learned' needs a relevance model: the parameter `relevance` "
                         'names its file, the command mpnp-relevance makes one')
    return LearnedPolicy(RelevanceModel.load(shipped.path_of(relevance)), found)
