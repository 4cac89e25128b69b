# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Items that are worked off on a thread of their own, in the order in which they came."""

from __future__ import annotations

import collections
from collections.abc import Callable
import threading
from typing import Generic, TypeVar

from mpnp_ros.nodes.inference_thread import InferenceThread

T = TypeVar('T')


class QueueFull(Exception):
    """The queue holds as much as it may; the item was not taken."""


class Worker(Generic[T]):
    """Run `work(item)` for each submitted item, in order, on one thread.

    With `newest_wins`, a full queue drops its oldest item to take a new one (sensor data);
    otherwise `submit` raises `QueueFull`. An exception in `work` goes to `on_error` and the
    thread goes on.
    """

    def __init__(
        self,
        work: Callable[[T], None],
        *,
        name: str,
        on_error: Callable[[T, Exception], None],
        capacity: int = 1,
        newest_wins: bool = False,
    ) -> None:
        self._capacity = capacity
        self._newest_wins = newest_wins
        self._waiting: collections.deque[T] = collections.deque()
        self._condition = threading.Condition()
        self._closed = False
        self.dropped = 0
        self._thread = InferenceThread(self._take, work, name=name, on_error=on_error)

    def submit(self, item: T) -> None:
        """Hand an item over; raises `QueueFull` unless the newest wins."""
        with self._condition:
            if self._closed:
                raise QueueFull('the worker has been closed')
            if len(self._waiting) >= self._capacity:
                if not self._newest_wins:
                    raise QueueFull(f'{len(self._waiting)} items are waiting already')
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(item)
            self._condition.notify()

    @property
    def busy(self) -> bool:
        """Tell whether an item is in work."""
        return self._thread.busy

    @property
    def waiting(self) -> int:
        """Return how many items wait, the one in work not counted."""
        return len(self._waiting)

    def close(self, timeout_s: float = 10.0) -> list[T]:
        """Stop after the item in work and return those that were still waiting."""
        with self._condition:
            self._closed = True
            left = list(self._waiting)
            self._waiting.clear()
            self._condition.notify()
        self._thread.join(timeout_s)
        return left

    def _take(self) -> T | None:
        with self._condition:
            while not self._waiting and not self._closed:
                self._condition.wait()
            return None if self._closed else self._waiting.popleft()
