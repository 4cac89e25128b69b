# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The newest latents of each attached modality, and why there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup

from mpnp_ros.core.latents import Latents
from mpnp_ros.msg import LatentTokens
from mpnp_ros.nodes.latent_bus import LatentBus
from mpnp_ros.nodes.latents_message import read_message
from mpnp_ros.nodes.managed import ManagedNode
from mpnp_ros.nodes.qos import latents_qos, overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.stamps import nanoseconds
from mpnp_ros.suite.freshness import AgeLimits, Held, require_fresh, Unusable


@dataclass
class Tap:
    """One attached modality: how to leave its topic, and what came through it."""

    topic: str
    leave: Callable[[], object]
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

    With a `bus`, those of encoders in this process come over it, on the encoders' threads.
    `attach` and `detach` create and destroy subscriptions: call them on the executor's thread.
    `taps` may be read on any: a change replaces it.
    Latents that `check` refuses (encoder, weights, width) are counted and never kept; the ones
    kept before stay usable until they are too old.
    """

    def __init__(
        self, node: ManagedNode, check: Callable[[Latents], None], qos_watch: QosWatch,
        on_latents: Callable[[str], None], bus: LatentBus | None = None,
    ) -> None:
        self._node = node
        self._check = check
        self._on_latents = on_latents
        self._bus = bus
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
        """Subscribe to a modality's latents, or listen to an encoder of this process."""
        # Kept before the first message can come: within a process it does at once.
        tap = Tap(topic, lambda: None)
        self._taps = {**self._taps, modality: tap}
        if self._bus is not None and self._bus.serves(topic):
            tap.leave = self._listen(self._bus, modality, topic)
        else:
            tap.leave = self._subscribe(modality, topic)

    def _listen(self, bus: LatentBus, modality: str, topic: str) -> Callable[[], object]:
        def take(message: LatentTokens) -> None:
            if self._take(modality, message):
                self._node.call_soon(self._on_latents, modality)

        tap = bus.listen(topic, take)
        return lambda: bus.leave(tap)

    def _subscribe(self, modality: str, topic: str) -> Callable[[], object]:
        def take(message: LatentTokens) -> None:
            if self._take(modality, message):
                self._on_latents(modality)

        def leave() -> None:
            self._qos_watch.forget(topic)
            self._node.destroy_subscription(subscription)

        # In a group of its own: a group keeps a reference to every entity it ever had.
        subscription = self._node.create_subscription(
            LatentTokens, topic, take, latents_qos(),
            callback_group=MutuallyExclusiveCallbackGroup(),
            event_callbacks=self._qos_watch.subscription(topic),
            qos_overriding_options=overridable())
        return leave

    def detach(self, modality: str) -> None:
        """Listen no more to a modality and forget its latents."""
        tap = self._taps[modality]
        self._taps = {name: other for name, other in self._taps.items() if name != modality}
        tap.leave()

    def close(self) -> None:
        """Detach everything."""
        self.follow({})

    def forget(self) -> None:
        """Drop all latents, as after a jump of the clock; the subscriptions stay."""
        for tap in self._taps.values():
            tap.held = None

    def _take(self, modality: str, message: LatentTokens) -> bool:
        """Keep the latents of a message, and tell whether they are of use."""
        tap = self._taps.get(modality)
        if tap is None:  # taken from the queue just before it was detached
            return False
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
            return False
        tap.refusal = ''
        tap.held = Held(latents, nanoseconds(message.header.stamp))
        return True
