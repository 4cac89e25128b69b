# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Turn the messages of one sensor kind into latent tokens on a topic, while somebody listens."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
import math
import time
import traceback
from typing import Any

import diagnostic_updater
from rclpy.lifecycle import LifecyclePublisher
import torch

from mpnp_ros.core.flop_counter import count_encode_flops
from mpnp_ros.encoders.assembler import Assembler, Reading
from mpnp_ros.encoders.base import create, Encoder, encoder_class, View
from mpnp_ros.msg import LatentTokens
from mpnp_ros.nodes.encoder_counts import EncoderCounts
from mpnp_ros.nodes.encoder_status import EncoderStatus
from mpnp_ros.nodes.latent_bus import LatentBus, Outlet
from mpnp_ros.nodes.latents_message import fill_message
from mpnp_ros.nodes.managed import ManagedNode, run
from mpnp_ros.nodes.parameters import declare_parameters
from mpnp_ros.nodes.qos import latents_qos, overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.sensor_views import SensorViews
from mpnp_ros.nodes.stamps import seconds_between, stamp_from
from mpnp_ros.nodes.static_transforms import StaticTransforms
from mpnp_ros.nodes.worker import Worker
from mpnp_ros.suite.encoder_slot import EncoderSlot
from mpnp_ros.suite.freeze_watch import FreezeWatch
from mpnp_ros.suite.parameters import EncoderParameters
from mpnp_ros.suite.reading_set import encode_set, EncodedSet, quality_of_views, RateLimit
from mpnp_ros.suite.sensor_health import SensorHealth

_RETRY_LOADING_S = 5.0


@dataclass(frozen=True)
class Job:
    """What the worker is to do: encode readings; without any, load or unload the weights."""

    readings: tuple[Reading, ...] = ()
    unload: bool = False


