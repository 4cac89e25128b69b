# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latents handed from encoder to LLM node within one process, without a topic in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import threading

from mpnp_ros.msg import LatentTokens

# Called with a message on the thread that made it: it keeps what it wants and goes.
Take = Callable[[LatentTokens], None]


class Outlet:
    """Where one encoder hands out its latents; made by `LatentBus.open`."""

    def __init__(self, bus: LatentBus, topic: str, on_taps: Callable[[], None]) -> None:
        self._bus, self.topic, self.on_taps = bus, topic, on_taps

    @property
    def taps(self) -> int:
        """Return how many listen within this process."""
        return len(self._bus.takes(self.topic))

    def hand_out(self, message: LatentTokens) -> None:
        """Give a message to all that listen; it must not be changed afterwards."""
        for take in self._bus.takes(self.topic):
            take(message)

    def close(self) -> None:
        """Hand out no more; who listens stays, for the next that opens."""
        self._bus.close(self)


@dataclass(frozen=True)
class BusTap:
    """One listener."""

    topic: str
    take: Take


class LatentBus:
    """Connect the nodes of one process by the resolved names of their topics; any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outlets: dict[str, Outlet] = {}
        self._taps: dict[str, tuple[BusTap, ...]] = {}

    def open(self, topic: str, on_taps: Callable[[], None]) -> Outlet:
        """Return the outlet of a topic; `on_taps` is called when who listens changes.

        Raises ValueError where the topic has one already.
        """
        with self._lock:
            if topic in self._outlets:
                raise ValueError(f'{topic}: two encoders of one process publish on it')
            outlet = self._outlets[topic] = Outlet(self, topic, on_taps)
        return outlet

    def serves(self, topic: str) -> bool:
        """Tell whether an encoder of this process publishes on a topic."""
        return topic in self._outlets

    def listen(self, topic: str, take: Take) -> BusTap:
        """Have latents of a topic handed to `take` until `leave`."""
        tap = BusTap(topic, take)
        self._change(topic, (*self._taps.get(topic, ()), tap))
        return tap

    def leave(self, tap: BusTap) -> None:
        """Listen no more."""
        self._change(tap.topic, tuple(
            other for other in self._taps.get(tap.topic, ()) if other is not tap))

    def takes(self, topic: str) -> tuple[Take, ...]:
        """Return what listens to a topic."""
        return tuple(tap.take for tap in self._taps.get(topic, ()))

    def close(self, outlet: Outlet) -> None:
        """Forget an outlet."""
        with self._lock:
            if self._outlets.get(outlet.topic) is outlet:
                del self._outlets[outlet.topic]

    def _change(self, topic: str, taps: tuple[BusTap, ...]) -> None:
        with self._lock:
            self._taps = {**self._taps, topic: taps}
            outlet = self._outlets.get(topic)
        if outlet is not None:
            outlet.on_taps()
