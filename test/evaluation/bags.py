# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Small bags of every kind, and what is read of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
import random
import struct
import zlib

import lz4.frame
import numpy as np
from rosbags.interfaces import Connection
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores
import yaml

from mpnp_ros.evaluation.bags.bag import Bag, BagMessage
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.evaluation.bags.typestore import typestore
from mpnp_ros.evaluation.problem import Problem, Problems

WORDS, PICTURES = '/words', '/pictures'
WORD, PICTURE = 'std_msgs/msg/String', 'sensor_msgs/msg/CompressedImage'
TYPES = {WORDS: WORD, PICTURES: PICTURE}
START_NS = 1_700_000_000_000_000_000
STEP_NS = 1_000_000
MAGIC, CHUNK = b'\x89MCAP0\r\n', 6   # of mcap

Sent = tuple[str, int, bytes]   # topic, stamp, CDR


def stamp(index: int) -> int:
    """Return the stamp of one of the messages that `sent` gives."""
    return START_NS + index * STEP_NS


def sent(count: int, picture_bytes: int = 20_000) -> list[Sent]:
    """Return messages of two topics in turn; the pictures do not compress."""
    noise = random.Random(0)
    types = typestore().types
    messages = []
    for index in range(count):
        if index % 2:
            time = types['builtin_interfaces/msg/Time'](sec=index, nanosec=0)
            topic, message = PICTURES, types[PICTURE](
                header=types['std_msgs/msg/Header'](stamp=time, frame_id='camera'),
                format='jpeg', data=np.frombuffer(noise.randbytes(picture_bytes), np.uint8))
        else:
            topic, message = WORDS, types[WORD](data=f'word {index}')
        messages.append((topic, stamp(index),
                         bytes(typestore().serialize_cdr(message, TYPES[topic]))))
    return messages


def write(path: Path, messages: Sequence[Sent], **options: str) -> Path:
    """Write a bag as the package does, and return its one file with messages."""
    with BagWriter(path, **options) as bag:
        for topic, stamp_ns, data in messages:
            bag.write(topic, TYPES[topic], stamp_ns, data)
    return next(file for file in path.iterdir() if file.suffix in ('.mcap', '.db3'))


def write_packed(path: Path, messages: Sequence[Sent], storage: str, mode: str) -> Path:
    """Write a bag that rosbag2 has compressed by 'file' or by 'message'; return its file."""
    writer = Writer(path, version=9, storage_plugin=StoragePlugin[storage.upper()])
    writer.set_compression(CompressionMode[mode.upper()], CompressionFormat.ZSTD)
    with writer:
        connections: dict[str, Connection] = {}
        for topic, stamp_ns, data in messages:
            if topic not in connections:
                connections[topic] = writer.add_connection(
                    topic, TYPES[topic], typestore=typestore())
            writer.write(connections[topic], stamp_ns, data)
    return next(file for file in path.iterdir() if file.name != 'metadata.yaml')


def write_split(path: Path, parts: Sequence[Sequence[Sent]], storage: str = 'mcap') -> list[Path]:
    """Write a bag of several files, and return them."""
    path.mkdir()
    files, described = [], []
    for number, part in enumerate(parts):
        file = write(path / f'part_{number}', part, storage=storage)
        described.append(read_metadata(file.parent))
        files.append(file.rename(path / f'{path.name}_{number}{file.suffix}'))
        (file.parent / 'metadata.yaml').unlink()
        file.parent.rmdir()
    whole = described[0]
    whole['relative_file_paths'] = [file.name for file in files]
    whole['message_count'] = sum(one['message_count'] for one in described)
    write_metadata(path, whole)
    return files


def write_ros1(path: Path, messages: Sequence[Sent], compression: str = '') -> Path:
    """Write the messages as a ROS 1 bag."""
    store = get_typestore(Stores.ROS1_NOETIC)
    writer = Ros1Writer(path)
    if compression:
        writer.set_compression(Ros1Writer.CompressionFormat[compression.upper()])
    with writer:
        connections: dict[str, Connection] = {}
        for topic, stamp_ns, data in messages:
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, TYPES[topic], typestore=store)
            writer.write(
                connections[topic], stamp_ns, typestore().cdr_to_ros1(data, TYPES[topic]))
    return path


