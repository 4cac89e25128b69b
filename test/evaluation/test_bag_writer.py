# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A bag that is written is one that ROS 2 Jazzy would have written."""

from __future__ import annotations

from pathlib import Path

from bags import read, read_metadata, sent, stamp, TYPES, WORD, WORDS, write
import numpy as np
import pytest
from rosbags.rosbag2 import Reader

from mpnp_ros import shipped
from mpnp_ros.evaluation.bags.bag import Bag, BagError
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.evaluation.bags.typestore import typestore
from mpnp_ros.evaluation.problem import Problems

LATENTS = 'mpnp_ros/msg/LatentTokens'


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('compression', ['zstd', 'none'])
def test_what_is_written_is_read(tmp_path: Path, storage: str, compression: str) -> None:
    write(tmp_path / 'drive', sent(20), storage=storage, compression=compression)
    assert read(tmp_path / 'drive') == (sent(20), [])
    metadata = read_metadata(tmp_path / 'drive')
    assert (metadata['version'], metadata['storage_identifier']) == (9, storage)


def test_rosbags_reads_what_is_written(tmp_path: Path) -> None:
    write(tmp_path / 'drive', sent(20))
    with Reader(tmp_path / 'drive') as reader:
        assert {one.topic: one.msgtype for one in reader.connections} == TYPES
        assert [(one.topic, stamp_ns, data) for one, stamp_ns, data in reader.messages()] == (
            sent(20))


def test_latched_topics_alone_are_transient_local(tmp_path: Path) -> None:
    word = typestore().types[WORD](data='hello')
    with BagWriter(tmp_path / 'drive', latched=['/mount']) as bag:
        for topic in ('/mount', WORDS):
            bag.write_message(topic, WORD, stamp(0), word)
    with Bag(tmp_path / 'drive', Problems()) as bag:
        qos = {topic: info.qos[0] for topic, info in bag.topics.items()}
    assert (qos['/mount'].durability.name, qos['/mount'].depth) == ('TRANSIENT_LOCAL', 1)
    assert qos[WORDS].durability.name == 'VOLATILE'
    assert {one.reliability.name for one in qos.values()} == {'RELIABLE'}


def test_messages_of_this_package_need_no_ros(tmp_path: Path) -> None:
    types = typestore().types
    time = types['builtin_interfaces/msg/Time'](sec=1, nanosec=2)
    latents = types[LATENTS](
        header=types['std_msgs/msg/Header'](stamp=time, frame_id='base_link'), modality='camera',
        encoder_id='e', weights_hash='w', dtype_code=2, bits=32, tokens=1, width=3,
        scale=np.zeros(0, np.float32), azimuth=np.zeros(1, np.float32),
        azimuth_frame_id='base_link', view=np.zeros(1, np.uint8), views=['front'],
        view_stamps=[time], sequence=4, encode_ms=1.5, data=np.arange(12, dtype=np.uint8))
    with BagWriter(tmp_path / 'drive') as bag:
        bag.write_message('/mpnp/latents/camera', LATENTS, stamp(0), latents)
    with Bag(tmp_path / 'drive', Problems()) as bag:
        read = bag.decode(next(bag.messages()))
    assert (read.modality, read.views, list(read.data)) == ('camera', ['front'], list(range(12)))
    assert read.FLOAT == 2


def test_every_message_of_this_package_is_known() -> None:
    names = {path.stem for path in shipped.message_definitions().glob('*.msg')}
    assert {f'mpnp_ros/msg/{name}' for name in names} <= typestore().types.keys()


def test_a_bag_is_never_written_over(tmp_path: Path) -> None:
    write(tmp_path / 'drive', sent(2))
    with pytest.raises(FileExistsError, match='drive exists already'):
        BagWriter(tmp_path / 'drive')


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="storage 'tape': expected one of mcap, sqlite3"):
        BagWriter(tmp_path / 'drive', storage='tape')
    with pytest.raises(ValueError, match="compression 'rar': expected one of zstd, none"):
        BagWriter(tmp_path / 'drive', compression='rar')
    with BagWriter(tmp_path / 'drive') as bag:
        with pytest.raises(ValueError, match='/a: the typestore has no robot/msg/Arm'):
            bag.write('/a', 'robot/msg/Arm', stamp(0), bytes(8))
        bag.write(*sent(1)[0][:1], WORD, *sent(1)[0][1:])
        with pytest.raises(ValueError, match=f'{WORDS} holds {WORD}, got std_msgs/msg/Int8'):
            bag.write(WORDS, 'std_msgs/msg/Int8', stamp(1), bytes(8))


def test_a_bag_whose_writing_failed_is_told_from_a_whole_one(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), BagWriter(tmp_path / 'drive') as bag:
        for topic, stamp_ns, data in sent(150):
            bag.write(topic, TYPES[topic], stamp_ns, data)
        raise ZeroDivisionError
    messages, problems = read(tmp_path / 'drive')
    assert messages == sent(150)[:len(messages)]
    assert [problem.what for problem in problems] == [
        'there is no metadata.yaml: the files are read without it', 'the file is cut off']


def test_a_bag_without_messages_is_refused_when_it_is_read(tmp_path: Path) -> None:
    with BagWriter(tmp_path / 'drive'):
        pass
    with pytest.raises(BagError, match='holds no messages'):
        Bag(tmp_path / 'drive', Problems())
