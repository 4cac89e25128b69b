# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read an mcap file that has lost its end or parts of it (https://mcap.dev/spec)."""

from __future__ import annotations

from collections.abc import Iterator
import struct
from typing import BinaryIO
import zlib

from rosbags.interfaces import MessageDefinition, MessageDefinitionFormat, Qos
from rosbags.rosbag2.metadata import parse_qos

from mpnp_ros.evaluation.bags.bag_compression import Damaged, decompress, decompress_beginning
from mpnp_ros.evaluation.bags.bag_salvage import PART_BYTES, Salvage
from mpnp_ros.evaluation.bags.bag_storage import Channel

MAGIC = b'\x89MCAP0\r\n'
_HEADER, _FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _CHUNK_INDEX = 1, 2, 3, 4, 5, 6, 8
_RECORD = struct.Struct('<BQ')          # opcode, length of what follows
_MESSAGE_HEAD = struct.Struct('<HIQQ')  # channel, sequence, log time, publish time
_INDEX_HEAD = struct.Struct('<QQQ')     # first and last log time, offset of the chunk
_CHUNK_HEAD = struct.Struct('<QQQI')    # first and last log time, size, CRC of the records
_FOOTER_BYTES = _RECORD.size + 20 + len(MAGIC)
_LARGEST_CUT = 1 << 28   # bytes of a chunk without its end that are looked at
_FORMATS = {'ros2msg': MessageDefinitionFormat.MSG, 'ros1msg': MessageDefinitionFormat.MSG,
            'ros2idl': MessageDefinitionFormat.IDL, 'omgidl': MessageDefinitionFormat.IDL}
_NO_DEFINITION = MessageDefinition(MessageDefinitionFormat.NONE, '')

_Records = tuple[int, int]   # a stretch of the file with whole records: from, to
_Where = int | _Records      # the offset of a chunk, or messages outside chunks


