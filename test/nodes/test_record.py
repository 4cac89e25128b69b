# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Topics are recorded as they come, into a bag that can be read whatever ends the recording."""

from pathlib import Path
from typing import Any

import pytest
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Int32, String
from word_bags import read_all, Replay

from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.msg import QuestionVector, StandingQuestion, StandingQuestions
from mpnp_ros.nodes.qos import latched_qos, sensor_qos
from mpnp_ros.nodes.record_node import RecordNode, RecordParameters
from mpnp_ros.nodes.stamps import stamp_from


class Recording:
    """A recorder of the graph, and the words that a test says to it."""

    def __init__(self, graph: Any, path: Path, **parameters: Any) -> None:
        self.graph, self.path = graph, path
        self.node = graph.add(RecordNode, bag=str(path), **{
            'topics': ['/.*words.*'], 'min_free_mib': 0, 'discovery_period_s': 0.02,
            **parameters})

    def publisher(self, topic: str, qos: Any = 10, kind: Any = String) -> Any:
        """Return a publisher that the recorder listens to."""
        publisher = self.graph.node.create_publisher(kind, topic, qos)
        self.until_heard(publisher)
        return publisher

    def until_heard(self, publisher: Any) -> None:
        """Wait until the recorder and a publisher know each other; they learn it one by one."""
        topic = publisher.topic_name

        def matched() -> bool:
            tap = self.node._taps.get(topic)
            others = [one for one in self.graph.node.publishers if one.topic_name == topic]
            return tap is not None and publisher.get_subscription_count() > 0 and (
                tap.subscription.get_publisher_count() >= len(others))

        self.graph.until(matched, f'the recorder on {topic}')

    def until_received(self, messages: int) -> None:
        """Wait until the recorder has taken that many messages."""
        self.graph.until(
            lambda: sum(tap.received for tap in self.node._taps.values()) >= messages,
            f'{messages} messages')

    def finish(self) -> list[tuple[str, str, int, bytes]]:
        """Stop recording and return what is in the bag."""
        self.node.trigger_deactivate()
        return read_all(self.path)


def data_of(messages: list[tuple[str, str, int, bytes]]) -> list[bytes]:
    return [data for _, _, _, data in messages]


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_recorded_and_replayed_messages_are_the_same_bytes(graph, tmp_path, storage) -> None:
    first = Recording(graph, tmp_path / 'first', storage=storage)
    words, numbers = first.publisher('/words'), first.publisher('/words/count', kind=Int32)
    for count, word in enumerate(('one', 'two', 'three')):
        words.publish(String(data=word))
        numbers.publish(Int32(data=count))
        first.until_received(2 * count + 2)
    recorded = first.finish()
    graph.node.destroy_publisher(words)
    graph.node.destroy_publisher(numbers)
    graph.remove(first.node)
    assert {(topic, kind) for topic, kind, _, _ in recorded} == {
        ('/words', 'std_msgs/msg/String'), ('/words/count', 'std_msgs/msg/Int32')}
    assert len(recorded) == 6

    second = Recording(graph, tmp_path / 'second', storage=storage, use_sim_time=True)
    replay = Replay(graph, str(tmp_path / 'first'))
    graph.until(lambda: len(second.node._taps) == 2, 'the recorder')
    graph.until(lambda: all(publisher.get_subscription_count()
                            for _, publisher in replay.node._senders.values()), 'the listeners')
    replay.resume()
    second.until_received(6)
    again = second.finish()
    assert sorted(data_of(again)) == sorted(data_of(recorded))
    assert {one[:2] for one in again} == {one[:2] for one in recorded}
    # With use_sim_time the bag's time is that of the first bag, at the clock's resolution.
    assert abs(again[0][2] - recorded[0][2]) < 1e9


def test_topic_that_appears_later_is_recorded(graph, tmp_path) -> None:
    recording = Recording(graph, tmp_path / 'bag')
    recording.publisher('/words').publish(String(data='early'))
    recording.until_received(1)
    recording.publisher('/late/words').publish(String(data='late'))
    recording.until_received(2)
    assert [one[0] for one in recording.finish()] == ['/words', '/late/words']


def test_bag_time_is_the_time_of_reception(graph, tmp_path) -> None:
    recording = Recording(graph, tmp_path / 'bag')
    words = recording.publisher('/words')
    before_ns = graph.node.get_clock().now().nanoseconds
    words.publish(String(data='now'))
    recording.until_received(1)
    after_ns = graph.node.get_clock().now().nanoseconds
    ((_, _, stamp_ns, _),) = recording.finish()
    assert before_ns <= stamp_ns <= after_ns


def test_simulated_time_is_waited_for_and_recorded(graph, tmp_path) -> None:
    recording = Recording(graph, tmp_path / 'bag', use_sim_time=True)
    clock = graph.node.create_publisher(Clock, '/clock', 10)
    words = graph.node.create_publisher(String, '/words', 10)
    graph.until(clock.get_subscription_count, 'the listener to the clock')
    graph.spin_for(0.2)
    assert not words.get_subscription_count()
    clock.publish(Clock(clock=stamp_from(123_000_000_000)))
    recording.until_heard(words)
    words.publish(String(data='then'))
    recording.until_received(1)
    ((_, _, stamp_ns, _),) = recording.finish()
    assert stamp_ns == 123_000_000_000


# The graph may still know publishers of earlier tests, so each of these has a topic of its own.
@pytest.mark.parametrize('topic, profile, expected', [
    ('/words/of_sensors', sensor_qos(), ('BEST_EFFORT', 'VOLATILE')),
    ('/words/latched', latched_qos(), ('RELIABLE', 'TRANSIENT_LOCAL')),
    ('/words/plain', QoSProfile(depth=3), ('RELIABLE', 'VOLATILE'))])
