# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What an encoder node tells of itself: its state in words, its status, its diagnostics."""

from __future__ import annotations

from collections.abc import Callable
import math
import time

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater

from mpnp_ros.core.latents import FORMATS
from mpnp_ros.encoders.quality import Quality
from mpnp_ros.msg import ModalityStatus
from mpnp_ros.nodes.encoder_counts import EncoderCounts
from mpnp_ros.nodes.managed import ManagedNode
from mpnp_ros.nodes.qos import latched_qos, overridable
from mpnp_ros.nodes.sensor_views import SensorViews
from mpnp_ros.nodes.stamps import seconds_between
from mpnp_ros.suite.encoder_slot import EncoderSlot
from mpnp_ros.suite.sensor_health import SensorHealth

# A change is told at once, but not more often than this.
_BETWEEN_CHANGES_S = 0.05


class EncoderStatus:
    """Publish `modality_status`: each period, and at once where something changed.

    `tell_a_change` may be called on any thread, the rest belongs to the executor's.

    :ivar counts: of the node since it was activated.
    :ivar notes: what is worth knowing although latents are published, by topic.
    """

    def __init__(self, node: ManagedNode, slot: EncoderSlot, views: SensorViews,
                 health: SensorHealth, latents_topic: str) -> None:
        self._node, self._slot, self._views, self._health = node, slot, views, health
        self._latents_topic = latents_topic
        self._publisher = node.own(node.create_publisher(
            ModalityStatus, 'modality_status', latched_qos(),
            qos_overriding_options=overridable()), node.destroy_publisher)
        self._last: ModalityStatus | None = None
        self.begin(lambda: 0)

    def begin(self, dropped: Callable[[], int]) -> None:
        """Count anew; `dropped` tells how many inputs a newer one replaced."""
        self.counts = EncoderCounts()
        self.notes: dict[str, str] = {}
        self._dropped = dropped
        self._told_s = -math.inf
        self._left = False

    def state(self) -> tuple[int, str]:
        """Return the state of ModalityStatus and the words for it."""
        slot, health, topics = self._slot, self._health, ', '.join(self._views.topics)
        if not self._views.is_open:
            return ModalityStatus.IDLE, '' if slot.encoder else 'the weights are unloaded'
        if slot.encoder is None:
            if slot.problem:
                return ModalityStatus.ERROR, slot.problem
            return ModalityStatus.WAITING, 'loading the weights'
        hopeless, now_s = health.hopeless, time.monotonic()
        if hopeless:
            return ModalityStatus.ERROR, hopeless
        silent_s, stale_after_s = health.silent_s(now_s), self._node.parameters.stale_after_s
        silence = f'nothing has arrived on {topics} for {silent_s:.1f} s'
        if not health.any_arrived:
            return ModalityStatus.WAITING, silence
        if silent_s > stale_after_s:
            return ModalityStatus.STALE, silence
        if self.counts.last_published_ns is None:
            return ModalityStatus.WAITING, 'the first latents are being encoded'
        troubles = health.words(now_s, stale_after_s)
        return ModalityStatus.ACTIVE, '; '.join(
            words for words in (troubles, *self.notes.values()) if words)

    def quality(self) -> Quality | None:
        """Return how much the sensors can tell; None while they are not subscribed to.

        What was measured before is for the manager to remember.
        """
        if not self._views.is_open:
            return None
        return self._health.quality(time.monotonic(), self._node.parameters.stale_after_s)

    def tell_a_change(self) -> None:
        """Publish where state or usability are no longer what was last told."""
        last, now_s = self._last, time.monotonic()
        if last is None or now_s - self._told_s < _BETWEEN_CHANGES_S:
            return
        quality = self.quality()
        now, before = math.nan if quality is None else quality.usability, last.usability
        step = self._node.parameters.usability_step
        if (self.state()[0] != last.state or math.isnan(now) != math.isnan(before)
                or abs(now - before) >= max(step, 1e-3)):
            self._told_s = now_s
            self._node.call_soon(self.publish)

    def publish(self, *, offline: bool = False) -> None:
        """Publish the status as it is now; after 'offline' nothing more until `begin`."""
        if self._left:   # a change that another thread asked to be told
            return
        self._left = offline
        slot, node, about = self._slot, self._node, self._slot.about
        assert about is not None
        now = node.get_clock().now()
        state, words = self.state()
        dtype_code, bits = FORMATS[node.parameters.dtype]
        published_ns = self.counts.last_published_ns
        message = ModalityStatus(
            modality=node.parameters.modality,
            encoder_id=about.id,
            weights_hash=about.weights_hash,
            trained=about.trained,
            state=ModalityStatus.OFFLINE if offline else state,
            message='deactivated' if offline else words,
            latents_topic=self._latents_topic,
            sensor_topics=self._views.topics,
            dtype_code=dtype_code,
            bits=bits,
            width=about.width,
            dropped=self._dropped(),
            age_s=math.nan if published_ns is None
            else seconds_between(now.nanoseconds, published_ns),
            usability=math.nan,
            weights_bytes=slot.weights_bytes,
        )
        self.counts.fill(message)
        quality = self.quality()
        if quality is not None:
            message.quality = list(quality.measures)
            message.quality_values = [float(value) for value in quality.measures.values()]
            message.usability = float(quality.usability)
            message.quality_message = quality.reason
        message.header.stamp = now.to_msg()
        message.header.frame_id = node.parameters.base_frame
        self._last = message
        self._publisher.publish(message)

    def diagnose_input(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        """Report what comes from the sensors and how good it is."""
        (state, words), quality, last = self.state(), self.quality(), self._last
        if state in (ModalityStatus.ERROR, ModalityStatus.STALE):
            status.summary(DiagnosticStatus.ERROR, words)
        elif state == ModalityStatus.WAITING or (state == ModalityStatus.ACTIVE and words):
            status.summary(DiagnosticStatus.WARN, words)
        else:
            status.summary(DiagnosticStatus.OK, 'idle' if state == ModalityStatus.IDLE else 'ok')
        if quality is not None:
            status.add('usability', f'{quality.usability:.2f} {quality.reason}'.strip())
        status.add('received', str(self.counts.inputs.total))
        status.add('refused', str(self.counts.refused))
        status.add('dropped', str(self._dropped()))
        status.add('input rate (Hz)', f'{last.input_rate_hz:.2f}' if last else 'nan')
        return status

    def diagnose_encoding(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        """Report what the encoder makes of it and what that takes."""
        about, last, counts = self._slot.about, self._last, self.counts
        untrained = about is not None and not about.trained
        status.summary(DiagnosticStatus.OK, 'untrained encoder weights' if untrained else 'ok')
        status.add('encoder', about.id if about is not None else 'none')
        status.add('weights in memory (bytes)', str(self._slot.weights_bytes))
        status.add('loaded in (ms)', f'{self._slot.load_ms:.0f}')
        status.add('published', str(counts.outputs.total))
        status.add('latent rate (Hz)', f'{last.latent_rate_hz:.2f}' if last else 'nan')
        status.add('encode p50 (ms)', f'{counts.encode_ms.percentile(50):.2f}')
        status.add('encode p95 (ms)', f'{counts.encode_ms.percentile(95):.2f}')
        status.add('age (s)', f'{last.age_s:.3f}' if last else 'nan')
        return status
