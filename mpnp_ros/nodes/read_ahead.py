# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read a bag on a thread of its own, so that the disk never stalls the player."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
import threading

from mpnp_ros.evaluation.bags.bag import BagMessage


class ReadAhead:
    """Hold the next messages of a bag in memory: some of them, and not too many bytes.

    `begin` starts at another place: what was read is forgotten at once, and the thread turns to
    the new messages as soon as it has the one in hand.
    """

    def __init__(self, *, messages: int, max_bytes: int) -> None:
        self._most, self._most_bytes = messages, max_bytes
        self._condition = threading.Condition()
        self._read: collections.deque[BagMessage] = collections.deque()
        self._bytes = 0
        self._asked: Callable[[], Iterator[BagMessage]] | None = None
        self._pass = 0
        self._closed = False
        self._finished = True
        self._error: Exception | None = None
        self._horizon_ns = 0
        self._thread = threading.Thread(target=self._run, name='read ahead', daemon=True)
        self._thread.start()

    def begin(self, messages: Callable[[], Iterator[BagMessage]]) -> None:
        """Read these messages, which `messages()` gives on the reading thread, from now on."""
        with self._condition:
            self._pass += 1
            self._asked = messages
            self._read.clear()
            self._bytes, self._horizon_ns = 0, 0
            self._finished, self._error = False, None
            self._condition.notify_all()

    def first(self) -> BagMessage | None:
        """Return the next message without taking it; None where none has been read."""
        return self._read[0] if self._read else None

    def take(self) -> BagMessage:
        """Take the next message."""
        with self._condition:
            message = self._read.popleft()
            self._bytes -= len(message.data)
            self._condition.notify_all()
        return message

    @property
    def finished(self) -> bool:
        """Tell whether there is nothing left to read and nothing left to take."""
        with self._condition:
            return self._finished and not self._read

    @property
    def horizon_ns(self) -> int | None:
        """Return the latest stamp read so far; None where all is read.

        A clock that does not pass it has overtaken no message.
        """
        with self._condition:
            return None if self._finished else self._horizon_ns

    @property
    def error(self) -> Exception | None:
        """Return what ended the reading before its time."""
        return self._error

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop the thread; it ends with the message in hand."""
        with self._condition:
            self._closed = True
            self._pass += 1
            self._condition.notify_all()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._condition:
                while self._asked is None and not self._closed:
                    self._condition.wait()
                if self._closed or self._asked is None:
                    return
                messages, self._asked, number = self._asked, None, self._pass
            error: Exception | None = None
            try:
                for message in messages():
                    if not self._put(message, number):
                        break
            except Exception as caught:   # what the bag's storage raises when it is damaged
                error = caught
            with self._condition:
                if self._pass == number:
                    self._finished, self._error = True, error
                    self._condition.notify_all()

    def _put(self, message: BagMessage, number: int) -> bool:
        """Keep a message once there is room; False where other messages are asked for."""
        with self._condition:
            while self._pass == number and self._read and (
                    len(self._read) >= self._most
                    or self._bytes + len(message.data) > self._most_bytes):
                self._condition.wait()
            if self._pass != number:
                return False
            self._read.append(message)
            self._bytes += len(message.data)
            self._horizon_ns = max(self._horizon_ns, message.stamp_ns)
            self._condition.notify_all()
            return True
