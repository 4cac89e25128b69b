# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Play a rosbag2 bag (mcap or sqlite3) with `/clock`, where `ros2 bag play` is not at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater
from rclpy.qos import QoSProfile
from rosbags.rosbag2 import Reader, ReaderError
from rosgraph_msgs.msg import Clock
from rosidl_runtime_py.utilities import get_message
from std_srvs.srv import Trigger

from mpnp_ros.nodes.managed import autostart_parameter, ManagedNode, run
from mpnp_ros.nodes.parameters import parameter
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.nodes.stamps import stamp_from


@dataclass(frozen=True)
class ReplayParameters:
    """Parameters of `replay_node`."""

    bag: str = parameter('', 'Directory of the rosbag2 bag.')
    rate: float = parameter(1.0, 'Bag seconds per second.', minimum=0.01, maximum=100.0)
    loop: bool = parameter(False, 'Start again at the end.')
    start_paused: bool = parameter(False, 'Wait for the service ~/resume before playing.')
    clock: bool = parameter(True, "Publish the bag's time on /clock.")
    clock_rate_hz: float = parameter(50.0, 'Rate of /clock and of the play timer, Hz.',
                                     minimum=1.0, maximum=1000.0)
    autostart: bool = autostart_parameter()


class ReplayNode(ManagedNode):
    """Publish a bag's messages, as recorded, at their times.

    Messages stay serialised on the way. A topic whose type is not installed is skipped and
    named. `~/pause` and `~/resume` stop and go on; a paused bag holds `/clock` still.
    """

    Parameters = ReplayParameters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__('replay', **kwargs)
        self._reader: Reader | None = None
        self._publishers_by_id: dict[int, Any] = {}
        self._skipped: dict[str, str] = {}
        self._messages: Iterator[tuple[Any, int, bytes]] = iter(())
        self._next: tuple[Any, int, bytes] | None = None
        self._now_ns = 0
        self._ticked_s = 0.0
        self._paused = False
        self._ended = False
        self._published = 0
        self.diagnostics.add('bag', self._diagnose_bag)

    def _setup(self) -> None:
        bag = Path(self.parameters.bag)
        if not self.parameters.bag or not bag.is_dir():
            raise ValueError(f"parameter 'bag': expected the directory of a bag, got '{bag}'")
        try:
            self._reader = Reader(bag)
            self._reader.open()
        except (ReaderError, OSError) as error:
            self._reader = None
            raise ValueError(f'cannot read the bag {bag}: {error}') from error
        self.own(self._reader, Reader.close)
        if not self._reader.message_count:
            raise ValueError(f'the bag {bag} holds no messages')
        for connection in self._reader.connections:
            try:
                kind = get_message(connection.msgtype)
            except (ValueError, ModuleNotFoundError, AttributeError) as error:
                self._skipped[connection.topic] = f'{connection.msgtype}: {error}'
                self.get_logger().warning(
                    f'{connection.topic} is skipped, its type cannot be loaded: {error}')
                continue
            self._publishers_by_id[connection.id] = self.own(self.create_lifecycle_publisher(
                kind, connection.topic, _recorded_qos(connection)),
                self.destroy_lifecycle_publisher)
        self._clock_publisher = self.own(
            self.create_lifecycle_publisher(Clock, '/clock', 10), self.destroy_lifecycle_publisher)
        for name, paused in (('~/pause', True), ('~/resume', False)):
            self.own(self.create_service(Trigger, name, self._on_pause(paused)),
                     self.destroy_service)

    def _start(self) -> None:
        self._paused = self.parameters.start_paused
        self._rewind()
        self.steady_timer(1.0 / self.parameters.clock_rate_hz, self._tick)

    def _teardown(self) -> None:
        self._reader = None
        self._publishers_by_id.clear()
        self._messages, self._next = iter(()), None

    def _rewind(self) -> None:
        assert self._reader is not None
        self._messages = self._reader.messages()
        self._next = next(self._messages, None)
        self._now_ns = self._reader.start_time
        self._ticked_s = time.monotonic()
        self._ended = False

    def _tick(self) -> None:
        now_s = time.monotonic()
        elapsed_s, self._ticked_s = now_s - self._ticked_s, now_s
        if not self._paused and not self._ended:
            self._now_ns += round(elapsed_s * self.parameters.rate * 1e9)
            self._publish_due()
        if self.parameters.clock:
            self._clock_publisher.publish(Clock(clock=stamp_from(self._now_ns)))

    def _publish_due(self) -> None:
        while self._next is not None and self._next[1] <= self._now_ns:
            connection, _, data = self._next
            publisher = self._publishers_by_id.get(connection.id)
            if publisher is not None:
                publisher.publish(bytes(data))
                self._published += 1
            try:
                self._next = next(self._messages, None)
            except (ReaderError, ValueError) as error:
                self.last_error = f'the bag is damaged after {self._published} messages: {error}'
                self.get_logger().error(self.last_error)
                self._next = None
        if self._next is None:
            if self.parameters.loop:
                self.get_logger().info('the bag starts again')
                self._rewind()
            else:
                self.get_logger().info(f'end of the bag, {self._published} messages published')
                self._ended = True

    def _on_pause(self, paused: bool) -> Any:
        def handle(_request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            self._paused = paused
            response.success = self.active
            response.message = f'{"paused" if paused else "playing"} at {self._now_ns} ns'
            return response
        return handle

    def _diagnose_bag(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        words = 'ended' if self._ended else 'paused' if self._paused else 'playing'
        status.summary(DiagnosticStatus.OK, words)
        for topic, why in self._skipped.items():
            status.mergeSummary(DiagnosticStatus.WARN, f'{topic} is skipped')
            status.add(topic, why)
        status.add('published', str(self._published))
        return status


def _recorded_qos(connection: Any) -> QoSProfile:
    """Return a reliable profile, latched where the recorded publisher latched."""
    profiles = getattr(connection.ext, 'offered_qos_profiles', None) or []
    if any(getattr(profile.durability, 'name', '') == 'TRANSIENT_LOCAL' for profile in profiles):
        return latched_qos()
    return QoSProfile(depth=10)


def main(args: list[str] | None = None) -> None:
    """Run the replay node."""
    run(ReplayNode, args)


if __name__ == '__main__':
    main()
