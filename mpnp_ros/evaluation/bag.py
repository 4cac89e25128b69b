# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A recording, read in order and in constant memory, whatever format it has."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from rosbags.interfaces import Qos
from rosbags.rosbag2 import Reader, ReaderError
from rosbags.serde import SerdeError

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.typestore import typestore

_SUFFIXES = ('.mcap', '.db3', '.bag')


class BagError(ValueError):
    """Nothing of a bag can be used; names the path and the cause."""


class MessageError(ValueError):
    """A message cannot be decoded: topic and cause in words, and its stamp."""

    def __init__(self, cause: str, stamp_ns: int) -> None:
        super().__init__(cause)
        self.stamp_ns = stamp_ns


@dataclass(frozen=True)
class TopicInfo:
    """A topic of a bag; 0 messages where they were not counted, no QoS for ROS 1."""

    topic: str
    type: str
    messages: int
    qos: tuple[Qos, ...]


@dataclass(frozen=True)
class BagMessage:
    """A serialised message (CDR) with the time of its reception."""

    topic: str
    type: str
    stamp_ns: int
    data: bytes | memoryview


class Bag:
    """A recording: rosbag2 (mcap, sqlite3) or ROS 1."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self.path = Path(path)
        self.name = self.path.stem if self.path.is_file() else self.path.name
        self._problems = problems
        try:
            self._reader = Reader(self.path)
            self._reader.open()
        except (ReaderError, OSError) as error:
            raise BagError(f'{path}: {error}') from error
        self.message_count = self._reader.message_count
        if not self.message_count:
            raise BagError(f'{path}: the bag holds no messages')
        self.start_ns = self._reader.start_time
        self.end_ns = self._reader.end_time - 1
        self.topics = {
            topic: TopicInfo(topic, info.msgtype or '', info.msgcount, tuple(
                qos for one in info.connections for qos in getattr(one.ext, 'offered_qos_profiles', ())))
            for topic, info in self._reader.topics.items()}

    def __enter__(self) -> Bag:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        if self._reader.is_open:
            self._reader.close()

    def messages(
        self, topics: Collection[str] | None = None, start_ns: int | None = None,
        end_ns: int | None = None,
    ) -> Iterator[BagMessage]:
        """Yield messages in the order of their stamps; both ends belong to the range."""
        connections = [one for one in self._reader.connections
                       if topics is None or one.topic in topics]
        if not connections:
            return
        for connection, stamp_ns, data in self._reader.messages(
                connections, start_ns, None if end_ns is None else end_ns + 1):
            yield BagMessage(connection.topic, connection.msgtype, stamp_ns, data)

    def decode(self, message: BagMessage) -> Any:
        """Return the message's fields; raises MessageError."""
        try:
            return typestore().deserialize_cdr(message.data, message.type)
        except KeyError as error:
            raise MessageError(f'{message.topic}: no definition of {message.type}',
                               message.stamp_ns) from error
        except SerdeError as error:
            raise MessageError(f'{message.topic}: {error}', message.stamp_ns) from error


def find_bags(path: Path) -> list[Path]:
    """Return the bag at a path, or those in the folder, sorted; raises BagError where none is."""
    path = Path(path)
    if not path.exists():
        raise BagError(f'{path}: no such file or folder')
    if path.is_file() or (path / 'metadata.yaml').is_file():
        return [path]
    found = sorted(child for child in path.iterdir()
                   if child.suffix in _SUFFIXES or (child / 'metadata.yaml').is_file())
    if not found:
        raise BagError(f'{path}: no bag in this folder')
    return found
