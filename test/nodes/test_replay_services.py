# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A replay is held, stepped, sped up and sent elsewhere through its services."""

import pytest
from std_msgs.msg import String
from word_bags import at, Replay, START_NS, write_words

from mpnp_ros.msg import ReplayState
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.nodes.replay_node import ReplayNode
from mpnp_ros.nodes.stamps import stamp_from
from mpnp_ros.srv import Burst, IsPaused, PlayUntil, Seek, SetRate

WORDS = [('/words', step, f'word {step}') for step in range(6)]


@pytest.fixture
def replay(graph, tmp_path) -> Replay:
    """Return a paused replay of six words, 100 ms apart."""
    return Replay(graph, write_words(tmp_path / 'bag', WORDS), {'/words': String})


def spoken(count: int) -> list[str]:
    return [word for _, _, word in WORDS[:count]]


def test_play_until_publishes_what_was_recorded_by_then_and_holds_there(graph, replay) -> None:
    reply = replay.call('play_until', PlayUntil, time=stamp_from(at(2)))
    assert reply.success, reply.message
    graph.until(lambda: len(replay.words('/words')) == 3, 'the words')
    replay.until_time(at(2))
    assert replay.call('is_paused', IsPaused).paused
    graph.spin_for(0.2)
    assert replay.words('/words') == spoken(3)
    assert replay.times[-1] == at(2)
    assert max(replay.times) == at(2)


def test_play_until_goes_on_from_one_time_to_the_next(graph, replay) -> None:
    for step in (0, 0, 1.5, 3):
        reply = replay.call('play_until', PlayUntil, time=stamp_from(at(step)))
        assert reply.success, reply.message
        replay.until_time(at(step))
        replay.until_heard('/words', spoken(int(step) + 1))


def test_other_services_answer_while_play_until_waits(graph, replay) -> None:
    client = replay.call_later('play_until', PlayUntil)
    waiting = client.call_async(PlayUntil.Request(time=stamp_from(at(10_000))))
    graph.until(lambda: replay.words('/words'), 'the first word')
    assert not replay.call('is_paused', IsPaused).paused
    assert not waiting.done()
    assert replay.call('pause').success
    reply = graph.until(lambda: waiting.done() and waiting.result(), 'the reply')
    assert not reply.success
    assert 'paused at' in reply.message


def test_play_until_after_the_last_message_lets_the_clock_run_on(graph, replay) -> None:
    reply = replay.call('play_until', PlayUntil, time=stamp_from(at(7)))
    assert reply.success, reply.message
    replay.until_time(at(7))
    assert replay.node._player.ended
    assert replay.words('/words') == spoken(6)


def test_play_until_refuses_what_has_passed(replay) -> None:
    replay.call('play_until', PlayUntil, time=stamp_from(at(2)))
    reply = replay.call('play_until', PlayUntil, time=stamp_from(at(1)))
    assert not reply.success
    assert str(at(1)) in reply.message and 'seek' in reply.message


def test_play_next_publishes_one_message_and_sets_the_clock_to_it(graph, replay) -> None:
    for count in (1, 2):
        assert replay.call('play_next').success
        replay.until_heard('/words', spoken(count))
        replay.until_time(at(count - 1))


def test_play_next_is_refused_while_playing(replay) -> None:
    replay.resume()
    reply = replay.call('play_next')
    assert not reply.success and 'paused' in reply.message


@pytest.mark.parametrize('asked, sent', [(4, 4), (0, 6), (100, 6)])
def test_burst_publishes_messages_at_once(graph, replay, asked, sent) -> None:
    reply = replay.call('burst', Burst, num_messages=asked)
    assert reply.actually_burst == sent
    assert bool(reply.message) == (asked > sent)
    replay.until_heard('/words', spoken(sent))
    assert replay.call('is_paused', IsPaused).paused
    assert replay.node._player.ended == (sent == 6)


def test_seek_goes_back_with_the_clock(graph, replay) -> None:
    replay.call('play_until', PlayUntil, time=stamp_from(at(4)))
    replay.until_time(at(4))
    replay.heard['/words'].clear()
    assert replay.call('seek', Seek, time=stamp_from(at(1.5))).success
    replay.until_time(at(1.5))
    replay.resume()
    replay.until_ended()
    replay.until_heard('/words', spoken(6)[2:])


def test_seek_outside_of_the_bag_changes_nothing(replay) -> None:
    reply = replay.call('seek', Seek, time=stamp_from(START_NS - 1))
    assert not reply.success
    assert str(START_NS) in reply.message
    assert replay.node._player.now_ns == START_NS


def test_rate_is_set_within_its_range(replay) -> None:
    assert replay.call('set_rate', SetRate, rate=50.0).success
    assert replay.node.parameters.rate == 50.0
    reply = replay.call('set_rate', SetRate, rate=-1.0)
    assert not reply.success and 'rate' in reply.message
    assert replay.node.parameters.rate == 50.0


def test_toggle_changes_between_paused_and_playing(replay) -> None:
    assert replay.call('toggle_paused').success
    assert not replay.call('is_paused', IsPaused).paused
    assert replay.call('toggle_paused').success
    assert replay.call('is_paused', IsPaused).paused


def test_a_latched_state_tells_the_end_of_the_bag(graph, replay) -> None:
    replay.resume()
    replay.until_ended()
    states = graph.collect(ReplayState, '/replay/state', latched_qos())
    graph.until(lambda: states and states[-1].ended, 'the state')
    assert not states[-1].paused
    assert states[-1].published == 6
    assert (states[-1].start, states[-1].end) == (stamp_from(at(0)), stamp_from(at(5)))
    assert graph.diagnostics(replay.node)['bag'].message == 'ended'


def test_inactive_replay_refuses_in_words(graph, tmp_path) -> None:
    node = graph.add(ReplayNode, bring_up=False, bag=write_words(tmp_path / 'bag', WORDS))
    node.trigger_configure()
    client = graph.node.create_client(PlayUntil, '/replay/play_until')
    reply = graph.call(client, PlayUntil.Request(time=stamp_from(at(1))))
    assert not reply.success and 'not active' in reply.message
