# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read an sqlite3 file that has lost pages (https://www.sqlite.org/fileformat2.html).

SQLite itself follows the tree of a table down from its root. Where the file is cut, upper pages of
that tree are gone, often with all rows behind them. The rows themselves lie in leaves that tell
what they are, so those that remain are found one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
import sqlite3
import struct
from typing import BinaryIO
from urllib.parse import quote

from rosbags.interfaces import MessageDefinition, MessageDefinitionFormat, Qos
from rosbags.rosbag2.metadata import parse_qos

from mpnp_ros.evaluation.bags.bag_salvage import PART_BYTES, Salvage
from mpnp_ros.evaluation.bags.bag_storage import Channel

MAGIC = b'SQLite format 3\0'
_HEAD_BYTES = 100
_LEAF = 13                  # type of a page with rows of a table
_BLOB_FROM = 12             # even serial types from here on: blobs of (type - 12) / 2 bytes
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}   # serial types: bytes
_TEXTS = ('name', 'type', 'serialization_format')
_FORMATS = {'ros2msg': MessageDefinitionFormat.MSG, 'ros2idl': MessageDefinitionFormat.IDL}

_Cell = tuple[int, int, int, int, int]
"""Topic, stamp, begin and size of the data within the row, and size of the row."""


def check_size(path: Path) -> None:
    """Raise ValueError where the last page is cut: SQLite would fill it up with zeros."""
    with path.open('rb') as file:
        head = file.read(_HEAD_BYTES)
        size = file.seek(0, 2)
    if len(head) == _HEAD_BYTES and size % _page_bytes(head):
        raise ValueError('the last page is cut')


def _page_bytes(head: bytes) -> int:
    page_bytes, = struct.unpack_from('>H', head, 16)
    if page_bytes != 1 and page_bytes < 512:
        raise ValueError(f'its pages have {page_bytes} bytes, expected 512 or more')
    return 65536 if page_bytes == 1 else int(page_bytes)