def write_mcap(
    path: Path, messages: Sequence[Sent], *, per_chunk: int = 0, checksums: bool = True,
    encoding: str = 'cdr', schema: str = 'ros2msg', undefined: Mapping[str, str] = {},
) -> Path:
    """Write mcap records one after the other, without an index, as some recorders do.

    :param per_chunk: messages in each chunk, compressed with lz4; 0: no chunks.
    :param undefined: types of topics whose definitions are left out.
    """
    records = []
    numbers = {topic: number for number, topic in
               enumerate(dict.fromkeys(topic for topic, _, _ in messages), 1)}
    for topic, number in numbers.items():
        kind = undefined.get(topic) or TYPES[topic]
        text = '' if topic in undefined else typestore().generate_msgdef(kind, 2)[0]
        records.append(_record(3, struct.pack('<H', number) + _text(kind) + _text(schema)
                               + _text(text)))
        records.append(_record(4, struct.pack('<HH', number, number) + _text(topic)
                               + _text(encoding) + struct.pack('<I', 0)))
    told = [_record(5, struct.pack('<HIQQ', numbers[topic], 0, stamp_ns, stamp_ns) + data)
            for topic, stamp_ns, data in messages]
    if per_chunk:
        told[0] = b''.join([*records, told[0]])
        records = [_chunk(told[at:at + per_chunk], messages[at:at + per_chunk], checksums)
                   for at in range(0, len(told), per_chunk)]
    else:
        records += told
    path.write_bytes(b''.join([
        MAGIC, _record(1, _text('ros2') + _text('')), *records, _record(15, bytes(4)),
        _record(2, bytes(20)), MAGIC]))
    return path


def _chunk(records: Sequence[bytes], messages: Sequence[Sent], checksum: bool) -> bytes:
    stamps = [stamp_ns for _, stamp_ns, _ in messages]
    plain = b''.join(records)
    packed = lz4.frame.compress(plain)
    return _record(6, struct.pack('<QQQI', min(stamps), max(stamps), len(plain),
                                  zlib.crc32(plain) if checksum else 0)
                   + _text('lz4') + struct.pack('<Q', len(packed)) + packed)


def _record(opcode: int, body: bytes) -> bytes:
    return struct.pack('<BQ', opcode, len(body)) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack('<I', len(data)) + data


def read_metadata(path: Path) -> dict[str, object]:
    """Return what metadata.yaml says."""
    return yaml.safe_load((path / 'metadata.yaml').read_text())['rosbag2_bagfile_information']


def write_metadata(path: Path, metadata: dict[str, object]) -> None:
    """Write what metadata.yaml says."""
    (path / 'metadata.yaml').write_text(
        yaml.safe_dump({'rosbag2_bagfile_information': metadata}))


def cut(path: Path, size: int) -> None:
    """Leave the first bytes of a file; of a negative number of bytes, all but the last."""
    data = path.read_bytes()
    path.write_bytes(data[:size])


def overwrite(path: Path, offset: int, count: int) -> None:
    """Overwrite bytes of a file with zeros."""
    with path.open('r+b') as file:
        file.seek(offset)
        file.write(bytes(count))


def mcap_records(path: Path) -> Iterator[tuple[int, int, int]]:
    """Yield opcode, begin and end of the records of an mcap file."""
    data = path.read_bytes()
    at = len(MAGIC)
    while at < len(data) - len(MAGIC):
        opcode, length = struct.unpack_from('<BQ', data, at)
        yield opcode, at, at + 9 + length
        at += 9 + length


def chunks(path: Path) -> list[tuple[int, int]]:
    """Return where the chunks of an mcap file begin and end."""
    return [(begin, end) for opcode, begin, end in mcap_records(path) if opcode == CHUNK]


def read(path: Path, **of: object) -> tuple[list[Sent], list[Problem]]:
    """Return what a bag gives and what is said about it."""
    problems = Problems()
    with Bag(path, problems) as bag:
        messages = [as_sent(message) for message in bag.messages(**of)]   # type: ignore[arg-type]
    return messages, list(problems)


def as_sent(message: BagMessage) -> Sent:
    """Return a message in the form it was written in."""
    return message.topic, message.stamp_ns, bytes(message.data)


def steps(count: int, number: int) -> Iterator[int]:
    """Yield numbers from 0 to a count, evenly."""
    return (count * step // number for step in range(number))
