# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A bag is played with its clock, latched topics, pauses and loops."""

import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String
from std_srvs.srv import Trigger

from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.nodes.replay_node import ReplayNode
from mpnp_ros.nodes.stamps import nanoseconds

START_NS = 1_000_000_000_000


@pytest.fixture(params=[StoragePlugin.MCAP, StoragePlugin.SQLITE3], ids=['mcap', 'sqlite3'])
def bag(tmp_path, request):
    """Return a bag of three words, 100 ms apart, on 'words' and one latched word."""
    store = get_typestore(Stores.ROS2_JAZZY)
    word = store.types['std_msgs/msg/String']
    path = tmp_path / 'bag'
    with Writer(path, version=9, storage_plugin=request.param) as writer:
        from rosbags.interfaces import (
            Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime)
        forever = QosTime(sec=2147483647, nsec=4294967295)
        latched = Qos(QosHistory.KEEP_LAST, 1, QosReliability.RELIABLE,
                      QosDurability.TRANSIENT_LOCAL, forever, forever,
                      QosLiveliness.AUTOMATIC, forever, False)
        words = writer.add_connection('/words', word.__msgtype__, typestore=store)
        mount = writer.add_connection('/mount', word.__msgtype__, typestore=store,
                                      offered_qos_profiles=[latched])
        writer.write(mount, START_NS, store.serialize_cdr(word('latched'), word.__msgtype__))
        for index, text in enumerate(('one', 'two', 'three')):
            writer.write(words, START_NS + index * 100_000_000,
                         store.serialize_cdr(word(text), word.__msgtype__))
    return str(path)


def test_messages_arrive_in_order_and_the_clock_shows_bag_time(graph, bag) -> None:
    words = graph.collect(String, '/words')
    clocks = graph.collect(Clock, '/clock')
    node = graph.add(ReplayNode, bring_up=False, bag=bag, start_paused=True)
    node.bring_up()
    assert node.active, node.last_error
    graph.until(lambda: clocks, 'the clock')
    assert not words
    assert nanoseconds(clocks[-1].clock) == START_NS
    graph.call(graph.node.create_client(Trigger, '/replay/resume'), Trigger.Request())
    graph.until(lambda: len(words) == 3, 'the words')
    assert [word.data for word in words] == ['one', 'two', 'three']
    graph.until(lambda: nanoseconds(clocks[-1].clock) >= START_NS + 200_000_000, 'the end')


def test_latched_topic_reaches_a_late_listener(graph, bag) -> None:
    node = graph.add(ReplayNode, bag=bag)
    graph.until(lambda: node._player.published == 4, 'the end of the bag')
    late = graph.collect(String, '/mount', latched_qos())
    graph.until(lambda: late, 'the latched message')
    assert late[0].data == 'latched'


def test_paused_bag_stands_still(graph, bag) -> None:
    words = graph.collect(String, '/words')
    clocks = graph.collect(Clock, '/clock')
    graph.add(ReplayNode, bag=bag, start_paused=True)
    graph.until(lambda: len(clocks) > 10, 'the clock')
    assert not words
    assert nanoseconds(clocks[-1].clock) == START_NS


def test_loop_starts_again_with_an_earlier_clock(graph, bag) -> None:
    words = graph.collect(String, '/words')
    clocks = graph.collect(Clock, '/clock')
    graph.add(ReplayNode, bag=bag, loop=True, rate=2.0)
    graph.until(lambda: len(words) >= 7, 'the third round')
    times = [nanoseconds(clock.clock) for clock in clocks]
    assert any(later < earlier for earlier, later in zip(times, times[1:]))


@pytest.mark.parametrize('damage', ['missing', 'empty'])
def test_unreadable_bag_is_named(graph, tmp_path, damage) -> None:
    path = tmp_path / 'damaged'
    if damage == 'empty':
        path.mkdir()
    node = graph.add(ReplayNode, bring_up=False, bag=str(path))
    node.bring_up()
    assert not node.active
    assert 'damaged' in node.last_error
