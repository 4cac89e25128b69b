# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Record topics into a rosbag2 bag, where `ros2 bag record` is not at hand."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from rosidl_runtime_py.utilities import get_message

from mpnp_ros.evaluation.bags.bag import BagMessage
from mpnp_ros.nodes.bag_sink import BagSink, Limits, RecordedTopic
from mpnp_ros.nodes.installed_types import InstalledTypes
from mpnp_ros.nodes.managed import autostart_parameter, ManagedNode, run
from mpnp_ros.nodes.parameters import parameter
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.recorded_qos import as_recorded, playback_profile, recording_profile
from mpnp_ros.nodes.topic_filter import TopicFilter

LATENTS = ['latents/.*', 'modality_status', 'modality_decision', 'answers',
           'standing_questions', 'question_vectors']
EVERYTHING = '/.*'
DEPTH = 100   # messages of a topic that may wait for the executor
MIB = 2**20


@dataclass(frozen=True)
class RecordParameters:
    """Parameters of `record_node`."""

    bag: str = parameter('bag_%Y-%m-%d_%H-%M-%S', 'Folder of the new bag, which must not exist; '
                         'the date and time of the activation fill in %Y, %m, %d, %H, %M, %S.')
    topics: list[str] = parameter(
        LATENTS, 'Topics to record, names or regular expressions. A recorder of latents listens '
        'to them: it keeps their encoders running.')
    all: bool = parameter(False, 'Record every topic, whatever `topics` says.')
    exclude: list[str] = parameter([''], 'Topics to leave out, names or regular expressions.')
    storage: str = parameter('mcap', 'Format of the bag.', choices=('mcap', 'sqlite3'))
    compression: str = parameter('zstd', 'Compression of the chunks of mcap and of the single '
                                 'messages of sqlite3.', choices=('zstd', 'none'))
    max_duration_s: float = parameter(
        0.0, 'Go on in another bag, with _1, _2, ... after its name, when one lasts this long, s; '
        '0: never. Each begins with what is latched.', minimum=0.0, maximum=1e9)
    max_size_mib: int = parameter(0, 'The same after this much has been received, MiB; 0: never.',
                                  minimum=0, maximum=10**9)
    queue_mib: int = parameter(256, 'Memory for what the disk has not taken yet, MiB; what comes '
                               'on top of it is dropped.', minimum=1, maximum=65536)
    min_free_mib: int = parameter(256, 'Stop when less than this is free on the disk, MiB.',
                                  minimum=0, maximum=10**9)
    discovery_period_s: float = parameter(0.1, 'Look for new topics this often, s.',
                                          minimum=0.01, maximum=60.0)
    autostart: bool = autostart_parameter()


@dataclass
class Tap:
    """A topic that is being recorded."""

    kind: str
    profile: QoSProfile
    subscription: Subscription
    received: int = 0


