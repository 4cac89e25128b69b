# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Write what a recorder receives on a thread of its own, in one bag or in several."""

from __future__ import annotations

import collections
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
import shutil
import sqlite3
import threading
import time

from rosbags.interfaces import Qos
from rosbags.rosbag2 import WriterError
from rosbags.typesys.store import Typestore

from mpnp_ros.evaluation.bags.bag import BagMessage
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.suite.stamp import NS

_CHECK_S = 1.0          # between two looks at the free space,
_CHECK_BYTES = 2**20    # or after this much
_PATIENCE_S = 60.0      # for the disk to take what is still in memory
_FAILURES = (OSError, sqlite3.Error, WriterError, ValueError)


@dataclass(frozen=True)
class RecordedTopic:
    """A topic as a bag describes it.

    A new part of the bag begins with the newest `repeat` messages of it, which is 0 for what is
    not latched.
    """

    topic: str
    type: str
    qos: tuple[Qos, ...]
    repeat: int


@dataclass(frozen=True)
class Limits:
    """When to begin another part of a bag (0: never), and when to stop; bytes and seconds."""

    part_bytes: int
    part_s: float
    queue_bytes: int
    free_bytes: int


class DescribedBag(BagWriter):
    """A new bag whose topics carry the QoS of their publishers."""

    def describe(self, topic: str, type: str, qos: Sequence[Qos]) -> None:
        """Add a topic; its type must be in the typestore."""
        self._check_type(topic, type)
        self._connections[topic] = self._writer.add_connection(
            topic, type, typestore=self._typestore, offered_qos_profiles=qos)

    def commit(self) -> None:
        """Make what is written last: sqlite3 loses an open transaction with the process."""
        database = getattr(self._writer.storage, 'conn', None)
        if database is not None:
            database.commit()


