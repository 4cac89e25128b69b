# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Play a bag (rosbag2 or ROS 1) with `/clock`, where `ros2 bag play` is not at hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater
from rclpy.timer import Timer
from rosgraph_msgs.msg import Clock
from rosidl_runtime_py.utilities import get_message

from mpnp_ros.evaluation.bags.bag import Bag, BagMessage
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.msg import ReplayState
from mpnp_ros.nodes.managed import autostart_parameter, ManagedNode, run
from mpnp_ros.nodes.parameters import parameter
from mpnp_ros.nodes.player import Player
from mpnp_ros.nodes.qos import latched_qos, overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.read_ahead import ReadAhead
from mpnp_ros.nodes.recorded_qos import playback_profile
from mpnp_ros.nodes.replay_services import ReplayServices
from mpnp_ros.nodes.stamps import NS, stamp_from
from mpnp_ros.nodes.topic_filter import parse_remaps, TopicFilter

CLOCK = '/clock'
EVERYTHING = '/.*'
SHORTEST_WAIT_S = 0.001


@dataclass(frozen=True)
class ReplayParameters:
    """Parameters of `replay_node`."""

    bag: str = parameter('', 'Bag to play: the folder of a rosbag2 bag, one of its files, or a '
                         'ROS 1 bag.')
    rate: float = parameter(1.0, 'Bag seconds per second.', minimum=0.01, maximum=100.0,
                            read_only=False)
    start_s: float = parameter(0.0, 'Begin this long after the start of the bag, bag s.',
                               minimum=0.0, maximum=1e9)
    duration_s: float = parameter(0.0, 'Play this long, bag s; 0: to the end.',
                                  minimum=0.0, maximum=1e9)
    loop: bool = parameter(False, 'Start again at the end.')
    start_paused: bool = parameter(False, 'Wait for the service ~/resume before playing.')
    topics: list[str] = parameter([''], "Topics to play, names or regular expressions; ['']: all.")
    exclude: list[str] = parameter([''], 'Topics to leave out, names or regular expressions.')
    remap: list[str] = parameter([''], "Topics to publish under another name: '/from:=/to'.")
    clock: bool = parameter(True, "Publish the bag's time on /clock; a /clock in the bag is then "
                            'left out.')
    clock_rate_hz: float = parameter(50.0, 'Rate of /clock, Hz.', minimum=1.0, maximum=1000.0)
    read_ahead: int = parameter(1000, 'Messages that are read in advance.', minimum=1,
                                maximum=1000000)
    read_ahead_mib: int = parameter(64, 'Memory for what is read in advance, MiB.', minimum=1,
                                    maximum=65536)
    autostart: bool = autostart_parameter()


