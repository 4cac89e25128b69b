# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A part of a bag is played, with what was latched before it."""

from std_msgs.msg import String
from word_bags import at, qos, Replay, write_words

from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.nodes.replay_node import ReplayNode
from mpnp_ros.nodes.stamps import stamp_from
from mpnp_ros.srv import Seek

LATCHED = {'/mount': [qos(latched=True)]}


def test_start_and_duration_cut_a_part_out(graph, tmp_path) -> None:
    bag = write_words(tmp_path / 'bag', [('/words', step, str(step)) for step in range(8)])
    replay = Replay(graph, bag, {'/words': String}, start_s=0.15, duration_s=0.35, rate=2.0)
    assert replay.times[-1] == at(1.5)
    replay.resume()
    replay.until_ended()
    replay.until_heard('/words', ['2', '3', '4', '5'])


def test_start_behind_the_end_is_named(graph, tmp_path) -> None:
    bag = write_words(tmp_path / 'bag', [('/words', 0, 'one'), ('/words', 1, 'two')])
    node = graph.add(ReplayNode, bring_up=False, bag=bag, start_s=5.0)
    node.bring_up()
    assert not node.active
    assert 'start_s' in node.last_error and '0.100 s' in node.last_error


def test_latched_messages_from_before_the_start_reach_late_listeners(graph, tmp_path) -> None:
    bag = write_words(tmp_path / 'bag', [
        ('/mount', 0, 'old'), ('/words', 0, 'too early'), ('/mount', 1, 'new'),
        ('/words', 4, 'four')], profiles=LATCHED)
    replay = Replay(graph, bag, {'/words': String}, start_s=0.3)
    graph.until(lambda: replay.node._player.published == 2, 'the latched messages')
    late = graph.collect(String, '/mount', latched_qos(depth=10))
    graph.until(lambda: len(late) == 2, 'the late listener')
    assert [word.data for word in late] == ['old', 'new']
    assert not replay.words('/words')
    replay.resume()
    replay.until_heard('/words', ['four'])


def test_seeking_back_latches_again_what_counted_then(graph, tmp_path) -> None:
    bag = write_words(tmp_path / 'bag', [
        ('/mount', 0, 'first'), ('/words', 1, 'one'), ('/mount', 2, 'second'),
        ('/words', 3, 'three')], profiles=LATCHED)
    replay = Replay(graph, bag, rate=10.0)
    replay.resume()
    replay.until_ended()
    assert replay.call('pause').success
    assert replay.call('seek', Seek, time=stamp_from(at(1))).success
    graph.until(lambda: replay.node._player.published == 5, 'the latched message')
    late = graph.collect(String, '/mount', latched_qos(depth=1))
    graph.until(lambda: late, 'the late listener')
    assert [word.data for word in late] == ['first']


def test_every_static_transform_of_a_long_bag_is_kept(graph, tmp_path) -> None:
    """Several broadcasters latch one message each, and each of them counts."""
    words = [('/tf_static', 0, f'transform {index}') for index in range(40)]
    bag = write_words(tmp_path / 'bag', [*words, ('/words', 5, 'end')],
                      profiles={'/tf_static': [qos(latched=True)]})
    replay = Replay(graph, bag, start_s=0.3)
    graph.until(lambda: replay.node._player.published == 40, 'the transforms')
    late = graph.collect(String, '/tf_static', latched_qos(depth=100))
    graph.until(lambda: len(late) == 40, 'all transforms')


def test_loop_repeats_the_part(graph, tmp_path) -> None:
    bag = write_words(tmp_path / 'bag', [('/words', step, str(step)) for step in range(6)])
    replay = Replay(graph, bag, {'/words': String}, loop=True, start_s=0.2, duration_s=0.1)

    def jumps() -> list[int]:
        return [after for before, after in zip(replay.times, replay.times[1:]) if after < before]

    replay.resume()
    graph.until(lambda: len(replay.words('/words')) >= 5 and jumps(), 'the third round')
    assert replay.words('/words')[:5] == ['2', '3', '2', '3', '2']
    assert all(after == at(2) for after in jumps())
