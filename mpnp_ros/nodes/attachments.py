# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which modalities are attached: the manager's decision, the catalogue and the latents held."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater

from mpnp_ros.core.latents import Latents
from mpnp_ros.msg import ModalityDecision, ModalityStatus
from mpnp_ros.nodes.latent_bus import LatentBus
from mpnp_ros.nodes.latent_cache import LatentCache
from mpnp_ros.nodes.managed import ManagedNode
from mpnp_ros.nodes.qos import latched_qos, overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.question import age_of, Code, Refused
from mpnp_ros.suite.freshness import AgeLimits, Held, take_fresh, Unusable


class Attachments:
    """Attach what the manager decided and hand out the latents that a question may use.

    `latents_for` may be called on any thread: what it reads is replaced, not changed.
    `on_latents` is told the modality of new latents, on the executor's thread.
    """

    def __init__(
        self, node: ManagedNode, check: Callable[[Latents], None], qos_watch: QosWatch,
        on_latents: Callable[[str], None], bus: LatentBus | None = None,
    ) -> None:
        self._node = node
        self._qos_watch = qos_watch
        self.cache = LatentCache(node, check, qos_watch, on_latents, bus)
        self._catalogue: dict[str, ModalityStatus] = {}
        self._decision: ModalityDecision | None = None

    def open(self) -> None:
        """Listen to the catalogue and to the manager until the node is deactivated."""
        self._catalogue = {}
        self._decision = None
        for kind, topic, callback, depth in (
            (ModalityStatus, 'modality_status', self._on_status, 64),
            (ModalityDecision, 'modality_decision', self._on_decision, 1),
        ):
            self._node.own(self._node.create_subscription(
                kind, topic, callback, latched_qos(depth),
                event_callbacks=self._qos_watch.subscription(topic),
                qos_overriding_options=overridable()), self._node.destroy_subscription)

    def close(self) -> None:
        """Detach everything."""
        self._decision = None
        self.cache.close()

    def forget_latents(self) -> None:
        """Drop the latents held: after a jump of the clock their stamps mean nothing."""
        if self.cache.taps:
            self._node.get_logger().warning('the clock jumped: latents from before are forgotten')
            self.cache.forget()

    def latents_for(
        self, request: Any, now_ns: int, *, default_max_age_s: float, future_tolerance_s: float
    ) -> tuple[dict[str, Held], str]:
        """Return the latents that a request uses and a note on what is left out.

        `request` is a Query request, an Ask goal or a question made of one. Raises Refused where
        it names a modality that is unknown, not attached or has no fresh latents.
        """
        if request.text_only:
            return {}, 'text only: as asked'
        taps, catalogue = self.cache.taps, self._catalogue
        for name in request.modalities:
            if name not in catalogue:
                raise Refused(Code.ERROR_MODALITY, f'unknown modality {name!r}; known: '
                              f'{", ".join(sorted(catalogue)) or "none"}')
            if name not in taps:
                raise Refused(Code.ERROR_MODALITY, f'modality {name!r} is not attached; '
                              f'attached: {", ".join(sorted(taps)) or "none"} '
                              '(told to the manager; see the service set_modalities)')
        limits = AgeLimits(request.max_age_s or default_max_age_s, future_tolerance_s)

        def fresh(name: str) -> Held:
            return taps[name].fresh(name, now_ns, limits)

        if not request.modalities:
            return take_fresh(taps, fresh)
        try:
            return {name: fresh(name) for name in request.modalities}, ''
        except Unusable as why:
            raise Refused(Code.ERROR_MODALITY, str(why)) from why

    def known(self, modalities: Iterable[str]) -> list[str]:
        """Return those of the modalities that an encoder offers, each once."""
        return [name for name in dict.fromkeys(modalities) if name in self._catalogue]

    def missing(self, modalities: Iterable[str]) -> list[str]:
        """Return those of the modalities that no encoder offers so far."""
        return [name for name in modalities if name not in self._catalogue]

    def diagnose(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        """Report the attached modalities, their ages and what was refused of them."""
        taps = self.cache.taps
        status.summary(DiagnosticStatus.OK, 'attached: ' + (', '.join(sorted(taps)) or 'none'))
        now_ns = self._node.get_clock().now().nanoseconds
        for name, tap in sorted(taps.items()):
            if tap.refusal:
                status.mergeSummary(DiagnosticStatus.ERROR, f'{name}: {tap.refusal}')
            age = 'none' if tap.held is None else f'{age_of(tap.held, now_ns):.3f}'
            status.add(f'{name} age (s)', age)
            status.add(f'{name} received', str(tap.received))
            status.add(f'{name} refused', str(tap.refused))
        return status

    def _on_status(self, status: ModalityStatus) -> None:
        self._catalogue = {**self._catalogue, status.modality: status}
        self._follow_decision()

    def _on_decision(self, decision: ModalityDecision) -> None:
        self._decision = decision
        self._follow_decision()

    def _follow_decision(self) -> None:
        if self._decision is None:
            return
        before = set(self.cache.taps)
        self.cache.follow({
            name: self._catalogue[name].latents_topic
            for name, selected in zip(self._decision.modalities, self._decision.selected)
            if selected and name in self._catalogue
            and self._catalogue[name].state != ModalityStatus.OFFLINE})
        after = set(self.cache.taps)
        if before != after:
            self._node.get_logger().info(
                f'attached modalities: {", ".join(sorted(after)) or "none"}')
