# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Notice endpoints whose QoS does not match: the usual reason why 'nothing arrives'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.node import Node


class QosWatch:
    """Log incompatible-QoS events once a topic and show them in the diagnostics."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._incompatible: dict[str, str] = {}

    def subscription(self, topic: str) -> SubscriptionEventCallbacks:
        """Return the event callbacks for a subscription on `topic`."""
        return SubscriptionEventCallbacks(
            incompatible_qos=lambda event: self._on_incompatible(topic, 'publisher', event))

    def publisher(
        self, topic: str, matched: Callable[[Any], None] | None = None
    ) -> PublisherEventCallbacks:
        """Return the event callbacks for a publisher on `topic`."""
        return PublisherEventCallbacks(
            incompatible_qos=lambda event: self._on_incompatible(topic, 'subscriber', event),
            matched=matched)

    def forget(self, topic: str) -> None:
        """Drop what was noticed of a topic that is no longer used."""
        self._incompatible.pop(topic, None)

    def diagnose(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        """Report the mismatches seen so far."""
        if self._incompatible:
            status.summary(
                DiagnosticStatus.WARN, 'incompatible QoS on ' + ', '.join(self._incompatible))
        else:
            status.summary(DiagnosticStatus.OK, 'all endpoints match')
        for topic, what in self._incompatible.items():
            status.add(topic, what)
        return status

    def _on_incompatible(self, topic: str, other: str, event: Any) -> None:
        policy = event.last_policy_kind
        text = (f'a {other} with an incompatible QoS policy ({getattr(policy, "name", policy)}) '
                'is ignored; see the qos_overrides parameters')
        if topic not in self._incompatible:
            self._node.get_logger().warning(f'{topic}: {text}')
        self._incompatible[topic] = text
