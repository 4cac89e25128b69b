# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Turn the messages of one sensor kind into latent tokens on a topic, while somebody listens."""

from __future__ import annotations

import dataclasses
import math
import time
import traceback
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater
from rclpy.lifecycle import LifecyclePublisher
import torch

from mpnp_ros.core.latents import FORMATS
from mpnp_ros.encoders.assembler import Assembler, Reading
from mpnp_ros.encoders.base import create, Encoder, encoder_class, View
from mpnp_ros.msg import LatentTokens, ModalityStatus
from mpnp_ros.nodes.latents_message import fill_message
from mpnp_ros.nodes.managed import ManagedNode, run
from mpnp_ros.nodes.parameters import declare_parameters
from mpnp_ros.nodes.qos import latched_qos, latents_qos, overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.sensor_views import SensorViews
from mpnp_ros.nodes.stamps import seconds_between, stamp_from
from mpnp_ros.nodes.static_transforms import StaticTransforms
from mpnp_ros.nodes.statistics import Rate, Recent
from mpnp_ros.nodes.worker import Worker
from mpnp_ros.suite.parameters import EncoderParameters
from mpnp_ros.suite.reading_set import encode_set, RateLimit


class EncoderNode(ManagedNode):
    """Publish the latents of one modality.

    The sensor is subscribed only while the latents have a listener (or `always_on` is set), so
    an unused modality costs nothing. Decoding and encoding run on one worker thread, newest
    input first.
    """

    Parameters = EncoderParameters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__('encoder', **kwargs)
        self._encoder: Encoder | None = None
        self._worker: Worker[list[Reading]] | None = None
        self._publisher: LifecyclePublisher | None = None
        self._status_publisher: Any = None
        self._views: SensorViews | None = None
        self._qos_watch = QosWatch(self)
        self._listeners = 0
        self._reset_counts()
        self.diagnostics.add('input', self._diagnose_input)
        self.diagnostics.add('encoding', self._diagnose_encoding)
        self.diagnostics.add('qos', self._qos_watch.diagnose)

    def _reset_counts(self) -> None:
        self._inputs, self._outputs = Rate(), Rate()
        self._refused = 0
        self._encode_ms = Recent()
        self._trouble = ''
        self._notes: dict[str, str] = {}
        self._opened_ns = 0
        self._last_input_ns: int | None = None
        self._last_published_ns: int | None = None
        self._limit = RateLimit()
        self._last_size = (0, 0)

    # -- life cycle -----------------------------------------------------------------------

    def _setup(self) -> None:
        given = self.parameters
        if not given.modality:
            raise ValueError("parameter 'modality' is empty: name the modality, e.g. camera")
        if given.threads:
            torch.set_num_threads(given.threads)
        # Options first: a misspelt one must be told before weights are loaded.
        options = declare_parameters(self, encoder_class(given.encoder).Options, 'options.')
        self._encoder = create(
            given.encoder, dataclasses.asdict(options), device=given.device)
        transforms = self.own(StaticTransforms(self), StaticTransforms.close)
        self._views = SensorViews(
            self,
            modality=given.modality,
            names=given.views,
            message_types=self._encoder.message_types,
            base_frame=given.base_frame,
            transforms=transforms,
            qos_watch=self._qos_watch,
            on_reading=self._on_reading,
        )
        self._assembler = Assembler(
            given.views, max_skew_s=given.max_skew_s, stale_after_s=given.stale_after_s)
        self._status_publisher = self.own(self.create_publisher(
            ModalityStatus, 'modality_status', latched_qos(),
            qos_overriding_options=overridable()), self.destroy_publisher)
        topic = f'latents/{given.modality}'
        self._publisher = self.own(self.create_lifecycle_publisher(
            LatentTokens, topic, latents_qos(),
            event_callbacks=self._qos_watch.publisher(topic, matched=self._on_matched),
            qos_overriding_options=overridable()), self.destroy_lifecycle_publisher)
        self.get_logger().info(
            f'{given.modality}: {self._encoder.id}'
            f'{"" if self._encoder.trained else " (untrained weights)"}, '
            f'{len(given.views)} view(s), latents on {self._publisher.topic_name}')

    def _start(self) -> None:
        self._reset_counts()
        self._assembler.reset()
        self._worker = Worker(
            self._encode, name='encode', on_error=self._on_encode_error, newest_wins=True)
        assert self._publisher is not None
        self._listeners = self._publisher.get_subscription_count()
        self._follow_listeners()
        self.steady_timer(self.parameters.status_period_s, self._publish_status)
        self._publish_status()

    def _stop(self) -> None:
        if self._views is not None:
            self._views.close()
        if self._worker is not None:
            self._worker.close()
            self._worker = None
            self._publish_status(offline=True)

    def _teardown(self) -> None:
        self._views = self._publisher = self._encoder = None

    # -- executor's thread ----------------------------------------------------------------

    def _on_matched(self, event: Any) -> None:
        self._listeners = int(event.current_count)
        if self._worker is not None:
            self._follow_listeners()

    def _follow_listeners(self) -> None:
        assert self._views is not None
        wanted = self._listeners > 0 or self.parameters.always_on
        if wanted and not self._views.is_open:
            self._assembler.reset()
            self._limit.reset()
            self._last_input_ns = None
            self._opened_ns = time.monotonic_ns()
            self._views.open()
            self._publish_status()
        elif not wanted and self._views.is_open:
            self._views.close()
            self._publish_status()

    def _on_reading(self, reading: Reading) -> None:
        given = self.parameters
        self._inputs.count()
        self._last_input_ns = time.monotonic_ns()
        ahead_s = seconds_between(reading.stamp_ns, self.get_clock().now().nanoseconds)
        if ahead_s > given.future_tolerance_s:
            self._refuse(reading.view, f'stamp lies {ahead_s:.3f} s in the future of the node '
                         'clock (is use_sim_time set as it should be?)')
            return
        for readings in self._assembler.add(reading):
            due = self._limit.due(max(one.stamp_ns for one in readings), given.max_rate_hz)
            if due and self._worker is not None:
                self._worker.submit(readings)

    # -- worker's thread ------------------------------------------------------------------

    def _encode(self, readings: list[Reading]) -> None:
        encoder, views = self._encoder, self._views
        assert encoder is not None and views is not None
        began = time.perf_counter()
        done = encode_set(encoder, readings, views.view, modality=self.parameters.modality,
                          dtype=self.parameters.dtype, refuse=self._refuse)
        if done is None:
            return
        used, oldest = done.used, done.oldest
        message = LatentTokens()
        fill_message(message, done.payload, done.latents)
        message.header.stamp = stamp_from(oldest.stamp_ns)
        message.header.frame_id = (
            views.frame_id(oldest.view) if len(views.names) == 1 else self.parameters.base_frame)
        message.azimuth_frame_id = self.parameters.base_frame
        message.views = [reading.view for reading in used]
        message.view_stamps = [stamp_from(reading.stamp_ns) for reading in used]
        message.sequence = self._outputs.total
        message.encode_ms = (time.perf_counter() - began) * 1e3
        publisher = self._publisher
        if publisher is None or self._worker is None:
            return
        publisher.publish(message)
        self._outputs.count()
        self._encode_ms.add(message.encode_ms)
        self._last_published_ns = oldest.stamp_ns
        self._last_size = (done.payload.tokens, len(message.data))
        if len(used) == len(readings):
            self._trouble = ''
        self._note_geometry(done.latents.azimuth, done.geometry)

    def _note_geometry(self, azimuth: torch.Tensor, geometry: list[View]) -> None:
        if not bool(torch.isnan(azimuth).all()):
            self._notes.pop('azimuth', None)
            return
        blind = ', '.join(view.name for view in geometry if view.base_from_sensor is None)
        text = (f'tokens carry no azimuth: no transform to {self.parameters.base_frame!r} and no '
                f'view.<name>.azimuth_deg for {blind or "these views"}')
        if 'azimuth' not in self._notes:
            self.get_logger().warning(text)
        self._notes['azimuth'] = text

    def _on_encode_error(self, readings: list[Reading], error: Exception) -> None:
        self._refuse(', '.join(reading.view for reading in readings),
                     f'encoding failed: {type(error).__name__}: {error}')
        self.get_logger().error(''.join(traceback.format_exception(error)))

    def _refuse(self, view: str, reason: str) -> None:
        self._refused += 1
        self._trouble = f'{view}: {reason}'
        self.get_logger().warning(
            f'refused an input of {self._trouble}', throttle_duration_sec=5.0)

    # -- status ---------------------------------------------------------------------------

    def _state(self) -> tuple[int, str]:
        """Return the state of ModalityStatus and the words for it."""
        views = self._views
        if views is None or not views.is_open:
            return ModalityStatus.IDLE, ''
        if self._trouble:
            return ModalityStatus.ERROR, self._trouble
        silent_s = (time.monotonic_ns() - (self._last_input_ns or self._opened_ns)) / 1e9
        if self._last_input_ns is None:
            return ModalityStatus.WAITING, (
                f'nothing has arrived on {", ".join(views.topics)} for {silent_s:.1f} s')
        if silent_s > self.parameters.stale_after_s:
            return ModalityStatus.STALE, (
                f'nothing has arrived on {", ".join(views.topics)} for {silent_s:.1f} s')
        if self._last_published_ns is None:
            return ModalityStatus.WAITING, 'the first latents are being encoded'
        return ModalityStatus.ACTIVE, '; '.join(self._notes.values())

    def _publish_status(self, *, offline: bool = False) -> None:
        encoder, publisher, views = self._encoder, self._publisher, self._views
        if encoder is None or publisher is None or views is None:
            return
        now = self.get_clock().now()
        state, words = self._state()
        dtype_code, bits = FORMATS[self.parameters.dtype]
        message = ModalityStatus(
            modality=self.parameters.modality,
            encoder_id=encoder.id,
            weights_hash=encoder.weights_hash,
            trained=encoder.trained,
            state=ModalityStatus.OFFLINE if offline else state,
            message='deactivated' if offline else words,
            latents_topic=publisher.topic_name,
            sensor_topics=views.topics,
            dtype_code=dtype_code,
            bits=bits,
            tokens=self._last_size[0],
            width=encoder.width,
            payload_bytes=self._last_size[1],
            input_rate_hz=self._inputs.hertz(),
            latent_rate_hz=self._outputs.hertz(),
            received=self._inputs.total,
            published=self._outputs.total,
            dropped=self._worker.dropped if self._worker is not None else 0,
            refused=self._refused,
            encode_ms_p50=self._encode_ms.percentile(50),
            encode_ms_p95=self._encode_ms.percentile(95),
            age_s=math.nan if self._last_published_ns is None
            else seconds_between(now.nanoseconds, self._last_published_ns),
        )
        message.header.stamp = now.to_msg()
        message.header.frame_id = self.parameters.base_frame
        self._last_status = message
        self._status_publisher.publish(message)

    def _diagnose_input(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        state, words = self._state()
        if state in (ModalityStatus.ERROR, ModalityStatus.STALE):
            status.summary(DiagnosticStatus.ERROR, words)
        elif state == ModalityStatus.WAITING or self._notes:
            status.summary(DiagnosticStatus.WARN, words)
        else:
            status.summary(DiagnosticStatus.OK, 'idle' if state == ModalityStatus.IDLE else 'ok')
        status.add('listeners', str(self._listeners))
        status.add('received', str(self._inputs.total))
        status.add('refused', str(self._refused))
        status.add('dropped', str(self._worker.dropped if self._worker is not None else 0))
        last = getattr(self, '_last_status', None)
        status.add('input rate (Hz)', f'{last.input_rate_hz:.2f}' if last else 'nan')
        return status

    def _diagnose_encoding(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        encoder = self._encoder
        if encoder is not None and not encoder.trained:
            status.summary(DiagnosticStatus.OK, 'untrained encoder weights')
        else:
            status.summary(DiagnosticStatus.OK, 'ok')
        last = getattr(self, '_last_status', None)
        status.add('encoder', encoder.id if encoder is not None else 'none')
        status.add('published', str(self._outputs.total))
        status.add('latent rate (Hz)', f'{last.latent_rate_hz:.2f}' if last else 'nan')
        status.add('encode p50 (ms)', f'{self._encode_ms.percentile(50):.2f}')
        status.add('encode p95 (ms)', f'{self._encode_ms.percentile(95):.2f}')
        status.add('age (s)', f'{last.age_s:.3f}' if last else 'nan')
        return status


def main(args: list[str] | None = None) -> None:
    """Run the encoder node."""
    run(EncoderNode, args)


if __name__ == '__main__':
    main()
