# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Topics of a bag are chosen, renamed and published with the QoS they were recorded with."""

import pytest
from rclpy.qos import QoSDurabilityPolicy, QoSReliabilityPolicy
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from std_msgs.msg import String
from word_bags import at, cdr, qos, Replay, WORD, write_words

from mpnp_ros.nodes.replay_node import ReplayNode

WORDS = [('/robot/front', 0, 'front'), ('/robot/rear', 0, 'rear'), ('/other', 1, 'other')]


@pytest.fixture
def bag(tmp_path) -> str:
    """Return a bag with words on three topics."""
    return write_words(tmp_path / 'bag', WORDS)


def topics_of(graph, node) -> set[str]:
    """Return what a replay publishes of the bag."""
    return {publisher.topic_name for _, publisher in node._senders.values()}


def test_remapped_topic_goes_out_under_its_new_name(graph, bag) -> None:
    replay = Replay(graph, bag, {'/renamed': String, '/robot/front': String},
                    remap=['/robot/front:=/renamed'])
    replay.resume()
    replay.until_ended()
    replay.until_heard('/renamed', ['front'])
    assert not replay.words('/robot/front')


@pytest.mark.parametrize('topics, exclude, played', [
    (['/other'], [''], {'/other'}),
    (['/robot/.*'], [''], {'/robot/front', '/robot/rear'}),
    (['other'], [''], {'/other'}),
    ([''], ['/robot/r.*'], {'/robot/front', '/other'}),
    (['/robot/.*'], ['/robot/front'], {'/robot/rear'}),
])
def test_topics_are_chosen_by_name_and_by_pattern(graph, bag, topics, exclude, played) -> None:
    node = graph.add(ReplayNode, bag=bag, topics=topics, exclude=exclude, start_paused=True)
    assert topics_of(graph, node) == played


@pytest.mark.parametrize('parameter, value, words', [
    ('topics', ['/nothing'], '/robot/rear'),
    ('topics', ['/robot/('], 'regular expression'),
    ('remap', ['/robot/front=/x'], "'/from:=/to'"),
    ('remap', ['/other:=/a', '/other:=/b'], 'renamed twice'),
])
def test_bad_choice_is_named(graph, bag, parameter, value, words) -> None:
    node = graph.add(ReplayNode, bring_up=False, bag=bag, **{parameter: value})
    node.bring_up()
    assert not node.active
    assert parameter in node.last_error and words in node.last_error


def test_publishers_have_the_recorded_qos(graph, tmp_path) -> None:
    bag = write_words(tmp_path / 'bag', [
        ('/sensor', 0, 'a'), ('/mount', 0, 'b'), ('/mixed', 0, 'c'), ('/deep', 0, 'd')],
        profiles={
            '/sensor': [qos(reliable=False)], '/mount': [qos(latched=True)],
            '/mixed': [qos(reliable=False), qos()], '/deep': [qos(depth=42)]})
    node = graph.add(ReplayNode, bag=bag, start_paused=True)
    reliable, best_effort = QoSReliabilityPolicy.RELIABLE, QoSReliabilityPolicy.BEST_EFFORT
    latched, volatile = QoSDurabilityPolicy.TRANSIENT_LOCAL, QoSDurabilityPolicy.VOLATILE
    for topic, expected in (('/sensor', (best_effort, volatile)), ('/mount', (reliable, latched)),
                            ('/mixed', (reliable, volatile)), ('/deep', (reliable, volatile))):
        (info,) = graph.until(lambda topic=topic: graph.node.get_publishers_info_by_topic(topic),
                              topic)
        assert (info.qos_profile.reliability, info.qos_profile.durability) == expected, topic
    assert node._senders['/deep'][1].qos_profile.depth == 42


def test_qos_is_overridden_by_parameters(graph, bag) -> None:
    graph.add(ReplayNode, bag=bag, start_paused=True,
              **{'qos_overrides__/other__publisher__reliability': 'best_effort'})
    (info,) = graph.until(lambda: graph.node.get_publishers_info_by_topic('/other'), '/other')
    assert info.qos_profile.reliability == QoSReliabilityPolicy.BEST_EFFORT


def test_recorded_clock_makes_room_for_the_replays_own(graph, tmp_path) -> None:
    bag = write_words(tmp_path / 'bag', [('/clock', 0, 'not a clock'), ('/words', 1, 'one')])
    node = graph.add(ReplayNode, bag=bag, start_paused=True)
    assert topics_of(graph, node) == {'/words'}
    status = graph.diagnostics(node)['bag']
    assert '/clock is skipped' in status.message


def test_type_that_is_not_installed_is_skipped_and_named(graph, tmp_path) -> None:
    store = get_typestore(Stores.ROS2_JAZZY)
    store.register(get_types_from_msg('int32 number', 'elsewhere/msg/Number'))
    with Writer(tmp_path / 'bag', version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        foreign = writer.add_connection('/foreign', 'elsewhere/msg/Number', typestore=store)
        words = writer.add_connection('/words', WORD, typestore=store)
        writer.write(foreign, at(0), b'\0\1\0\0\7\0\0\0')
        writer.write(words, at(0), cdr('understood'))
    replay = Replay(graph, str(tmp_path / 'bag'), {'/words': String})
    replay.resume()
    replay.until_heard('/words', ['understood'])
    status = graph.diagnostics(replay.node)['bag']
    assert '/foreign is skipped' in status.message
    assert any('elsewhere/msg/Number' in value.value for value in status.values)