class EncoderNode(ManagedNode):
    """Publish the latents of one modality.

    The sensor is subscribed only while the latents have a listener (or `always_on` is set), so
    an unused modality costs nothing; after `unload_after_s` without one its weights leave
    memory, and are loaded again when the next comes. Decoding and encoding run on one worker
    thread, newest input first.
    """

    Parameters = EncoderParameters

    def __init__(self, *, bus: LatentBus | None = None, **kwargs: Any) -> None:
        super().__init__('encoder', **kwargs)
        self._bus = bus
        self._outlet: Outlet | None = None
        self._slot: EncoderSlot | None = None
        self._worker: Worker[Job] | None = None
        self._publisher: LifecyclePublisher | None = None
        self._status: EncoderStatus | None = None
        self._views: SensorViews | None = None
        self._qos_watch = QosWatch(self)
        self._listeners = 0
        self._health = SensorHealth(self.parameters.views)
        self._frozen: dict[str, FreezeWatch] = {}
        self._limit = RateLimit()
        self._idle_since_s = 0.0
        self._measured_s = -math.inf
        self.diagnostics.add('input', self._diagnose_input)
        self.diagnostics.add('encoding', self._diagnose_encoding)
        self.diagnostics.add('qos', self._qos_watch.diagnose)

    # -- life cycle -----------------------------------------------------------------------

    def _setup(self) -> None:
        given = self.parameters
        if not given.modality:
            raise ValueError("parameter 'modality' is empty: name the modality, e.g. camera")
        if given.threads:
            torch.set_num_threads(given.threads)
        # Options first: a misspelt one must be told before weights are loaded.
        kind = encoder_class(given.encoder)
        declared = declare_parameters(self, kind.Options, 'options.')
        options = dataclasses.asdict(declared)
        self._slot = EncoderSlot(lambda: create(given.encoder, options, device=given.device))
        encoder = self._slot.load()
        assert encoder is not None
        transforms = self.own(StaticTransforms(self), StaticTransforms.close)
        self._views = SensorViews(
            self,
            modality=given.modality,
            names=given.views,
            message_types=kind.message_types,
            base_frame=given.base_frame,
            transforms=transforms,
            qos_watch=self._qos_watch,
            on_reading=self._on_reading,
        )
        self._assembler = Assembler(
            given.views, max_skew_s=given.max_skew_s, stale_after_s=given.stale_after_s,
            window_s=kind.window_s(declared))
        topic = f'latents/{given.modality}'
        self._publisher = self.own(self.create_lifecycle_publisher(
            LatentTokens, topic, latents_qos(),
            event_callbacks=self._qos_watch.publisher(topic, matched=self._on_matched),
            qos_overriding_options=overridable()), self.destroy_lifecycle_publisher)
        if self._bus is not None:
            self._outlet = self.own(self._bus.open(
                self._publisher.topic_name,
                lambda: self.call_soon(self._on_taps)), Outlet.close)
        self._status = EncoderStatus(
            self, self._slot, self._views, self._health, self._publisher.topic_name)
        self.get_logger().info(
            f'{given.modality}: {encoder.id}{"" if encoder.trained else " (untrained weights)"}, '
            f'{len(given.views)} view(s), latents on {self._publisher.topic_name}')

    def _start(self) -> None:
        assert self._publisher is not None and self._status is not None
        self._worker = Worker(self._work, name='encode', on_error=self._on_error)
        worker = self._worker
        self._status.begin(lambda: worker.dropped)
        self._idle_since_s = time.monotonic()
        self._listeners = self._publisher.get_subscription_count()
        self._follow_listeners()
        self.steady_timer(self.parameters.status_period_s, self._on_period)
        self._status.publish()

    def _stop(self) -> None:
        if self._views is not None:
            self._views.close()
        if self._worker is not None:
            self._worker.close()
            self._worker = None
            assert self._status is not None
            self._status.publish(offline=True)

    def _teardown(self) -> None:
        self._views = self._publisher = self._slot = self._status = self._outlet = None

    # -- executor's thread ----------------------------------------------------------------

    def _on_matched(self, event: Any) -> None:
        self._listeners = int(event.current_count)
        self._on_taps()

    def _on_taps(self) -> None:
        if self._worker is not None:
            self._follow_listeners()

    @property
    def _taps(self) -> int:
        """Return how many listen within this process."""
        return 0 if self._outlet is None else self._outlet.taps

    def _follow_listeners(self) -> None:
        assert self._views is not None and self._slot is not None
        assert self._worker is not None and self._status is not None
        wanted = self._listeners + self._taps > 0 or self.parameters.always_on
        if wanted and not self._views.is_open:
            self._assembler.reset()
            self._limit.reset()
            self._health.reset(time.monotonic())
            # What froze before the pause, or was measured then, says nothing of now.
            self._frozen = {view: FreezeWatch() for view in self._views.names}
            self._measured_s = -math.inf
            self._views.open()
            if self._slot.encoder is None:
                self._worker.submit(Job())
            self._status.publish()
        elif not wanted and self._views.is_open:
            self._views.close()
            self._idle_since_s = time.monotonic()
            self._status.publish()

    def _on_period(self) -> None:
        slot, worker, after_s = self._slot, self._worker, self.parameters.unload_after_s
        if self._status is None or slot is None or worker is None:
            return
        self._status.counts.end_period(self.parameters.status_period_s)
        self._status.publish()
        if not after_s or slot.encoder is None:
            return
        if not self._is_open and time.monotonic() - self._idle_since_s >= after_s:
            worker.submit(Job(unload=True))

    def _on_reading(self, reading: Reading) -> None:
        given, status = self.parameters, self._status
        assert status is not None
        status.counts.inputs.count()
        self._health.arrived(reading.view, time.monotonic())
        ahead_s = seconds_between(reading.stamp_ns, self.get_clock().now().nanoseconds)
        if ahead_s > given.future_tolerance_s:
            self._refuse(reading.view, f'stamp lies {ahead_s:.3f} s in the future of the node '
                         'clock (is use_sim_time set as it should be?)')
            status.tell_a_change()
            return
        for readings in self._assembler.add(reading):
            due = self._limit.due(max(one.stamp_ns for one in readings), given.max_rate_hz)
            if due and self._worker is not None:
                self._worker.submit(Job(tuple(readings)))

    @property
    def _is_open(self) -> bool:
        return self._views is not None and self._views.is_open

    # -- worker's thread ------------------------------------------------------------------

    def _work(self, job: Job) -> None:
        slot, status = self._slot, self._status
        assert slot is not None and status is not None
        if job.unload:
            if not self._is_open:
                slot.unload()
                self.call_soon(status.publish)
            return
        encoder = slot.load(retry_after_s=_RETRY_LOADING_S)
        if encoder is not None and job.readings:
            self._encode(encoder, job.readings, status)
        status.tell_a_change()

    def _encode(
        self, encoder: Encoder, readings: tuple[Reading, ...], status: EncoderStatus
    ) -> None:
        views, counts = self._views, status.counts
        assert views is not None
        began = time.perf_counter()
        live = [reading for reading in readings if not self._is_frozen(encoder, reading)]
        done = encode_set(encoder, live, views.view, modality=self.parameters.modality,
                          dtype=self.parameters.dtype, refuse=self._refuse) if live else None
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
        message.sequence = counts.outputs.total
        message.encode_ms = (time.perf_counter() - began) * 1e3
        publisher, outlet = self._publisher, self._outlet
        if publisher is None or self._worker is None:
            return
        if outlet is not None:
            outlet.hand_out(message)
        if outlet is None or self._listeners:
            publisher.publish(message)
        counts.published(message, oldest.stamp_ns)
        self._health.served(reading.view for reading in used)
        self._note_geometry(done.latents.azimuth, done.geometry, status.notes)
        self._appraise(encoder, done, counts)

    def _is_frozen(self, encoder: Encoder, reading: Reading) -> bool:
        refusal = self._frozen[reading.view].refusal(
            encoder.never_repeats(reading.message), reading.stamp_ns,
            self.parameters.frozen_after_s)
        if refusal:
            self._refuse(reading.view, refusal)
        return bool(refusal)

    def _appraise(self, encoder: Encoder, done: EncodedSet, counts: EncoderCounts) -> None:
        """Measure the samples' quality, now and then, and count operations, once.

        Both come after the latents are out, and neither may keep the next ones from coming.
        """
        try:
            now_s = time.monotonic()
            if now_s - self._measured_s >= self.parameters.quality_period_s:
                self._measured_s = now_s
                for view, quality in quality_of_views(encoder, done).items():
                    self._health.measured(view, quality)
            if len(done.used) > counts.flops_views:
                counts.flops_views = len(done.used)
                counts.encode_flops = float(
                    count_encode_flops(encoder, done.samples, done.geometry))
        except Exception:  # whatever a measure stumbles over, the latents were good
            self.get_logger().error(
                f'the samples cannot be judged:\n{traceback.format_exc()}',
                throttle_duration_sec=60.0)

    def _note_geometry(
        self, azimuth: torch.Tensor, geometry: list[View], notes: dict[str, str]
    ) -> None:
        blind = ', '.join(view.name for view in geometry if view.base_from_sensor is None)
        # Where all mounts are known, tokens without a direction have none by nature (turning).
        if not blind or not bool(torch.isnan(azimuth).all()):
            notes.pop('azimuth', None)
            return
        text = (f'tokens carry no azimuth: no transform to {self.parameters.base_frame!r} and no '
                f'view.<name>.azimuth_deg for {blind}')
        if 'azimuth' not in notes:
            self.get_logger().warning(text)
        notes['azimuth'] = text

    def _on_error(self, job: Job, error: Exception) -> None:
        for reading in job.readings:
            self._refuse(reading.view, f'encoding failed: {type(error).__name__}: {error}')
        self.get_logger().error(''.join(traceback.format_exception(error)))
        if self._status is not None:
            self._status.tell_a_change()

    def _refuse(self, views: str, reason: str) -> None:
        """Note why what one view, or several named in one word, delivered is not used."""
        assert self._status is not None
        self._status.counts.refused += 1
        self._health.ails(views.split(', '), reason)
        self.get_logger().warning(
            f'refused an input of {views}: {reason}', throttle_duration_sec=5.0)

    # -- diagnostics ----------------------------------------------------------------------

    def _diagnose_input(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        status.add('listeners', str(self._listeners + self._taps))
        return self._status.diagnose_input(status) if self._status is not None else status

    def _diagnose_encoding(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        return self._status.diagnose_encoding(status) if self._status is not None else status


def main(args: list[str] | None = None) -> None:
    """Run the encoder node."""
    run(EncoderNode, args)


if __name__ == '__main__':
    main()
