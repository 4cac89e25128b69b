# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The newest item is worked off on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Generic, TypeVar

from mpnp_ros.nodes.inference_thread import InferenceThread

T = TypeVar('T')


class Worker(Generic[T]):
    """Run `work(item)` for submitted items on one thread, always for the newest one.

    One item waits: a newer one takes its place and is counted in `dropped`. An exception in
    `work` goes to `on_error` and the thread goes on.
    """

    def __init__(self, work: Callable[[T], None], *, name: str,
                 on_error: Callable[[T, Exception], None]) -> None:
        self._waiting: list[T] = []    # at most one
        self._condition = threading.Condition()
        self._closed = False
        self.dropped = 0
        self._thread = InferenceThread(self._take, work, name=name, on_error=on_error)

    def submit(self, item: T) -> None:
        """Hand an item over; a worker that has been closed does not take it."""
        with self._condition:
            if self._closed:
                return
            self.dropped += len(self._waiting)
            self._waiting = [item]
            self._condition.notify()

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop after the item in work; what waits is dropped."""
        with self._condition:
            self._closed = True
            self._waiting = []
            self._condition.notify()
        self._thread.join(timeout_s)

    def _take(self) -> T | None:
        with self._condition:
            while not self._waiting and not self._closed:
                self._condition.wait()
            return None if self._closed else self._waiting.pop()
