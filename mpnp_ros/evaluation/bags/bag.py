# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A recording, read in order and in constant memory, whatever its format and state."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
import functools
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from mpnp_ros.evaluation.bags.bag_compression import Damaged, decompress, ZSTD_MAGIC
from mpnp_ros.evaluation.bags.bag_file import BagFile
from mpnp_ros.evaluation.bags.bag_folder import files_of, find_bags, plain_name
from mpnp_ros.evaluation.bags.bag_message import BagError, BagMessage, MessageError, TopicInfo
from mpnp_ros.evaluation.bags.bag_order import in_order
from mpnp_ros.evaluation.bags.bag_plugin import PluginStorage
from mpnp_ros.evaluation.bags.bag_storage import CDR, Channel, Raw, ROS1, Storage
from mpnp_ros.evaluation.bags.bag_types import BagTypes
from mpnp_ros.evaluation.bags.bag_unpack import needs_unpacking, unpack
from mpnp_ros.evaluation.problem import Problem, Problems

__all__ = ['Bag', 'BagError', 'BagMessage', 'find_bags', 'MessageError', 'TopicInfo']

_SERVICE_EVENT = '/_service_event'
_EVER = (-2**63, 2**63 - 2)


class Bag:
    """A recording: rosbag2 (mcap, sqlite3; split; compressed) or ROS 1.

    What is damaged, missing or not understood is noted in `problems`, and the rest is read.

    :ivar name: the name of the folder or file, without suffix.
    :ivar start_ns: stamp of the first message; `end_ns` is that of the last.
    :ivar topics: those that can be read; a topic whose type is not known is among them.
    """

    def __init__(self, path: Path | str, problems: Problems) -> None:
        """Open a bag; raises BagError where nothing in it can be used."""
        self.path = Path(path)
        self.name = Path(plain_name(self.path)).stem if self.path.is_file() else self.path.name
        self._problems = problems
        self._stack = ExitStack()
        try:
            self._files = self._open()
            channels = [one for file in self._files for one in file.channels]
            self.topics = self._usable(channels)
        except BaseException:
            self.close()
            raise
        self.message_count = sum(topic.messages for topic in self.topics.values())
        filled = [file for file in self._files if file.start_ns <= file.end_ns]
        self.start_ns = min(file.start_ns for file in filled)
        self.end_ns = max(file.end_ns for file in filled)
        self._types = BagTypes(channel for channel, _ in channels)
        for topic in self.topics.values():
            if not self._types.known(topic.type) and not topic.topic.endswith(_SERVICE_EVENT):
                self._note(f'{topic.topic}: no definition of {topic.type}, its messages cannot '
                           'be decoded', '')

    def __enter__(self) -> Bag:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was unpacked."""
        self._stack.close()

    def messages(
        self, topics: Collection[str] | None = None, start_ns: int | None = None,
        end_ns: int | None = None,
    ) -> Iterator[BagMessage]:
        """Yield the messages of some or all topics in the order of their stamps.

        Both `start_ns` and `end_ns` belong to what is read. What of a message cannot be unpacked
        is noted, and the message left out.
        """
        wanted = self.topics.keys() if topics is None else self.topics.keys() & set(topics)
        first_ns = _EVER[0] if start_ns is None else start_ns
        last_ns = _EVER[1] if end_ns is None else end_ns
        sources = [
            (file.start_ns, functools.partial(file.messages, wanted, first_ns, last_ns))
            for file in self._files if file.start_ns <= last_ns and file.end_ns >= first_ns]
        for raw in in_order(sources):
            message = self._unpack(raw)
            if message is not None:
                yield message

    def decode(self, message: BagMessage) -> Any:
        """Return an object with the message's fields; raises MessageError."""
        try:
            return self._types.decode(message.type, message.data)
        except ValueError as error:
            raise MessageError(f'{message.topic}: {error}', message.stamp_ns) from error

    def _open(self) -> list[Storage]:
        """Open the files; raises BagError where none can be."""
        given = files_of(self.path, self._note)
        if given.metadata:
            return [self._open_plugin(given.metadata)]
        opened: list[Storage] = []
        refused: list[tuple[str, str]] = []
        for path in given.paths:
            try:
                opened.append(BagFile(self._unpacked(path), self._note))
            except (ValueError, OSError) as error:
                refused.append((path.name, str(error)))
        if not opened:
            raise BagError(f'{self.path}: ' + (
                'none of its files is there' if not refused else
                refused[0][1] if self.path.is_file() else
                '; '.join(f'{name}: {cause}' for name, cause in refused)))
        for name, cause in refused:
            self._note(f'a file of the bag cannot be read: {cause}', name)
        found = sum(count for file in opened for _, count in file.channels)
        if given.messages is not None and found < given.messages:
            self._note('messages that metadata.yaml counts are not there', '',
                       given.messages - found)
        return opened

    def _open_plugin(self, metadata: dict[str, Any]) -> Storage:
        try:
            return PluginStorage(self.path, metadata)
        except (ValueError, KeyError, TypeError, RuntimeError) as error:
            raise BagError(f'{self.path}: {error}') from error

    def _unpacked(self, path: Path) -> Path:
        """Return a file, or a copy of it that can be read."""
        if not needs_unpacking(path):
            return path
        folder = self._stack.enter_context(TemporaryDirectory(prefix='mpnp_bag_'))
        return unpack(path, Path(folder), self._note)

    def _usable(self, channels: list[tuple[Channel, int]]) -> dict[str, TopicInfo]:
        """Return the topics that can be read, and note the others."""
        topics: dict[str, TopicInfo] = {}
        foreign: dict[str, str] = {}
        for channel, count in channels:
            name = channel.topic
            if channel.encoding not in (CDR, ROS1):
                foreign[name] = channel.encoding
                continue
            known = topics.get(name, TopicInfo(name, channel.type, 0, ()))
            if known.type != channel.type:
                self._note(f'{name} holds {known.type} and {channel.type}', '')
            topics[name] = TopicInfo(
                name, known.type, known.messages + count,
                known.qos + tuple(one for one in channel.qos if one not in known.qos))
        for name, encoding in sorted(foreign.items()):
            self._note(f'{name} is skipped: serialised as {encoding!r}, expected {CDR!r}', '')
        others = ', '.join(map(repr, sorted(set(foreign.values()))))
        filled = [name for name, topic in topics.items() if topic.messages]
        if not filled:
            raise BagError(f'{self.path}: ' + (
                f'nothing but what is serialised as {others}, expected {CDR!r}'
                if foreign else 'the bag holds no messages'))
        if all(name.endswith(_SERVICE_EVENT) for name in filled):
            raise BagError(f'{self.path}: the bag holds nothing but service events '
                           f'({", ".join(filled)})')
        return dict(sorted(topics.items()))

    def _unpack(self, raw: Raw) -> BagMessage | None:
        channel, stamp_ns, data = raw
        try:
            if channel.encoding == ROS1:
                data = self._types.from_ros1(channel.type, data)
            elif channel.encoding != CDR:
                return None
            # CDR begins with 0, so this tells compressed messages without metadata.yaml too.
            elif data[:4] == ZSTD_MAGIC:
                data = decompress(data, 'zstd')
        except (ValueError, Damaged) as error:
            self._note(f'{channel.topic}: {error}', f'stamp {stamp_ns}')
            return None
        return BagMessage(channel.topic, channel.type, stamp_ns, data)

    def _note(self, what: str, place: str, count: int = 1) -> None:
        if not place:
            place = self.name
        elif not (self.path.is_file() and place.startswith(plain_name(self.path))):
            place = f'{self.name}, {place}'
        self._problems.take_one(Problem(what, count, [place]))