class Sqlite3Salvage(Salvage):
    """Find the rows of the table `messages` by their shape, page by page.

    A row is NULL (its id), topic, stamp and data; no other table of a bag has such rows. The table
    of topics lies on the first pages and is read with SQLite.
    """

    def _scan(self, file: BinaryIO) -> None:
        head = file.read(_HEAD_BYTES)
        if not head.startswith(MAGIC) or len(head) < _HEAD_BYTES:
            raise ValueError('it does not begin as an sqlite3 file')
        self._page = _page_bytes(head)
        self._usable = self._page - head[20]
        self._read_topics()
        expected = struct.unpack_from('>I', head, 28)[0] * self._page
        if expected > self.size:
            self._wrong('the file is cut off', self.size)
        else:
            self._check()
        pages: list[int] = []
        stamps: list[tuple[int, int]] = []
        taken = 0
        for page in range(2, self.size // self._page + 1):
            found, bytes_ = self._stamps(file, page)
            if found:
                pages.append(page)
                stamps += found
                taken += bytes_
            if pages and taken > PART_BYTES:
                self._add_part(tuple(pages), stamps)
                pages, stamps, taken = [], [], 0
        self._add_part(tuple(pages), stamps)

    def _connect(self) -> closing[sqlite3.Connection]:
        address = f'file:{quote(str(self.path))}?immutable=1'
        return closing(sqlite3.connect(address, uri=True))

    def _check(self) -> None:
        """Note what SQLite finds wrong; what rosbags alone refuses is no damage."""
        try:
            with self._connect() as connection:
                found = connection.execute('PRAGMA quick_check(1)').fetchone()[0]
        except sqlite3.Error as error:
            found = error
        if found != 'ok':
            self._note('the file is damaged, what its pages still hold is read: '
                       + ' '.join(str(found).split()), self.path.name)

    def _read_topics(self) -> None:
        try:
            with self._connect() as connection:
                # Otherwise SQLite refuses a file that is shorter than its header says.
                connection.execute('PRAGMA writable_schema=ON')
                connection.row_factory = sqlite3.Row
                topics = connection.execute('SELECT * FROM topics ORDER BY id').fetchall()
                definitions = _definitions(connection)
        except sqlite3.Error as error:
            raise ValueError(f'its table of topics is lost ({error})') from error
        for row in topics:
            if not all(isinstance(row[name], str) for name in _TEXTS):
                continue   # its messages are told of as those of a lost description
            self._channels[row['id']] = Channel(
                row['name'], row['type'], row['serialization_format'],
                definitions.get(row['type'], MessageDefinition(MessageDefinitionFormat.NONE, '')),
                _qos(row))

    def _stamps(self, file: BinaryIO, page: int) -> tuple[list[tuple[int, int]], int]:
        """Return topic and stamp of the whole rows on a page, and how many bytes they have."""
        stamps, taken = [], 0
        for (topic, stamp_ns, _, _, size), payload, following in self._cells(file, page):
            if following and not self._overflow(file, following, size - len(payload)):
                self._wrong('a message has lost pages', (page - 1) * self._page)
                continue
            stamps.append((topic, stamp_ns))
            taken += size
        return stamps, taken

    def _read(self, file: BinaryIO,
              where: tuple[int, ...]) -> Iterator[tuple[int, int, bytes | memoryview]]:
        for page in where:
            for (topic, stamp_ns, begin, length, size), row, following in self._cells(file, page):
                if following:
                    rest = self._overflow(file, following, size - len(row))
                    if not rest:
                        continue
                    row = b''.join([row, *rest])
                yield topic, stamp_ns, row[begin:begin + length]

    def _cells(self, file: BinaryIO, page: int) -> Iterator[tuple[_Cell, bytes, int]]:
        """Yield the messages on a page: what is known of them, local part, next page or 0."""
        file.seek((page - 1) * self._page)
        data = file.read(self._page)
        if not data or data[0] != _LEAF:
            return
        count, = struct.unpack_from('>H', data, 3)
        if 8 + 2 * count > len(data):
            return
        for at in struct.unpack_from(f'>{count}H', data, 8):
            try:
                size, at = _varint(data, at)
                _, at = _varint(data, at)
                local = self._local(size)
                payload = data[at:at + local]
                message = _message(payload, size)
                following, = struct.unpack_from('>I', data, at + local) if local < size else (0,)
            except (IndexError, struct.error):
                continue
            if message and len(payload) == local:
                yield message, payload, following

    def _local(self, size: int) -> int:
        """Return how much of a row of a size lies on its leaf (section 1.6 of the format)."""
        if size <= self._usable - 35:
            return size
        least = (self._usable - 12) * 32 // 255 - 23
        best = least + (size - least) % (self._usable - 4)
        return best if best <= self._usable - 35 else least

    def _overflow(self, file: BinaryIO, page: int, size: int) -> list[bytes]:
        """Return the rest of a row from the pages it overflowed to, [] where one is missing."""
        pieces = []
        while size > 0:
            if not 1 < page <= self.size // self._page:
                return []
            file.seek((page - 1) * self._page)
            data = file.read(self._usable)
            page, = struct.unpack_from('>I', data)
            pieces.append(data[4:4 + size])
            size -= len(data) - 4
        return pieces


def _message(payload: bytes, size: int) -> _Cell | None:
    """Return what a row is as a message, or None where it is of another table."""
    header, at = _varint(payload, 0)
    types = []
    while at < header:
        kind, at = _varint(payload, at)
        types.append(kind)
    if len(types) != 4 or types[0] != 0 or types[3] < _BLOB_FROM or types[3] % 2:
        return None
    values = []
    for kind in types[1:3]:
        if kind not in _INTEGERS:
            return None
        width = _INTEGERS[kind]
        values.append(int.from_bytes(payload[at:at + width], 'big', signed=True) if width
                      else kind - 8)
        at += width
    length = (types[3] - _BLOB_FROM) // 2
    return (values[0], values[1], at, length, size) if at + length == size else None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return an integer of 1 to 9 bytes and the offset behind it."""
    value = 0
    for index in range(8):
        byte = data[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    return value << 8 | data[at + 8], at + 9


def _definitions(connection: sqlite3.Connection) -> dict[str, MessageDefinition]:
    """Return the definitions by type; old bags have none."""
    try:
        rows = connection.execute(
            'SELECT topic_type, encoding, encoded_message_definition FROM message_definitions')
        return {kind: MessageDefinition(_FORMATS[encoding], text)
                for kind, encoding, text in rows if encoding in _FORMATS}
    except sqlite3.Error:
        return {}


def _qos(row: sqlite3.Row) -> tuple[Qos, ...]:
    if 'offered_qos_profiles' not in row.keys():
        return ()
    try:
        return tuple(parse_qos(row['offered_qos_profiles']))
    except Exception:   # rosbags on text that may be anything
        return ()