class BagSink:
    """Take messages at once and write them in order.

    What the disk has not taken yet waits in memory, up to a limit; what comes on top of that is
    dropped and counted. A failure to write, such as a full disk, closes the bag with what it
    has; `failed` is then called with the reason, on the writing thread.

    Raises
    ------
    FileExistsError
        where the path exists.
    OSError
        where it cannot be created.

    """

    def __init__(
        self, path: Path, *, storage: str, compression: str, typestore: Typestore,
        limits: Limits, failed: Callable[[str], None],
    ) -> None:
        self.path = path
        self.parts = 0
        self.messages = self.written_bytes = self.dropped = 0
        self.error = ''
        self._create = lambda part: DescribedBag(
            part, storage=storage, compression=compression, typestore=typestore)
        self._limits, self._failed = limits, failed
        self.topics: dict[str, RecordedTopic] = {}
        self._newest: dict[str, collections.deque[BagMessage]] = {}
        self._bag: DescribedBag | None = None
        self._part_bytes = self._part_from_ns = self._checked_bytes = 0
        self._checked_s = 0.0
        self._condition = threading.Condition()
        self._waiting: collections.deque[RecordedTopic | BagMessage] = collections.deque()
        self._waiting_bytes = 0
        self._closed = False
        self._opened: Exception | None = None
        ready = threading.Event()
        # sqlite3 wants to be opened, written and closed on one thread.
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name='bag writer', daemon=True)
        self._thread.start()
        ready.wait()
        if self._opened is not None:
            raise self._opened

    @property
    def waiting_bytes(self) -> int:
        """Return how much is in memory."""
        return self._waiting_bytes

    def describe(self, topic: RecordedTopic) -> None:
        """Add a topic before its first message."""
        with self._condition:
            self._waiting.append(topic)
            self._condition.notify()

    def put(self, message: BagMessage) -> bool:
        """Take a message of a described topic; False where it had to be dropped."""
        with self._condition:
            full = self._waiting_bytes + len(message.data) > self._limits.queue_bytes
            if self.error or self._closed or (full and self._waiting_bytes):
                self.dropped += 1
                return False
            self._waiting.append(message)
            self._waiting_bytes += len(message.data)
            self._condition.notify()
        return True

    def close(self) -> None:
        """Write what waits and close the bag; raises TimeoutError where the disk hangs."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._thread.join(_PATIENCE_S)
        if self._thread.is_alive():
            raise TimeoutError(f'{self.path}: the disk has not taken the last '
                               f'{self._waiting_bytes} bytes within {_PATIENCE_S:.0f} s')

    # -- writer's thread ------------------------------------------------------------------

    def _run(self, ready: threading.Event) -> None:
        try:
            self._open_part()
        except _FAILURES as error:
            self._opened = error
            return
        finally:
            ready.set()
        try:
            while (item := self._next()) is not None:
                self._write(item)
            self._close_part()
        except Exception as error:   # whatever it is: a thread that just ended would tell nobody
            self._give_up(str(error) or type(error).__name__)

    def _next(self) -> RecordedTopic | BagMessage | None:
        """Wait for what is to be written next; None at the end."""
        with self._condition:
            while not self._waiting and not self._closed:
                self._condition.wait()
            if not self._waiting:
                return None
            item = self._waiting.popleft()
            if isinstance(item, BagMessage):
                self._waiting_bytes -= len(item.data)
            return item

    def _write(self, item: RecordedTopic | BagMessage) -> None:
        assert self._bag is not None
        if isinstance(item, RecordedTopic):
            self.topics[item.topic] = item
            self._newest[item.topic] = collections.deque(maxlen=item.repeat)
            self._bag.describe(item.topic, item.type, item.qos)
            return
        self._check_space()
        if self._part_is_full(item.stamp_ns):
            self._begin_part(item.stamp_ns)
        self._append(item)
        self._newest[item.topic].append(item)
        self.messages += 1
        self.written_bytes += len(item.data)

    def _append(self, message: BagMessage) -> None:
        assert self._bag is not None
        self._bag.write(message.topic, message.type, message.stamp_ns, message.data)
        self._part_from_ns = self._part_from_ns or message.stamp_ns
        self._part_bytes += len(message.data)

    def _part_is_full(self, stamp_ns: int) -> bool:
        limits = self._limits
        if not self._part_from_ns:
            return False
        return bool(
            (limits.part_bytes and self._part_bytes >= limits.part_bytes)
            or (limits.part_s and stamp_ns - self._part_from_ns >= limits.part_s * NS))

    def _begin_part(self, stamp_ns: int) -> None:
        """Go on in another bag, which explains itself: it begins with what was latched."""
        self._close_part()
        self._open_part()
        assert self._bag is not None
        for topic in self.topics.values():
            self._bag.describe(topic.topic, topic.type, topic.qos)
        for newest in self._newest.values():
            for message in newest:
                self._append(BagMessage(message.topic, message.type, stamp_ns, message.data))

    def _open_part(self) -> None:
        part = self.path if not self.parts else self.path.with_name(
            f'{self.path.name}_{self.parts}')
        self._bag = self._create(part)
        self._bag.__enter__()
        self.parts += 1
        self._part_bytes = self._part_from_ns = 0

    def _close_part(self) -> None:
        bag, self._bag = self._bag, None
        if bag is not None:
            bag.__exit__(None, None, None)

    def _check_space(self) -> None:
        now_s = time.monotonic()
        if (now_s < self._checked_s + _CHECK_S
                and self.written_bytes < self._checked_bytes + _CHECK_BYTES):
            return
        self._checked_s, self._checked_bytes = now_s, self.written_bytes
        assert self._bag is not None
        self._bag.commit()
        free = shutil.disk_usage(self.path.parent).free
        if free < self._limits.free_bytes:
            raise OSError(f'{free / 2**20:.0f} MiB are free, less than the '
                          f'{self._limits.free_bytes / 2**20:.0f} MiB to be left (parameter '
                          'min_free_mib)')

    def _give_up(self, reason: str) -> None:
        """Close the bag with what is in it; nothing more is taken."""
        with self._condition:
            self.error = reason
            self.dropped += sum(isinstance(one, BagMessage) for one in self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
        try:
            self._close_part()
        except _FAILURES as error:
            self.error += f'; its index could not be written: {error}'
        self._failed(self.error)
