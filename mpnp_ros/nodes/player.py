# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The place in a bag that is being played: what is due, when to hold, where to go on."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
import itertools
import math

from mpnp_ros.evaluation.bags.bag import Bag, BagMessage
from mpnp_ros.nodes.read_ahead import ReadAhead
from mpnp_ros.suite.stamp import NS

_BURST_AT_ONCE = 100   # messages, so that a burst leaves the caller's thread time for others


@dataclass
class Goal:
    """What a caller waits for: a time of the bag to hold at, or a number of messages.

    `finish` is called once, with whether the goal was reached and why not.
    """

    finish: Callable[[bool, str], None]
    until_ns: int | None = None
    messages: int = 0
    published: int = 0


class Player:
    """Publish the messages of a bag when they are due on the bag's clock.

    The clock never passes what has been read: a slow disk stretches the time, no message is
    overtaken by it. `latched` gives for each latched topic how many messages a late subscriber
    gets; wherever playing begins, those from before are published first, also while paused.
    One thread calls, and `advance` does the work.
    """

    def __init__(
        self, bag: Bag, ahead: ReadAhead, publish: Callable[[BagMessage], None], *,
        topics: list[str], latched: Mapping[str, int], start_ns: int, end_ns: int, loop: bool,
    ) -> None:
        self._bag, self._ahead, self._publish = bag, ahead, publish
        self._topics, self._latched = topics, latched
        self.start_ns, self.end_ns = start_ns, end_ns
        self._loop = loop
        self._goal: Goal | None = None
        self._from_ns = self.now_ns = start_ns
        self._round = 0
        self.paused = self.ended = False
        self.published = 0
        self.jumped = False
        """The clock stands where no running clock would have come to; the caller resets this."""
        self.stalled_s = 0.0
        """Time in which the clock waited for the disk."""
        self.go_to(start_ns)

    def go_to(self, time_ns: int) -> None:
        """Go on at another time of the bag."""
        self._from_ns = self.now_ns = time_ns
        self.ended, self.jumped, self._round = False, True, 0
        self._ahead.begin(lambda: self._messages_from(time_ns))

    def pursue(self, goal: Goal) -> None:
        """Play until the goal is reached."""
        self.drop_goal('another request has taken its place')
        self._goal = goal
        if goal.until_ns is not None:
            self.paused = False

    def drop_goal(self, reason: str) -> None:
        """Give the goal up, if there is one."""
        goal, self._goal = self._goal, None
        if goal is not None:
            goal.finish(False, f'{reason} at {self.now_ns} ns')

    def advance(self, elapsed_s: float, rate: float) -> None:
        """Let time pass and publish what has become due."""
        self._publish_latched()
        goal = self._goal
        if goal is not None and goal.until_ns is None:
            self._burst(goal)
        until_ns = None if self._goal is None else self._goal.until_ns
        if self.paused or (self.ended and until_ns is None and not self._loops):
            return
        wanted_ns = self.now_ns + round(elapsed_s * rate * NS)
        if until_ns is not None:
            wanted_ns = min(wanted_ns, until_ns)
        horizon_ns = self._ahead.horizon_ns
        now_ns = wanted_ns
        if horizon_ns is not None:
            # Others with the latest stamp may follow, so that one does not count yet.
            now_ns = min(wanted_ns, max(self.now_ns, horizon_ns - 1))
        self.stalled_s += (wanted_ns - now_ns) / NS / rate
        while (message := self._ahead.first()) is not None and message.stamp_ns <= now_ns:
            self._publish_next()
        self.now_ns = now_ns
        if self._ahead.finished:
            if self._loops and until_ns is None:
                self.go_to(self.start_ns)
                return
            self.ended = True
        if now_ns == until_ns and (horizon_ns is None or horizon_ns > now_ns):
            self.paused = self.jumped = True
            self._reach()

    def due_in_s(self, rate: float) -> float:
        """Return how long nothing is to be done, s; infinite where only a call changes that."""
        goal = self._goal
        if goal is not None and goal.until_ns is None:
            return 0.0
        times = []
        message = self._ahead.first()
        if message is not None and message.stamp_ns < self._from_ns:
            return 0.0
        if message is not None and not self.paused:
            times.append(message.stamp_ns)
        if goal is not None and goal.until_ns is not None:
            times.append(goal.until_ns)
        return max(0.0, (min(times) - self.now_ns) / NS / rate) if times else math.inf

    @property
    def _loops(self) -> bool:
        """Tell whether the end is followed by the start; not where a whole round was empty."""
        return self._loop and (self._round > 0 or self._from_ns != self.start_ns)

    def _publish_latched(self) -> None:
        while (message := self._ahead.first()) is not None and message.stamp_ns < self._from_ns:
            self._publish(self._ahead.take())
            self.published += 1

    def _publish_next(self) -> None:
        self._publish(self._ahead.take())
        self.published += 1
        self._round += 1

    def _burst(self, goal: Goal) -> None:
        for _ in range(_BURST_AT_ONCE):
            message = self._ahead.first()
            if message is None:
                break
            self._publish_next()
            goal.published += 1
            self.now_ns, self.jumped = max(self.now_ns, message.stamp_ns), True
            if goal.published == goal.messages:
                break
        if self._ahead.finished:
            self.ended = True
        # Without a number all are wanted: none yet is not the goal.
        if goal.messages and goal.published == goal.messages:
            self._reach()
        elif self.ended:
            self._reach() if not goal.messages else self.drop_goal('the bag has ended')

    def _reach(self) -> None:
        goal, self._goal = self._goal, None
        if goal is not None:
            goal.finish(True, '')

    def _messages_from(self, time_ns: int) -> Iterator[BagMessage]:
        yield from self._latched_before(time_ns)
        yield from self._bag.messages(self._topics, time_ns, self.end_ns)

    def _latched_before(self, time_ns: int) -> list[BagMessage]:
        """Return what a late subscriber to the latched topics had to learn at a time."""
        if not self._latched or time_ns <= self._bag.start_ns:
            return []
        newest = {topic: collections.deque[BagMessage](maxlen=depth)
                  for topic, depth in self._latched.items()}
        for message in self._bag.messages(list(self._latched), None, time_ns - 1):
            newest[message.topic].append(message)
        return sorted(itertools.chain(*newest.values()), key=lambda one: one.stamp_ns)