class RecordNode(ManagedNode):
    """Record what comes on topics, serialised as it came, from activation to deactivation.

    A topic is recorded from when it is first seen, with the reliability and durability that all
    of its publishers offer; if one comes that offers less, it is subscribed to anew. The bag's
    time is the time of reception, or the time on /clock with `use_sim_time`. When the bag cannot
    be written any more, the recording stops and the node stays.
    """

    Parameters = RecordParameters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__('record', **kwargs)
        self._qos_watch = QosWatch(self)
        self._types = InstalledTypes()
        self._sink: BagSink | None = None
        self._taps: dict[str, Tap] = {}
        self._skipped: dict[str, str] = {}
        self._lost: collections.Counter[str] = collections.Counter()
        self._simulated = False
        self.diagnostics.add('bag', self._diagnose_bag)
        self.diagnostics.add('qos', self._qos_watch.diagnose)

    # -- life cycle -----------------------------------------------------------------------

    def _setup(self) -> None:
        given = self.parameters
        if not given.bag:
            raise ValueError("parameter 'bag': expected the path of a new bag, got ''")
        self._wanted = TopicFilter(
            [EVERYTHING] if given.all else given.topics, given.exclude, self.get_namespace())
        if not self._wanted.patterns:
            raise ValueError("parameter 'topics': expected at least one topic (or set 'all')")
        self._simulated = bool(self.get_parameter('use_sim_time').value)

    def _start(self) -> None:
        given = self.parameters
        path = Path(time.strftime(given.bag)).expanduser().absolute()
        self._skipped.clear()
        self._lost.clear()
        self._sink = None   # that of an earlier recording, should this one fail to begin
        self._sink = BagSink(
            path, storage=given.storage, compression=given.compression,
            typestore=self._types.store,
            limits=Limits(part_bytes=given.max_size_mib * MIB, part_s=given.max_duration_s,
                          queue_bytes=given.queue_mib * MIB, free_bytes=given.min_free_mib * MIB),
            failed=lambda reason: self.call_soon(self._on_failure, reason))
        self.get_logger().info(f'recording {", ".join(self._wanted.patterns)} into {path}')
        self.steady_timer(given.discovery_period_s, self._look_for_topics)

    def _stop(self) -> None:
        self._close_taps()
        sink = self._sink
        if sink is not None:
            sink.close()
            self.get_logger().info(
                f'{sink.messages} messages of {len(sink.topics)} topics are in {sink.path}'
                + (f', {sink.dropped} were dropped' if sink.dropped else ''))

    def _teardown(self) -> None:
        self._sink = None

    def _close_taps(self) -> None:
        for topic, tap in self._taps.items():
            self._qos_watch.forget(topic)
            self.destroy_subscription(tap.subscription)
        self._taps.clear()

    def _on_failure(self, reason: str) -> None:
        """Stop recording; who listens to the diagnostics learns why."""
        sink = self._sink
        if sink is None:
            return
        self.last_error = (f'the recording stopped after {sink.messages} messages, {sink.path} '
                           f'cannot be written any further: {reason}')
        self.get_logger().error(self.last_error)
        self._close_taps()

    # -- topics ---------------------------------------------------------------------------

    def _look_for_topics(self) -> None:
        if self._sink is None or self._sink.error:
            return
        if self._simulated and not self.get_clock().now().nanoseconds:
            return   # nothing has a time before the clock runs
        for topic, kinds in self.get_topic_names_and_types():
            hidden = any(part.startswith('_') for part in topic.split('/'))
            if not hidden and topic in self._wanted and topic not in self._skipped:
                self._follow(topic, kinds)

    def _follow(self, topic: str, kinds: Sequence[str]) -> None:
        """Subscribe to a topic that has a publisher, again where its QoS now demands too much."""
        offered = [one.qos_profile for one in self.get_publishers_info_by_topic(topic)]
        if not offered:
            return
        profile = recording_profile(offered, DEPTH)
        tap = self._taps.get(topic)
        if tap is None:
            self._begin(topic, kinds, profile, offered)
        elif demands_more(tap.profile, profile):
            self.destroy_subscription(tap.subscription)
            tap.profile, tap.subscription = profile, self._subscribe(topic, tap.kind, profile)

    def _begin(self, topic: str, kinds: Sequence[str], profile: QoSProfile,
               offered: Sequence[QoSProfile]) -> None:
        assert self._sink is not None
        try:
            if len(kinds) != 1:
                raise ValueError(f'published with several types: {", ".join(kinds)}')
            get_message(kinds[0])
            self._types.learn(kinds[0])
        except (ValueError, ModuleNotFoundError, AttributeError) as error:
            self._skipped[topic] = str(error)
            self.get_logger().warning(f'{topic} is not recorded: {error}')
            return
        recorded = tuple(as_recorded(one) for one in offered)
        latched = profile.durability.name == 'TRANSIENT_LOCAL'
        self._sink.describe(RecordedTopic(
            topic, kinds[0], recorded,
            repeat=playback_profile(topic, recorded).depth if latched else 0))
        self._taps[topic] = Tap(kinds[0], profile, self._subscribe(topic, kinds[0], profile))
        self.get_logger().info(f'recording {topic} ({kinds[0]})')

    def _subscribe(self, topic: str, kind: str, profile: QoSProfile) -> Subscription:
        def take(data: bytes, info: dict[str, Any]) -> None:
            self._take(topic, kind, data, info)

        callback: Any = take   # rclpy's type hints know no message info
        events = self._qos_watch.subscription(topic)
        events.message_lost = lambda event: self._lost.update({topic: event.total_count_change})
        return self.create_subscription(
            get_message(kind), topic, callback, profile, raw=True, event_callbacks=events)

    def _take(self, topic: str, kind: str, data: bytes, info: dict[str, Any]) -> None:
        tap, sink = self._taps.get(topic), self._sink
        if tap is None or sink is None:   # taken from the queue just before the end
            return
        stamp_ns = (self.get_clock().now().nanoseconds if self._simulated
                    else info['received_timestamp'] or time.time_ns())
        tap.received += 1
        if not sink.put(BagMessage(topic, kind, stamp_ns, data)):
            self.get_logger().warning(
                f'{topic}: a message is dropped, the disk is too slow', throttle_duration_sec=5.0)

    def _diagnose_bag(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        sink = self._sink
        if sink is None:
            status.summary(DiagnosticStatus.OK, 'not recording')
            return status
        status.summary(DiagnosticStatus.OK, f'recording {len(self._taps)} topics')
        if sink.error:
            status.summary(DiagnosticStatus.ERROR, f'stopped: {sink.error}')
        elif sink.dropped:
            status.mergeSummary(DiagnosticStatus.WARN, f'{sink.dropped} messages dropped')
        for topic, why in self._skipped.items():
            status.mergeSummary(DiagnosticStatus.WARN, f'{topic} is not recorded')
            status.add(topic, why)
        for topic, count in self._lost.items():
            status.mergeSummary(DiagnosticStatus.WARN, f'{topic}: {count} lost on the way')
        for text in self._wanted.unmatched(self._taps):
            status.add(text, 'nothing yet')
        for topic, tap in self._taps.items():
            status.add(topic, f'{tap.received} received')
        status.add('bag', str(sink.path))
        status.add('parts', str(sink.parts))
        status.add('messages', str(sink.messages))
        status.add('written (MiB)', f'{sink.written_bytes / MIB:.1f}')
        status.add('waiting (MiB)', f'{sink.waiting_bytes / MIB:.1f}')
        status.add('dropped', str(sink.dropped))
        return status


def demands_more(held: QoSProfile, offered: QoSProfile) -> bool:
    """Tell whether a subscription asks for more than is offered, so that it gets nothing."""
    return any(
        getattr(held, policy) != getattr(offered, policy) and getattr(held, policy).name == most
        for policy, most in (('reliability', 'RELIABLE'), ('durability', 'TRANSIENT_LOCAL')))


def main(args: list[str] | None = None) -> None:
    """Run the record node."""
    run(RecordNode, args)


if __name__ == '__main__':
    main()
