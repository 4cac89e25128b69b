# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The manager's plan as a message and in words."""

from __future__ import annotations

from collections.abc import Collection
import math
from typing import Any

from mpnp_ros.manager.policies.base import Plan
from mpnp_ros.msg import ModalityDecision


def decision_message(plan: Plan, policy: str, trigger: str, sequence: int) -> ModalityDecision:
    """Return the message of a plan, without its stamp."""
    decision = ModalityDecision(
        sequence=sequence, policy=policy, trigger=trigger,
        modalities=[choice.modality for choice in plan.choices],
        selected=[choice.selected for choice in plan.choices],
        reasons=[choice.reason for choice in plan.choices])
    write_cost(plan, decision)
    return decision


def write_cost(plan: Plan, message: Any) -> None:
    """Write what a plan is expected to reach and to cost into a decision or a response."""
    message.expected_accuracy = float(plan.accuracy)
    message.flops_per_s = plan.cost.flops_per_s
    message.answer_ms = plan.cost.answer_ms
    message.memory_bytes = 0 if math.isnan(plan.cost.memory_bytes) else round(
        plan.cost.memory_bytes)
    message.network_bytes_per_s = plan.cost.network_bytes_per_s
    message.watts = plan.cost.watts


def said(plan: Plan, before: Collection[str] | None = None) -> str:
    """Return a plan in words: what is selected and left out, or what changes from before."""
    verbs = {(used, was): verb for used, was, verb in (
        (True, True, 'kept'), (True, False, 'added'), (False, True, 'dropped'),
        (False, False, 'left out'))}
    parts = []
    for choice in plan.choices:
        verb = verbs[choice.selected, choice.modality in before] if before is not None else (
            'selected' if choice.selected else 'left out')
        parts.append(f'{choice.modality} {verb}: {choice.reason}')
    return '; '.join(parts) or 'no modality is known yet'
