# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Let one thread prepare what another works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import queue
import threading
from typing import Generic, TypeVar

Item = TypeVar('Item')


class _End:
    """The last thing in the queue; `error` is what ended the producer, if anything did."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Prefetch(Generic[Item]):
    """Run an iterator on a thread of its own, at most `ahead` items in front of the consumer.

    A context manager: leaving it stops the thread. An error of the producer is raised where the
    item would have come. `begin` runs first on the new thread.
    """

    def __init__(self, items: Iterator[Item], ahead: int,
                 begin: Callable[[], None] = lambda: None) -> None:
        self._items, self._begin = items, begin
        self._queue: queue.Queue[Item | _End] = queue.Queue(maxsize=ahead)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._produce, name='prefetch', daemon=True)

    def __enter__(self) -> Iterator[Item]:
        self._thread.start()
        return self._consume()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        while self._thread.is_alive():
            try:
                self._queue.get(timeout=0.05)
            except queue.Empty:
                pass
        self._thread.join()

    def _produce(self) -> None:
        error: BaseException | None = None
        try:
            self._begin()
            for item in self._items:
                if self._stopping.is_set():
                    return
                self._queue.put(item)
        except BaseException as caught:
            error = caught
        self._queue.put(_End(error))

    def _consume(self) -> Iterator[Item]:
        while True:
            item = self._queue.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
