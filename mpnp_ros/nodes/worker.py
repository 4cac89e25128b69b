# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One thread for one model: inference never runs on the executor's thread."""

from __future__ import annotations

import collections
from collections.abc import Callable
import threading
from typing import Generic, TypeVar

T = TypeVar('T')


class QueueFull(Exception):
    """The queue holds as much as it may; the item was not taken."""


class Worker(Generic[T]):
    """Run `work(item)` for each submitted item, in order, on one thread.

    With `newest_wins`, a full queue drops its oldest item to take a new one (sensor data);
    otherwise `submit` raises `QueueFull` (questions). An exception in `work` goes to `on_error`
    and the thread goes on.
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
        self._work = work
        self._on_error = on_error
        self._capacity = capacity
        self._newest_wins = newest_wins
        self._waiting: collections.deque[T] = collections.deque()
        self._condition = threading.Condition()
        self._closed = False
        self.dropped = 0
        self.busy = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

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
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)
        return left

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._waiting and not self._closed:
                    self._condition.wait()
                if self._closed:
                    return
                item = self._waiting.popleft()
                self.busy = True
            try:
                self._work(item)
            except Exception as error:  # the thread must outlive any one item
                self._on_error(item, error)
            finally:
                self.busy = False