def test_qos_of_the_publisher_is_matched_and_recorded(
        graph, tmp_path, topic, profile, expected) -> None:
    words = graph.node.create_publisher(String, topic, profile)
    if profile.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL:
        words.publish(String(data='from before the recorder came'))
    recording = Recording(graph, tmp_path / 'bag')
    recording.until_heard(words)
    if profile.durability == QoSDurabilityPolicy.VOLATILE:
        words.publish(String(data='live'))
    recording.until_received(1)
    assert len(recording.finish()) == 1
    with Bag(recording.path, Problems()) as bag:
        (recorded,) = bag.topics[topic].qos
    assert (recorded.reliability.name, recorded.durability.name) == expected


def test_publisher_that_offers_less_is_recorded_too(graph, tmp_path) -> None:
    recording = Recording(graph, tmp_path / 'bag')
    recording.publisher('/words/mixed').publish(String(data='reliable'))
    recording.until_received(1)
    tap = recording.node._taps['/words/mixed']
    assert tap.profile.reliability == QoSReliabilityPolicy.RELIABLE
    recording.publisher('/words/mixed', sensor_qos()).publish(String(data='best effort'))
    recording.until_received(2)
    assert len(recording.finish()) == 2


def test_only_what_is_wanted_is_recorded(graph, tmp_path) -> None:
    recording = Recording(graph, tmp_path / 'bag', all=True, topics=['/nothing'],
                          exclude=['/.*noise', '/rosout', '/parameter_events', '/diagnostics'])
    for topic in ('/words', '/noise', '/_hidden/words', '/loud/noise'):
        graph.node.create_publisher(String, topic, 10)
    recording.publisher('/more/words').publish(String(data='last'))
    recording.until_received(1)
    recorded = {topic for topic in recording.node._taps if topic.endswith(('words', 'noise'))}
    assert recorded == {'/words', '/more/words'}


def test_what_is_asked_is_recorded_with_the_latents_unless_topics_are_named(
        graph, tmp_path) -> None:
    recording = Recording(graph, tmp_path / 'bag', topics=RecordParameters().topics)
    vectors = recording.publisher('/question_vectors', latched_qos(), QuestionVector)
    vectors.publish(QuestionVector(question='clear?', vector=[0.5]))
    standing = recording.publisher('/standing_questions', latched_qos(), StandingQuestions)
    standing.publish(StandingQuestions(questions=[StandingQuestion(question='clear?')]))
    recording.until_received(2)
    assert [one[0] for one in recording.finish()] == ['/question_vectors', '/standing_questions']


def test_relative_names_are_those_of_the_namespace(graph, tmp_path) -> None:
    recording = Recording(graph, tmp_path / 'bag', namespace='/robot', topics=['words|numbers'])
    graph.node.create_publisher(String, '/words', 10)
    recording.publisher('/robot/words')
    assert set(recording.node._taps) == {'/robot/words'}


def test_existing_folder_is_not_touched(graph, tmp_path) -> None:
    (tmp_path / 'bag').mkdir()
    node = graph.add(RecordNode, bring_up=False, bag=str(tmp_path / 'bag'))
    node.bring_up()
    assert not node.active
    assert 'exists already' in node.last_error
    assert not list((tmp_path / 'bag').iterdir())


def test_name_is_filled_with_the_date(graph, tmp_path) -> None:
    node = graph.add(RecordNode, bag=str(tmp_path / 'drive_%Y'), min_free_mib=0)
    node.trigger_deactivate()
    (folder,) = tmp_path.iterdir()
    assert folder.name.removeprefix('drive_').isdigit()


def test_long_recording_goes_on_in_bags_that_explain_themselves(graph, tmp_path) -> None:
    recording = Recording(graph, tmp_path / 'bag', max_size_mib=1)
    mount = recording.publisher('/mount/words', latched_qos())
    mount.publish(String(data='mount'))
    words = recording.publisher('/words')
    recording.until_received(1)
    for count in range(6):
        words.publish(String(data=str(count) * 400_000))
        recording.until_received(count + 2)
    recording.node.trigger_deactivate()
    parts = sorted(one.name for one in tmp_path.iterdir())
    assert parts == ['bag', 'bag_1']
    for part, long_words in (('bag', 3), ('bag_1', 3)):
        messages = read_all(tmp_path / part)
        assert messages[0][0] == '/mount/words'
        assert [one[0] for one in messages[1:]] == ['/words'] * long_words


def test_full_disk_stops_the_recording_and_keeps_what_was_written(graph, tmp_path) -> None:
    recording = Recording(graph, tmp_path / 'bag', min_free_mib=10**9)
    words = recording.publisher('/words')
    words.publish(String(data='one'))
    graph.until(lambda: recording.node.last_error, 'the end of the recording')
    assert 'MiB are free' in recording.node.last_error
    assert str(tmp_path / 'bag') in recording.node.last_error
    assert recording.node.active
    graph.until(lambda: not words.get_subscription_count(), 'the end of the subscription')
    status = graph.diagnostics(recording.node)['bag']
    assert status.level == b'\2' and 'min_free_mib' in status.message
    assert (tmp_path / 'bag' / 'metadata.yaml').is_file()


def test_what_the_disk_cannot_take_in_time_is_dropped_and_counted(graph, tmp_path) -> None:
    recording = Recording(graph, tmp_path / 'bag', queue_mib=1)
    words = recording.publisher('/words')
    # Nothing is taken to the disk while the lock is held here.
    with recording.node._sink._condition:
        for _ in range(3):
            words.publish(String(data='x' * 500_000))
        recording.until_received(3)
    status = graph.diagnostics(recording.node)['bag']
    assert status.level == b'\1' and '1 messages dropped' in status.message
    assert len(recording.finish()) == 2
