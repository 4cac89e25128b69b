# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read a ROS 1 bag that has no index (http://wiki.ros.org/Bags/Format/2.0)."""

from __future__ import annotations

from collections.abc import Iterator
import struct
from typing import BinaryIO

from rosbags.interfaces import MessageDefinition, MessageDefinitionFormat
from rosbags.typesys.msg import normalize_msgtype

from mpnp_ros.evaluation.bags.bag_compression import Damaged, decompress, decompress_beginning
from mpnp_ros.evaluation.bags.bag_salvage import Salvage
from mpnp_ros.evaluation.bags.bag_storage import Channel, ROS1

MAGIC = b'#ROSBAG V2.0\n'
_MESSAGE, _BAG_HEADER, _INDEX, _CHUNK, _CHUNK_INFO, _CONNECTION = 2, 3, 4, 5, 6, 7
_LARGEST_HEADER = 1 << 20
_LARGEST_CUT = 1 << 28   # bytes of a chunk without its end that are looked at

_Fields = dict[str, bytes]


class Ros1Salvage(Salvage):
    """Follow the records from the first to where they break off."""

    def _scan(self, file: BinaryIO) -> None:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError('it does not begin as a ROS 1 bag, version 2.0')
        offset = len(MAGIC)
        indexed = False
        while True:
            fields, begin, end = self._record_at(file, offset)
            whole = bool(fields) and end <= self.size
            operation = _number(fields, 'op')
            if operation == _BAG_HEADER:
                indexed = bool(_number(fields, 'index_pos'))
            elif operation == _CHUNK:
                self._take_chunk(file, offset, whole)
            elif operation == _CONNECTION and whole:
                file.seek(begin)
                self._describe(fields, file.read(end - begin))
            if not whole:
                # A recorder that is killed leaves no index, one that ended ends with it.
                if offset < self.size or not indexed:
                    self._wrong('the file is cut off', offset)
                return
            offset = end

    def _take_chunk(self, file: BinaryIO, offset: int, whole: bool) -> None:
        stamps = []
        try:
            records = self._chunk(file, offset)
            taken = 0
            for fields, data, end in _split(records):
                taken = end
                operation = _number(fields, 'op')
                if operation == _CONNECTION:
                    self._describe(fields, bytes(data))
                elif operation == _MESSAGE:
                    stamps.append((_number(fields, 'conn'), _time(fields)))
            if taken < len(records) and whole:
                self._wrong('the records of a chunk break off', offset)
        except Damaged as error:
            if whole:   # of a cut one the cut is told
                self._wrong(f'a chunk cannot be read: {error}', offset)
        self._add_part(offset, stamps)

    def _read(self, file: BinaryIO,
              where: int) -> Iterator[tuple[int, int, bytes | memoryview]]:
        for fields, data, _ in _split(self._chunk(file, where)):
            if _number(fields, 'op') == _MESSAGE:
                yield _number(fields, 'conn'), _time(fields), data

    def _chunk(self, file: BinaryIO, offset: int) -> memoryview:
        """Return the records of a chunk; raises Damaged."""
        fields, begin, end = self._record_at(file, offset)
        compression = fields.get('compression', b'').decode('ascii', 'replace')
        file.seek(begin)
        if end <= self.size:
            return memoryview(decompress(file.read(end - begin), compression))
        return memoryview(decompress_beginning(
            file.read(min(self.size - begin, _LARGEST_CUT)), compression))

    def _record_at(self, file: BinaryIO, offset: int) -> tuple[_Fields, int, int]:
        """Return the fields of a record's header, begin and end of its data; {} for none."""
        file.seek(offset)
        head = file.read(4)
        length = struct.unpack('<I', head)[0] if len(head) == 4 else 0
        header = file.read(length) if length <= _LARGEST_HEADER else b''
        size = file.read(4)
        if not header or len(header) < length or len(size) < 4:
            return {}, offset, offset
        begin = offset + 8 + length
        return _fields(header), begin, begin + struct.unpack('<I', size)[0]

    def _describe(self, fields: _Fields, data: bytes) -> None:
        """Take a connection; the first of an id counts."""
        more = _fields(data)
        topic = fields.get('topic', b'').decode('utf-8', 'replace')
        kind = more.get('type', b'').decode('utf-8', 'replace')
        if 'conn' in fields and topic and kind:
            topic = '/' * topic.startswith('/') + '/'.join(filter(None, topic.split('/')))
            self._channels.setdefault(_number(fields, 'conn'), Channel(
                topic, normalize_msgtype(kind), ROS1, MessageDefinition(
                    MessageDefinitionFormat.MSG,
                    more.get('message_definition', b'').decode('utf-8', 'replace'))))


def _split(records: memoryview) -> Iterator[tuple[_Fields, memoryview, int]]:
    """Yield header, data and end of the records that are whole."""
    at = 0
    while at + 4 <= len(records):
        length, = struct.unpack_from('<I', records, at)
        begin = at + 8 + length
        if begin > len(records):
            return
        size, = struct.unpack_from('<I', records, begin - 4)
        if begin + size > len(records):
            return
        at, header = begin + size, bytes(records[at + 4:begin - 4])
        yield _fields(header), records[begin:at], at


def _fields(header: bytes) -> _Fields:
    """Return the fields name=value of a header, each after its length, as far as they go."""
    fields, at = {}, 0
    while at + 4 <= len(header):
        length, = struct.unpack_from('<I', header, at)
        name, equals, value = header[at + 4:at + 4 + length].partition(b'=')
        if not equals:
            break
        fields[name.decode('ascii', 'replace')] = value
        at += 4 + length
    return fields


def _number(fields: _Fields, name: str) -> int:
    return int.from_bytes(fields.get(name, b''), 'little')


def _time(fields: _Fields) -> int:
    value = fields.get('time', b'').ljust(8, b'\0')
    seconds, nanoseconds = struct.unpack('<II', value[:8])
    return int(seconds * 1_000_000_000 + nanoseconds)
