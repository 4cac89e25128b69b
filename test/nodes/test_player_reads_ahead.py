# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The disk never stalls the player, and the clock never overtakes what has been read."""

from collections.abc import Iterator
from pathlib import Path
import threading

import pytest
from word_bags import at, write_words

from mpnp_ros.evaluation.bags.bag import Bag, BagMessage
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.nodes.player import Goal, Player
from mpnp_ros.nodes.read_ahead import ReadAhead


class SlowBag(Bag):
    """A bag on a disk that gives one message for every time `disk` is released."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Problems())
        self.disk = threading.Semaphore(0)
        self.given = 0

    def messages(self, *args, **kwargs) -> Iterator[BagMessage]:
        """Yield the messages as slowly as the disk is."""
        for message in super().messages(*args, **kwargs):
            self.disk.acquire()
            self.given += 1
            yield message


@pytest.fixture
def bag(tmp_path) -> Iterator[SlowBag]:
    """Return a slow bag of ten words, two at each step."""
    words = [('/words', step // 2, str(step)) for step in range(10)]
    with SlowBag(Path(write_words(tmp_path / 'bag', words))) as one:
        yield one
        one.disk.release(1000)


@pytest.fixture
def ahead(bag) -> Iterator[ReadAhead]:
    """Return a thread that reads at most four messages ahead."""
    one = ReadAhead(messages=4, max_bytes=2**20)
    yield one
    bag.disk.release(1000)
    one.close()


def player_of(bag: Bag, ahead: ReadAhead, sent: list[BagMessage]) -> Player:
    return Player(bag, ahead, sent.append, topics=['/words'], latched={}, start_ns=bag.start_ns,
                  end_ns=bag.end_ns, loop=False)


def wait_until_read(ahead: ReadAhead, messages: int, *, finished: bool = False) -> None:
    """Wait until the reading thread holds that many messages, and has come to the end."""
    with ahead._condition:
        assert ahead._condition.wait_for(
            lambda: len(ahead._read) == messages and ahead._finished == finished, 10.0)


def test_clock_waits_for_a_slow_disk_and_overtakes_no_message(bag, ahead) -> None:
    sent: list[BagMessage] = []
    player = player_of(bag, ahead, sent)
    reached = []
    player.pursue(Goal(lambda done, _: reached.append(done), until_ns=at(1)))
    player.advance(10.0, 1.0)
    assert player.now_ns == at(0) and not sent
    # Two words stand at each step: only what comes after them tells that none is missing.
    for read, clock_ns, published in (
            (1, at(0), 1), (2, at(0), 2), (3, at(1) - 1, 2), (4, at(1) - 1, 2), (5, at(1), 4)):
        bag.disk.release()
        wait_until_read(ahead, read - len(sent))
        player.advance(10.0, 1.0)
        assert (player.now_ns, len(sent), bool(reached)) == (clock_ns, published, read == 5)
    assert player.paused and player.stalled_s > 0


def test_time_that_is_reached_already_waits_for_its_messages(bag, ahead) -> None:
    sent: list[BagMessage] = []
    player = player_of(bag, ahead, sent)
    reached = []
    player.pursue(Goal(lambda done, _: reached.append(done), until_ns=at(0)))
    for read in (1, 2, 3):
        player.advance(1.0, 1.0)
        assert not reached
        bag.disk.release()
        wait_until_read(ahead, read - len(sent))
    player.advance(1.0, 1.0)
    assert reached == [True] and len(sent) == 2


def test_no_more_is_read_than_is_to_be_held(bag, ahead) -> None:
    sent: list[BagMessage] = []
    player = player_of(bag, ahead, sent)
    bag.disk.release(1000)
    wait_until_read(ahead, 4)
    player.advance(0.01, 1.0)
    assert len(sent) == 2
    wait_until_read(ahead, 4)
    assert bag.given <= 7   # those sent, those held and the one in hand


def test_going_elsewhere_forgets_what_was_read(bag, ahead) -> None:
    sent: list[BagMessage] = []
    player = player_of(bag, ahead, sent)
    bag.disk.release(1000)
    wait_until_read(ahead, 4)
    player.go_to(at(3))
    assert ahead.first() is None
    wait_until_read(ahead, 4, finished=True)
    player.advance(0.2, 1.0)
    assert [message.stamp_ns for message in sent] == [at(3), at(3), at(4), at(4)]
    assert player.ended


@pytest.mark.parametrize('rate, messages', [(0.5, 2), (1.0, 4), (3.0, 8)])
def test_rate_is_bag_seconds_per_second(bag, rate, messages) -> None:
    ahead = ReadAhead(messages=100, max_bytes=2**20)
    sent: list[BagMessage] = []
    player = player_of(bag, ahead, sent)
    bag.disk.release(1000)
    wait_until_read(ahead, 10, finished=True)
    player.advance(0.1, rate)
    ahead.close()
    assert player.now_ns == at(rate)
    assert len(sent) == messages