class McapSalvage(Salvage):
    """Follow the records from the first to where they break off, then to the next known chunk.

    What a cut chunk still holds is read up to the cut; a chunk with a wrong CRC is left out.
    """

    def _scan(self, file: BinaryIO) -> None:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError('it does not begin as an mcap file')
        self._schemas: dict[int, tuple[str, MessageDefinition]] = {}
        known = self._scan_summary(file)
        offset = len(MAGIC)
        loose: tuple[int, int] | None = None
        while True:
            opcode, begin, end = self._record_at(file, offset)
            whole = bool(opcode) and end <= self.size
            if loose and (not whole or opcode != _MESSAGE or end - loose[0] > PART_BYTES):
                self._take_records(loose, self._records(file, loose), loose[0])
                loose = None
            if opcode == _CHUNK:
                self._take_chunk(file, offset, whole)
            if not whole:
                # An index at the end of the file leads on to the chunks behind the damage.
                following = min((chunk for chunk in known if chunk > offset), default=None)
                self._wrong('the file is cut off' if following is None
                            else 'a stretch of the file is damaged', offset)
                if following is None:
                    return
                offset = following
                continue
            if opcode == _FOOTER:
                return
            if opcode == _MESSAGE:
                loose = (loose[0] if loose else offset, end)
            elif opcode in (_SCHEMA, _CHANNEL):
                file.seek(begin)
                self._describe(opcode, file.read(end - begin))
            offset = end

    def _scan_summary(self, file: BinaryIO) -> list[int]:
        """Take the descriptions in the summary and return where the chunks begin; [] without."""
        file.seek(max(self.size - _FOOTER_BYTES, 0))
        footer = file.read()
        if not footer.endswith(MAGIC) or footer[0] != _FOOTER:
            return []
        offset, = struct.unpack_from('<Q', footer, _RECORD.size)
        chunks = []
        while 0 < offset < self.size:
            opcode, begin, end = self._record_at(file, offset)
            if not opcode or opcode == _FOOTER or end > self.size:
                break
            file.seek(begin)
            body = file.read(end - begin)
            if opcode == _CHUNK_INDEX and len(body) >= _INDEX_HEAD.size:
                chunks.append(_INDEX_HEAD.unpack_from(body)[2])
            self._describe(opcode, body)
            offset = end
        return chunks

    def _record_at(self, file: BinaryIO, offset: int) -> tuple[int, int, int]:
        """Return opcode, begin and end of a record; opcode 0 where there is none."""
        file.seek(offset)
        head = file.read(_RECORD.size)
        if len(head) < _RECORD.size:
            return 0, offset, offset
        opcode, length = _RECORD.unpack(head)
        return opcode, offset + _RECORD.size, offset + _RECORD.size + length

    def _take_chunk(self, file: BinaryIO, offset: int, whole: bool) -> None:
        try:
            self._take_records(offset, self._records(file, offset), offset if whole else None)
        except (Damaged, struct.error) as error:
            if whole:   # of a cut one the cut is told
                self._wrong(f'a chunk cannot be read: {error}', offset)

    def _take_records(self, where: _Where, records: memoryview, offset: int | None) -> None:
        """Take what is in a part, which begins at an offset; None for one that is cut."""
        stamps = []
        taken = 0
        for opcode, body in _split(records):
            taken += _RECORD.size + len(body)
            if opcode == _MESSAGE and len(body) >= _MESSAGE_HEAD.size:
                channel, _, log_ns, _ = _MESSAGE_HEAD.unpack_from(body)
                stamps.append((channel, log_ns))
            elif opcode in (_SCHEMA, _CHANNEL):
                self._describe(opcode, bytes(body))
        if taken < len(records) and offset is not None:
            self._wrong('the records of a chunk break off', offset)
        self._add_part(where, stamps)

    def _read(self, file: BinaryIO,
              where: _Where) -> Iterator[tuple[int, int, bytes | memoryview]]:
        for opcode, body in _split(self._records(file, where)):
            if opcode == _MESSAGE and len(body) >= _MESSAGE_HEAD.size:
                channel, _, log_ns, _ = _MESSAGE_HEAD.unpack_from(body)
                yield channel, log_ns, body[_MESSAGE_HEAD.size:]

    def _records(self, file: BinaryIO, where: _Where) -> memoryview:
        """Return the records of a part; raises Damaged for a chunk."""
        if not isinstance(where, int):
            file.seek(where[0])
            return memoryview(file.read(where[1] - where[0]))
        _, begin, end = self._record_at(file, where)
        file.seek(begin)
        body = memoryview(file.read(
            end - begin if end <= self.size else min(self.size - begin, _LARGEST_CUT)))
        _, _, _, crc = _CHUNK_HEAD.unpack_from(body)
        compression, at = _string(body, _CHUNK_HEAD.size)
        packed = body[at + 8:]
        if end > self.size:
            return memoryview(decompress_beginning(packed, compression))
        records = decompress(packed, compression)
        if crc and zlib.crc32(records) != crc:
            raise Damaged('its checksum is wrong')
        return memoryview(records)

    def _describe(self, opcode: int, body: bytes) -> None:
        """Take a schema or a channel, if it is one that can be read; the first of an id counts."""
        try:
            if opcode == _SCHEMA:
                number, = struct.unpack_from('<H', body)
                name, at = _string(body, 2)
                encoding, at = _string(body, at)
                text, _ = _string(body, at)
                self._schemas.setdefault(number, (name, MessageDefinition(
                    _FORMATS.get(encoding, MessageDefinitionFormat.NONE), text)))
            elif opcode == _CHANNEL:
                number, schema = struct.unpack_from('<HH', body)
                topic, at = _string(body, 4)
                encoding, at = _string(body, at)
                kind, definition = self._schemas.get(schema, ('', _NO_DEFINITION))
                self._channels.setdefault(
                    number, Channel(topic, kind, encoding, definition, _qos(body, at)))
        except struct.error:   # its messages are told of as those of a lost description
            return


def _split(records: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield opcode and body of the records that are whole."""
    at = 0
    while at + _RECORD.size <= len(records):
        opcode, length = _RECORD.unpack_from(records, at)
        begin, at = at + _RECORD.size, at + _RECORD.size + length
        if not opcode or at > len(records):
            return
        yield opcode, records[begin:at]


def _string(data: bytes | memoryview, at: int) -> tuple[str, int]:
    length, = struct.unpack_from('<I', data, at)
    end = at + 4 + length
    return str(data[at + 4:end], 'utf-8', 'replace'), end


def _qos(body: bytes, at: int) -> tuple[Qos, ...]:
    """Return the profiles in a channel's metadata, a map of strings."""
    size, = struct.unpack_from('<I', body, at)
    end, at = at + 4 + size, at + 4
    while at < end:
        key, at = _string(body, at)
        value, at = _string(body, at)
        if key == 'offered_qos_profiles':
            try:
                return tuple(parse_qos(value))
            except Exception:   # rosbags on bytes that may be anything
                return ()
    return ()
