# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Small bags for the tests of replaying and recording, and what both need of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores
from rosgraph_msgs.msg import Clock
from std_srvs.srv import Trigger

from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.nodes.replay_node import ReplayNode
from mpnp_ros.nodes.stamps import nanoseconds

START_NS = 1_000_000_000_000
STEP_NS = 100_000_000
WORD = 'std_msgs/msg/String'
_FOREVER = QosTime(sec=9223372036, nsec=854775807)


def at(step: float) -> int:
    """Return the time of a step of 100 ms, in nanoseconds."""
    return START_NS + round(step * STEP_NS)


def qos(*, latched: bool = False, reliable: bool = True, depth: int = 1) -> Qos:
    """Return a publisher's profile as a bag keeps it."""
    return Qos(
        QosHistory.KEEP_LAST, depth,
        QosReliability.RELIABLE if reliable else QosReliability.BEST_EFFORT,
        QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        _FOREVER, _FOREVER, QosLiveliness.AUTOMATIC, _FOREVER, False)


def cdr(word: str) -> bytes:
    """Return a serialised std_msgs/msg/String."""
    store = get_typestore(Stores.ROS2_JAZZY)
    return bytes(store.serialize_cdr(store.types[WORD](word), WORD))


def write_words(
    path: Path, words: Iterable[tuple[str, float, str]], *,
    profiles: Mapping[str, list[Qos]] | None = None,
    storage: StoragePlugin = StoragePlugin.MCAP, padding: int = 0,
) -> str:
    """Write a bag of strings, given as (topic, step, word), and return its path.

    `padding` appends that many letters to every word, for bags that must not be small.
    """
    store = get_typestore(Stores.ROS2_JAZZY)
    writer = Writer(path, version=9, storage_plugin=storage)
    if storage == StoragePlugin.MCAP and not padding:
        writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    with writer:
        connections: dict[str, Any] = {}
        for topic, step, word in words:
            if topic not in connections:
                connections[topic] = writer.add_connection(
                    topic, WORD, typestore=store,
                    offered_qos_profiles=(profiles or {}).get(topic, [qos(depth=10)]))
            writer.write(connections[topic], at(step), cdr(word + 'x' * padding))
    return str(path)


def read_all(path: Path) -> list[tuple[str, str, int, bytes]]:
    """Return (topic, type, stamp in ns, serialised message) of a bag's messages, in order."""
    with Bag(path, Problems()) as bag:
        return [(one.topic, one.type, one.stamp_ns, bytes(one.data)) for one in bag.messages()]


class Replay:
    """A replay node, and what a test collects of it; it starts paused and with its listeners."""

    def __init__(self, graph: Any, bag: str, listen: Mapping[str, Any] | None = None,
                 **parameters: Any) -> None:
        self.graph = graph
        self.clocks = graph.collect(Clock, '/clock')
        self.heard = {topic: graph.collect(kind, topic) for topic, kind in (listen or {}).items()}
        self.node = graph.add(ReplayNode, bag=bag, start_paused=True, **parameters)
        graph.until(self._matched, 'the listeners')

    def call(self, name: str, kind: Any = Trigger, **fields: Any) -> Any:
        """Call one of the node's services."""
        return self.graph.call(self.call_later(name, kind), kind.Request(**fields))

    def call_later(self, name: str, kind: Any = Trigger) -> Any:
        """Return the client of one of the node's services."""
        client = self.graph.node.create_client(kind, f'/replay/{name}')
        self.graph.until(client.service_is_ready, f'the service {name}')
        return client

    def resume(self) -> None:
        """Let the replay play."""
        assert self.call('resume').success

    @property
    def times(self) -> list[int]:
        """Return what /clock has said, in nanoseconds."""
        return [nanoseconds(message.clock) for message in self.clocks]

    def words(self, topic: str) -> list[str]:
        """Return the words heard on a topic."""
        return [message.data for message in self.heard[topic]]

    def until_heard(self, topic: str, words: list[str]) -> None:
        """Wait until exactly these words have come."""
        self.graph.until(lambda: self.words(topic) == words, f'{words} on {topic}')

    def until_time(self, time_ns: int) -> None:
        """Wait until /clock stands at a time."""
        self.graph.until(lambda: self.times[-1] == time_ns, f'{time_ns} ns on the clock')

    def until_ended(self) -> None:
        """Wait for the end of the bag and for the clock to say so."""
        self.graph.until(lambda: self.node._player.ended, 'the end of the bag')
        self.graph.until(lambda: self.times[-1] >= self.node._player.now_ns, 'the last clock')

    def _matched(self) -> bool:
        """Tell whether the node and its listeners know each other, which they learn apart."""
        senders = {publisher.topic_name: publisher
                   for _, publisher in self.node._senders.values()}
        return bool(self.clocks) and all(
            senders[one.topic_name].get_subscription_count() and one.get_publisher_count()
            for one in self.graph.node.subscriptions if one.topic_name in senders)
