# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What can still be read of a file of a bag that is damaged, whatever its format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
import functools
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

from mpnp_ros.evaluation.bags.bag_order import in_order
from mpnp_ros.evaluation.bags.bag_storage import Channel, Note, Raw

PART_BYTES = 1 << 20   # what is read at once where the format has no chunks


@dataclass(frozen=True)
class Part:
    """A stretch of the file that is read at once; `where` is the format's own business."""

    start_ns: int
    end_ns: int
    where: Any


class Salvage(ABC):
    """A storage that reads the file through once to learn what is left of it.

    No index is needed. What is wrong is noted with the byte where it is. Raises ValueError where
    nothing can be read.
    """

    def __init__(self, path: Path, note: Note) -> None:
        self.path = path
        self._note = note
        self._channels: dict[int, Channel] = {}
        self._counts: Counter[int] = Counter()
        self._parts: list[Part] = []
        with path.open('rb') as file:
            self.size = file.seek(0, 2)
            if not self.size:
                raise ValueError('the file is empty')
            file.seek(0)
            self._scan(file)
        self.channels = [
            (channel, self._counts[number]) for number, channel in self._channels.items()]
        self.start_ns = min((part.start_ns for part in self._parts), default=1)
        self.end_ns = max((part.end_ns for part in self._parts), default=0)

    @abstractmethod
    def _scan(self, file: BinaryIO) -> None:
        """Fill the channels and parts, and note what is wrong; `_add_part` helps."""

    @abstractmethod
    def _read(self, file: BinaryIO, where: Any) -> Iterator[tuple[int, int, bytes | memoryview]]:
        """Yield number of the channel, stamp and data of the whole messages of a part."""

    def _add_part(self, where: Any, messages: Iterable[tuple[int, int]]) -> None:
        """Take a part with the channels and stamps of its messages."""
        stamps = []
        for number, stamp_ns in messages:
            if number in self._channels:
                self._counts[number] += 1
                stamps.append(stamp_ns)
            else:
                self._note('messages of a channel whose description is lost', self.path.name)
        if stamps:
            self._parts.append(Part(min(stamps), max(stamps), where))

    def _wrong(self, what: str, offset: int) -> None:
        self._note(what, f'{self.path.name}, byte {offset}')

    def messages(self, topics: Collection[str], start_ns: int, end_ns: int) -> Iterator[Raw]:
        """Yield what was received on the topics from `start_ns` to `end_ns`, both included."""
        wanted = {number: channel for number, channel in self._channels.items()
                  if channel.topic in topics}

        def read(file: BinaryIO, part: Part) -> Iterator[Raw]:
            messages = [
                (wanted[number], stamp_ns, bytes(data))
                for number, stamp_ns, data in self._read(file, part.where)
                if number in wanted and start_ns <= stamp_ns <= end_ns]
            messages.sort(key=itemgetter(1))
            return iter(messages)

        with self.path.open('rb') as file:
            yield from in_order(
                (part.start_ns, functools.partial(read, file, part)) for part in self._parts
                if part.start_ns <= end_ns and part.end_ns >= start_ns)
