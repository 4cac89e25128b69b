# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One thread for one model: inference never runs on the executor's thread."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Generic, TypeVar

T = TypeVar('T')


class InferenceThread(Generic[T]):
    """Run `work(item)` for what `take()` returns, until it returns None.

    `take` may block. An exception in `work` goes to `on_error` and the thread goes on.
    """

    def __init__(self, take: Callable[[], T | None], work: Callable[[T], None], *, name: str,
                 on_error: Callable[[T, Exception], None]) -> None:
        self._take, self._work, self._on_error = take, work, on_error
        self.busy = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait until the thread has ended; on the thread itself return at once."""
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while (item := self._take()) is not None:
            self.busy = True
            try:
                self._work(item)
            except Exception as error:  # the thread must outlive any one item
                self._on_error(item, error)
            finally:
                self.busy = False
