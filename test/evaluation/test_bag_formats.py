# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Every format and compression gives the same messages, in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import random

from bags import (
    overwrite,
    PICTURE,
    PICTURES,
    read,
    Sent,
    sent,
    stamp,
    WORD,
    WORDS,
    write,
    write_mcap,
    write_packed,
    write_ros1,
    write_split,
)
import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.typesys import get_typestore, Stores

from mpnp_ros import shipped
from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.problem import Problems

MESSAGES = sent(40)

Write = Callable[[Path, list[Sent]], Path]
FORMATS: dict[str, Write] = {
    'mcap, zstd chunks': write,
    'mcap, plain chunks': lambda path, sent: write(path, sent, compression='none'),
    'mcap, lz4 chunks, no index': lambda path, sent: write_mcap(
        path.with_suffix('.mcap'), sent, per_chunk=7),
    'mcap, no chunks': lambda path, sent: write_mcap(path.with_suffix('.mcap'), sent),
    'mcap, zstd messages': lambda path, sent: write_packed(path, sent, 'mcap', 'message'),
    'mcap, zstd file': lambda path, sent: write_packed(path, sent, 'mcap', 'file'),
    'sqlite3': lambda path, sent: write(path, sent, storage='sqlite3', compression='none'),
    'sqlite3, zstd messages': lambda path, sent: write(path, sent, storage='sqlite3'),
    'sqlite3, zstd file': lambda path, sent: write_packed(path, sent, 'sqlite3', 'file'),
    'ROS 1': lambda path, sent: write_ros1(path.with_suffix('.bag'), sent),
    'ROS 1, bz2 chunks': lambda path, sent: write_ros1(path.with_suffix('.bag'), sent, 'bz2'),
    'ROS 1, lz4 chunks': lambda path, sent: write_ros1(path.with_suffix('.bag'), sent, 'lz4'),
}
every_format = pytest.mark.parametrize('write_bag', FORMATS.values(), ids=FORMATS)


@every_format
def test_a_file_gives_its_messages(write_bag: Write, tmp_path: Path) -> None:
    file = write_bag(tmp_path / 'drive', MESSAGES)
    assert read(file) == (MESSAGES, [])
    assert read(file, start_ns=stamp(10), end_ns=stamp(13)) == (MESSAGES[10:14], [])
    assert read(file, topics=[WORDS, '/not there']) == (MESSAGES[::2], [])
    with Bag(file, Problems()) as bag:
        assert (bag.name, bag.message_count) == ('drive', 40)
        assert (bag.start_ns, bag.end_ns) == (stamp(0), stamp(39))
        assert {topic: (info.type, info.messages) for topic, info in bag.topics.items()} == {
            PICTURES: (PICTURE, 20), WORDS: (WORD, 20)}
        picture = bag.decode(next(bag.messages([PICTURES])))
    assert (picture.header.frame_id, picture.header.stamp.sec, len(picture.data)) == (
        'camera', 1, 20_000)


@every_format
def test_messages_out_of_order_in_the_file_are_put_in_order(
        write_bag: Write, tmp_path: Path) -> None:
    mixed = MESSAGES.copy()
    random.Random(1).shuffle(mixed)
    assert read(write_bag(tmp_path / 'drive', mixed)) == (MESSAGES, [])


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_split_bag_is_one_recording(tmp_path: Path, storage: str) -> None:
    write_split(tmp_path / 'drive', [MESSAGES[:15], MESSAGES[15:30], MESSAGES[30:]], storage)
    assert read(tmp_path / 'drive') == (MESSAGES, [])


def test_files_of_a_split_bag_that_overlap_are_merged(tmp_path: Path) -> None:
    write_split(tmp_path / 'drive', [MESSAGES[::3], MESSAGES[1::3], MESSAGES[2::3]])
    assert read(tmp_path / 'drive') == (MESSAGES, [])


def test_several_can_read_a_bag_at_a_time(tmp_path: Path) -> None:
    file = write_mcap(tmp_path / 'drive.mcap', MESSAGES)
    with Bag(file, Problems()) as bag:
        for one, other in zip(bag.messages(), bag.messages()):
            assert one == other


def test_what_lies_before_the_start_is_not_unpacked(tmp_path: Path) -> None:
    messages = sent(200)
    file = write(tmp_path / 'drive', messages)
    overwrite(file, 1000, 50_000)   # the first of two chunks
    assert read(file, start_ns=stamp(190)) == (messages[190:], [])
    assert len(read(file)[1]) == 1


def test_a_ros1_message_has_the_fields_of_ros2(tmp_path: Path) -> None:
    """A CameraInfo of ROS 1 has a matrix `K`, a header that counts, and its own definition."""
    store = get_typestore(Stores.ROS1_NOETIC)
    kind = 'sensor_msgs/msg/CameraInfo'
    info = store.types[kind](
        header=store.types['std_msgs/msg/Header'](
            seq=7, stamp=store.types['builtin_interfaces/msg/Time'](sec=5, nanosec=6),
            frame_id='front'),
        height=240, width=320, distortion_model='plumb_bob', D=np.zeros(5), K=np.arange(9.0),
        R=np.zeros(9), P=np.zeros(12), binning_x=0, binning_y=0,
        roi=store.types['sensor_msgs/msg/RegionOfInterest'](
            x_offset=0, y_offset=0, height=0, width=0, do_rectify=False))
    with Ros1Writer(tmp_path / 'drive.bag') as writer:
        connection = writer.add_connection('/info', kind, typestore=store)
        writer.write(connection, stamp(0), store.serialize_ros1(info, kind))
    with Bag(tmp_path / 'drive.bag', Problems()) as bag:
        given = bag.decode(next(bag.messages()))
    assert (given.header.frame_id, given.header.stamp.nanosec, given.width) == ('front', 6, 320)
    assert list(given.k) == list(range(9))


def test_the_shipped_drive_can_be_read() -> None:
    problems = Problems()
    with Bag(shipped.demo_drive() / 'bag', problems) as bag:
        decoded = [bag.decode(message) for message in bag.messages()]
        durability = {topic: info.qos[0].durability.name for topic, info in bag.topics.items()}
        assert len(decoded) == bag.message_count
    assert not len(problems)
    assert durability.pop('/tf_static') == 'TRANSIENT_LOCAL'
    assert set(durability.values()) == {'VOLATILE'}
