# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""From the manager's parameters to its settings."""

from __future__ import annotations

from collections.abc import Sequence
import math
from typing import Any

from mpnp_ros.manager.budget import Budget
from mpnp_ros.manager.context import ContextSettings
from mpnp_ros.manager.decider import DeciderSettings
from mpnp_ros.manager.expense import ExpenseSettings
from mpnp_ros.manager.policies.base import Policy
from mpnp_ros.manager.policy import create_policy


def settings_from(parameters: Any) -> DeciderSettings:
    """Return the settings of ManagerParameters; raises ValueError for what cannot be meant."""
    limits = (parameters.budget_flops_per_s, parameters.budget_answer_ms,
              parameters.budget_memory_bytes, parameters.budget_network_bytes_per_s,
              parameters.budget_watts)
    return DeciderSettings(
        ContextSettings(
            parameters.leave_below, parameters.enter_above, parameters.dwell_s,
            parameters.retry_after_s, parameters.retry_silent_after_s, parameters.max_age_s,
            parameters.offline_after_s),
        ExpenseSettings(parameters.fuse_flops_per_token, parameters.idle_watts),
        Budget(*(limit or math.inf for limit in limits)),
        parameters.accuracy_slack, parameters.remember_s)


def policy_from(parameters: Any, name: str, modalities: Sequence[str]) -> Policy:
    """Return a policy by its name, with the files that the parameters name."""
    return create_policy(name, modalities=modalities, rules=parameters.rules,
                         relevance=parameters.relevance)
