# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The newest latents of each attached modality, and why there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rclpy.node import Node
from rclpy.subscription import Subscription

from mpnp_ros.core.latents import Latents
from mpnp_ros.msg import LatentTokens
from mpnp_ros.nodes.latents_message import read_message
from mpnp_ros.nodes.qos import latents_qos, overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.stamps import nanoseconds
from mpnp_ros.suite.freshness import AgeLimits, Held, require_fresh, Unusable


@dataclass
class Tap:
    """One attached modality: its subscription and what came through it."""

    topic: str
    subscription: Subscription
    held: Held | None = None
    received: int = 0
    refused: int = 0
    refusal: str = ''

    def fresh(self, modality: str, now_ns: int, limits: AgeLimits) -> Held:
        """Return the latents if they may be used now; raises `Unusable` otherwise."""
        held = self.held
        if held is None:
            raise Unusable(
                f'{modality}: {self.refusal or f"no latents have arrived on {self.topic} yet"}')
        return require_fresh(modality, held, now_ns, limits, self.refusal)


class LatentCache:
    """Subscribe to the latents of the attached modalities and keep the newest of each.

    `attach` and `detach` create and destroy subscriptions: call them on the executor's thread.
    `taps` may be read on any: a change replaces it.
    Latents that `check` refuses (encoder, weights, width) are counted and never kept; the ones
    kept before stay usable until they are too old.
    """

    def __init__(
        self, node: Node, check: Callable[[Latents], None], qos_watch: QosWatch,
        on_latents: Callable[[str], None],
    ) -> None:
        self._node = node
        self._check = check
        self._on_latents = on_latents
        self._qos_watch = qos_watch
        self._taps: dict[str, Tap] = {}

    @property
    def taps(self) -> dict[str, Tap]:
        """Return the attached modalities."""
        return self._taps

    def follow(self, topics: dict[str, str]) -> None:
        """Attach exactly the modalities given, each on its topic."""
        for modality, tap in list(self._taps.items()):
            if topics.get(modality) != tap.topic:
                self.detach(modality)
        for modality, topic in topics.items():
            if modality not in self._taps:
                self.attach(modality, topic)

    def attach(self, modality: str, topic: str) -> None:
        """Subscribe to a modality's latents."""
        def take(message: LatentTokens) -> None:
            self._take(modality, message)

        subscription = self._node.create_subscription(
            LatentTokens, topic, take, latents_qos(),
            event_callbacks=self._qos_watch.subscription(topic),
            qos_overriding_options=overridable())
        self._taps = {**self._taps, modality: Tap(topic, subscription)}

    def detach(self, modality: str) -> None:
        """Unsubscribe from a modality and forget its latents."""
        tap = self._taps[modality]
        self._taps = {name: other for name, other in self._taps.items() if name != modality}
        self._qos_watch.forget(tap.topic)
        self._node.destroy_subscription(tap.subscription)

    def close(self) -> None:
        """Detach everything."""
        self.follow({})

    def forget(self) -> None:
        """Drop all latents, as after a jump of the clock; the subscriptions stay."""
        for tap in self._taps.values():
            tap.held = None

    def _take(self, modality: str, message: LatentTokens) -> None:
        tap = self._taps.get(modality)
        if tap is None:  # taken from the queue just before it was detached
            return
        tap.received += 1
        try:
            if message.modality != modality:
                raise ValueError(f'expected modality {modality!r}, got {message.modality!r}')
            latents = read_message(message)
            self._check(latents)
        except ValueError as error:
            tap.refused += 1
            tap.refusal = f'latents refused: {error}'
            self._node.get_logger().warning(
                f'{modality}: {tap.refusal}', throttle_duration_sec=5.0)
            return
        tap.refusal = ''
        tap.held = Held(latents, nanoseconds(message.header.stamp))
        self._on_latents(modality)