class ReplayNode(ManagedNode):
    """Publish a bag's messages, as recorded, at their times.

    Messages stay serialised on the way. A topic whose type is not installed is skipped and
    named, and so is what is damaged in the bag; the rest is played. `~/state` is latched and
    tells when the bag has ended; the services are those of rosbag2's player and `~/play_until`.
    """

    Parameters = ReplayParameters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__('replay', **kwargs)
        self._qos_watch = QosWatch(self)
        self._bag: Bag | None = None
        self._problems = Problems()
        self._problems_told = 0
        self._senders: dict[str, tuple[str, Any]] = {}
        self._latched: dict[str, int] = {}
        self._skipped: dict[str, str] = {}
        self._ahead: ReadAhead | None = None
        self._player: Player | None = None
        self._timer: Timer | None = None
        self._ticked_s = self._clock_due_s = 0.0
        self._told: tuple[Any, ...] = ()
        self.diagnostics.add('bag', self._diagnose_bag)
        self.diagnostics.add('qos', self._qos_watch.diagnose)

    # -- life cycle -----------------------------------------------------------------------

    def _setup(self) -> None:
        given = self.parameters
        if not given.bag:
            raise ValueError("parameter 'bag': expected the path of a bag, got ''")
        self._problems, self._problems_told = Problems(), 0
        self._bag = self.own(Bag(Path(given.bag).expanduser(), self._problems), Bag.close)
        self._range()
        self._senders, self._latched, self._skipped = {}, {}, {}
        for topic, target in self._chosen().items():
            self._open(topic, target)
        if not self._senders:
            raise ValueError(f'no topic of the bag {given.bag} can be played: ' + '; '.join(
                f'{topic}: {why}' for topic, why in self._skipped.items()))
        self._clock_publisher = self.own(
            self.create_lifecycle_publisher(Clock, CLOCK, 10), self.destroy_lifecycle_publisher)
        self._state_publisher = self.own(
            self.create_lifecycle_publisher(ReplayState, '~/state', latched_qos()),
            self.destroy_lifecycle_publisher)
        self.own(ReplayServices(self, lambda: self._player, self._tick), ReplayServices.close)

    def _start(self) -> None:
        assert self._bag is not None
        given = self.parameters
        start_ns, end_ns = self._range()
        self._ahead = ReadAhead(
            messages=given.read_ahead, max_bytes=given.read_ahead_mib * 2**20)
        self._player = Player(
            self._bag, self._ahead, self._send, topics=list(self._senders),
            latched=self._latched, start_ns=start_ns, end_ns=end_ns, loop=given.loop)
        self._player.paused = given.start_paused
        self._ticked_s, self._clock_due_s, self._told = time.monotonic(), 0.0, ()
        self._timer = self.steady_timer(SHORTEST_WAIT_S, self._tick)

    def _stop(self) -> None:
        self._timer = None
        if self._player is not None:
            self._player.drop_goal('the replay was deactivated')
        if self._ahead is not None:
            self._ahead.close()
        self._ahead = self._player = None

    def _teardown(self) -> None:
        self._bag = None
        self._senders.clear()

    def _range(self) -> tuple[int, int]:
        """Return the first and the last time that are played."""
        bag, given = self._bag, self.parameters
        assert bag is not None
        start_ns = bag.start_ns + round(given.start_s * NS)
        if start_ns > bag.end_ns:
            raise ValueError(f"parameter 'start_s': {given.start_s} s lies behind the end of "
                             f'{given.bag}, which lasts {(bag.end_ns - bag.start_ns) / NS:.3f} s')
        if given.duration_s:
            return start_ns, min(bag.end_ns, start_ns + round(given.duration_s * NS))
        return start_ns, bag.end_ns

    # -- topics ---------------------------------------------------------------------------

    def _chosen(self) -> dict[str, str]:
        """Return the topics to play, each with the name it is published under."""
        bag, given = self._bag, self.parameters
        assert bag is not None
        wanted = TopicFilter(
            [one for one in given.topics if one] or [EVERYTHING], given.exclude,
            self.get_namespace())
        remaps = parse_remaps(given.remap)
        names = {topic: topic if topic.startswith('/') else f'/{topic}' for topic in bag.topics}
        for text in wanted.unmatched(names.values()):
            self.get_logger().warning(f'the bag has no topic {text}')
        for text in sorted(set(remaps) - set(names.values())):
            self.get_logger().warning(f'{text} is not renamed: the bag has no such topic')
        chosen = {topic: remaps.get(name, name) for topic, name in names.items() if name in wanted}
        if not chosen:
            raise ValueError(f"parameters 'topics' and 'exclude' leave nothing of the bag "
                             f'{given.bag}, which has {", ".join(sorted(names.values()))}')
        return chosen

    def _open(self, topic: str, target: str) -> None:
        """Create the publisher of a topic, or note why there is none."""
        assert self._bag is not None
        info = self._bag.topics[topic]
        if target == CLOCK and self.parameters.clock:
            self._skipped[topic] = 'the replay publishes /clock itself (parameter clock)'
            return
        try:
            kind = get_message(info.type)
        except (ValueError, ModuleNotFoundError, AttributeError) as error:
            self._skipped[topic] = f'{info.type or "messages of several types"}: {error}'
            self.get_logger().warning(
                f'{topic} is skipped, its type cannot be loaded: {self._skipped[topic]}')
            return
        profile = playback_profile(topic if topic.startswith('/') else f'/{topic}', info.qos)
        publisher = self.own(self.create_lifecycle_publisher(
            kind, target, profile, event_callbacks=self._qos_watch.publisher(target),
            qos_overriding_options=overridable()), self.destroy_lifecycle_publisher)
        self._senders[topic] = info.type, publisher
        if publisher.qos_profile.durability.name == 'TRANSIENT_LOCAL':
            self._latched[topic] = profile.depth

    def _send(self, message: BagMessage) -> None:
        kind, publisher = self._senders[message.topic]
        if message.type == kind:
            publisher.publish(bytes(message.data))
        else:
            self._problems.add(f'{message.topic} holds {message.type} beside {kind}',
                               f'stamp {message.stamp_ns}')

    # -- time -----------------------------------------------------------------------------

    def _tick(self) -> None:
        player, timer = self._player, self._timer
        if player is None or timer is None:
            return
        given = self.parameters
        now_s = time.monotonic()
        elapsed_s, self._ticked_s = now_s - self._ticked_s, now_s
        player.advance(elapsed_s, given.rate)
        if player.jumped or now_s >= self._clock_due_s:
            if given.clock:
                self._clock_publisher.publish(Clock(clock=stamp_from(player.now_ns)))
            self._clock_due_s = now_s + 1.0 / given.clock_rate_hz
        player.jumped = False
        self._tell_problems()
        self._tell_state()
        wait_s = min(player.due_in_s(given.rate), self._clock_due_s - now_s)
        timer.timer_period_ns = round(max(wait_s, SHORTEST_WAIT_S) * NS)
        timer.reset()

    def _tell_problems(self) -> None:
        found = list(self._problems)
        for problem in found[self._problems_told:]:
            self.get_logger().warning(f'{problem.what} ({", ".join(problem.places)})')
        self._problems_told = len(found)
        error = self._ahead.error if self._ahead is not None else None
        if error is not None and not self.last_error:
            self.last_error = f'the bag cannot be read any further: {error}'
            self.get_logger().error(self.last_error)

    def _tell_state(self) -> None:
        player = self._player
        assert player is not None
        problems = [f'{one.what} ({", ".join(one.places)})' for one in list(self._problems)]
        if self.last_error:
            problems.append(self.last_error)
        told = player.paused, player.ended, self.parameters.rate, tuple(problems)
        if told == self._told:
            return
        if player.ended and not (self._told and self._told[1]):
            self.get_logger().info(f'end of the bag, {player.published} messages published')
        self._told = told
        self._state_publisher.publish(ReplayState(
            time=stamp_from(player.now_ns), start=stamp_from(player.start_ns),
            end=stamp_from(player.end_ns), paused=player.paused, ended=player.ended,
            rate=self.parameters.rate, published=player.published,
            skipped=[f'{topic}: {why}' for topic, why in self._skipped.items()],
            problems=problems))

    def _diagnose_bag(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        player = self._player
        if player is None:
            status.summary(DiagnosticStatus.OK, 'not playing')
            return status
        words = 'ended' if player.ended else 'paused' if player.paused else 'playing'
        status.summary(DiagnosticStatus.OK, words)
        for topic, why in self._skipped.items():
            status.mergeSummary(DiagnosticStatus.WARN, f'{topic} is skipped')
            status.add(topic, why)
        for problem in list(self._problems):
            status.mergeSummary(DiagnosticStatus.WARN, problem.what)
            status.add(problem.what, f'{problem.count}: {", ".join(problem.places)}')
        status.add('published', str(player.published))
        status.add('bag time (s)', f'{(player.now_ns - player.start_ns) / NS:.3f}')
        status.add('waited for the disk (s)', f'{player.stalled_s:.3f}')
        return status


def main(args: list[str] | None = None) -> None:
    """Run the replay node."""
    run(ReplayNode, args)


if __name__ == '__main__':
    main()
