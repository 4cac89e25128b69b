# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is not understood in a bag is told of, and the rest is read."""

from __future__ import annotations

from pathlib import Path

from bags import (
    PICTURE,
    PICTURES,
    read,
    read_metadata,
    sent,
    stamp,
    WORD,
    WORDS,
    write,
    write_mcap,
    write_metadata,
    write_split,
)
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg
from rosbags.typesys.store import Typestore

from mpnp_ros.evaluation.bags.bag import Bag, BagError, MessageError
from mpnp_ros.evaluation.bags.bag_plugin import PluginStorage
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.evaluation.bags.typestore import typestore, typestore_with
from mpnp_ros.evaluation.problem import Problem, Problems

MESSAGES = sent(10)
EVENT = 'example_interfaces/srv/AddTwoInts_Event'


def jazzy_and(definitions: dict[str, str]) -> Typestore:
    """Return the types of Jazzy with some added or defined in another way."""
    types = {}
    for name, text in definitions.items():
        types.update(get_types_from_msg(text, name))
    return typestore_with(types)


def write_one(path: Path, topic: str, kind: str, *, store: Typestore, storage: str = 'mcap',
              **fields: object) -> Path:
    """Write a bag with one message."""
    with BagWriter(path, storage=storage, typestore=store) as bag:
        bag.write_message(topic, kind, stamp(0), store.types[kind](**fields))
    return path


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_bag_without_messages_is_refused(tmp_path: Path, storage: str) -> None:
    with Writer(tmp_path / 'drive', version=9,
                storage_plugin=StoragePlugin[storage.upper()]) as writer:
        writer.add_connection(WORDS, WORD, typestore=typestore())
    with pytest.raises(BagError, match='drive: the bag holds no messages'):
        Bag(tmp_path / 'drive', Problems())


def test_a_bag_of_service_events_is_refused_by_their_names(tmp_path: Path) -> None:
    file = write_mcap(tmp_path / 'drive.mcap', [('/add/_service_event', stamp(0), bytes(8))],
                      undefined={'/add/_service_event': EVENT})
    with pytest.raises(BagError, match='nothing but service events .*/add/_service_event'):
        Bag(file, Problems())


def test_service_events_beside_other_topics_are_nothing_to_tell_of(tmp_path: Path) -> None:
    event = ('/add/_service_event', stamp(0), bytes(8))
    file = write_mcap(tmp_path / 'drive.mcap', [*MESSAGES, event],
                      undefined={'/add/_service_event': EVENT})
    assert read(file, topics=[WORDS]) == (MESSAGES[::2], [])


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_type_is_read_as_the_bag_defines_it(tmp_path: Path, storage: str) -> None:
    """Both a type that no one else knows, and one that was another in the past."""
    kind = 'robot/msg/Battery'
    store = jazzy_and({
        kind: 'std_msgs/String cell\nfloat32 volts', WORD: 'string data\nint8 tone'})
    write_one(tmp_path / 'drive', '/battery', kind, store=store, storage=storage,
              cell=store.types[WORD](data='left', tone=3), volts=12.5)
    problems = Problems()
    with Bag(tmp_path / 'drive', problems) as bag:
        message = bag.decode(next(bag.messages()))
    assert (message.cell.data, message.cell.tone, message.volts) == ('left', 3, 12.5)
    assert not len(problems)


def test_bags_that_define_a_type_otherwise_do_not_disturb_each_other(tmp_path: Path) -> None:
    kind = 'robot/msg/Battery'
    one, other = jazzy_and({kind: 'float32 volts'}), jazzy_and({kind: 'int8 percent'})
    write_one(tmp_path / 'one', '/battery', kind, store=one, volts=12.5)
    write_one(tmp_path / 'other', '/battery', kind, store=other, percent=80)
    with Bag(tmp_path / 'one', Problems()) as first, Bag(tmp_path / 'other', Problems()) as second:
        assert second.decode(next(second.messages())).percent == 80
        assert first.decode(next(first.messages())).volts == 12.5


def test_a_type_without_definition_is_told_once_and_its_topic_is_kept(tmp_path: Path) -> None:
    kind = 'robot/msg/Battery'
    file = write_mcap(
        tmp_path / 'drive.mcap',
        [('/battery', stamp(index), bytes(8)) for index in range(3)] + MESSAGES[4:],
        undefined={'/battery': kind})
    problems = Problems()
    with Bag(file, problems) as bag:
        assert (bag.topics['/battery'].type, bag.topics['/battery'].messages) == (kind, 3)
        for message in bag.messages(['/battery']):
            with pytest.raises(MessageError, match=f'/battery: there is no definition of {kind}'):
                bag.decode(message)
        assert bag.decode(next(bag.messages([WORDS]))).data == 'word 4'
    assert list(problems) == [Problem(
        f'/battery: no definition of {kind}, its messages cannot be decoded', 1, ['drive'])]


def test_a_message_that_is_not_of_its_type_says_so_with_its_stamp(tmp_path: Path) -> None:
    file = write_mcap(tmp_path / 'drive.mcap', [(WORDS, stamp(0), b'\0\1\0\0\xff\xff\0\0ab')])
    with Bag(file, Problems()) as bag:
        message = next(bag.messages())
        with pytest.raises(MessageError, match=f'/words: 10 bytes are no {WORD}: ') as caught:
            bag.decode(message)
    assert caught.value.stamp_ns == stamp(0)


def test_a_topic_of_another_serialisation_is_named_and_skipped(tmp_path: Path) -> None:
    write_split(tmp_path / 'drive', [MESSAGES[::2], MESSAGES[1::2]])
    write_mcap(tmp_path / 'drive' / 'drive_1.mcap', MESSAGES[1::2], encoding='protobuf',
               schema='protobuf')
    messages, problems = read(tmp_path / 'drive')
    assert messages == MESSAGES[::2]
    assert problems == [Problem(
        "/pictures is skipped: serialised as 'protobuf', expected 'cdr'", 1, ['drive'])]


def test_a_topic_of_another_middleware_in_sqlite3_is_named_and_skipped(tmp_path: Path) -> None:
    with Writer(tmp_path / 'drive', version=9) as writer:
        words = writer.add_connection(WORDS, WORD, typestore=typestore())
        pictures = writer.add_connection(
            PICTURES, PICTURE, typestore=typestore(), serialization_format='rmw_other')
        for topic, stamp_ns, data in MESSAGES:
            writer.write(words if topic == WORDS else pictures, stamp_ns, data)
    problems = Problems()
    with Bag(tmp_path / 'drive', problems) as bag:
        assert list(bag.topics) == [WORDS]
        assert bag.message_count == 5
        assert [message.topic for message in bag.messages()] == [WORDS] * 5
    assert [problem.what for problem in problems] == [
        "/pictures is skipped: serialised as 'rmw_other', expected 'cdr'"]


def test_a_bag_of_nothing_but_another_serialisation_is_refused(tmp_path: Path) -> None:
    file = write_mcap(tmp_path / 'drive.mcap', MESSAGES, encoding='json', schema='jsonschema')
    with pytest.raises(BagError, match="nothing but what is serialised as 'json', expected 'cdr'"):
        Bag(file, Problems())


def test_a_topic_with_two_types_is_told_of(tmp_path: Path) -> None:
    files = write_split(tmp_path / 'drive', [MESSAGES[:2], MESSAGES[2:]])
    write_mcap(files[1], [(WORDS, stamp(2), bytes(8))], undefined={WORDS: 'robot/msg/Word'})
    problems = Problems()
    with Bag(tmp_path / 'drive', problems) as bag:
        assert [message.type for message in bag.messages([WORDS])] == [WORD, 'robot/msg/Word']
    assert f'{WORDS} holds {WORD} and robot/msg/Word' in [problem.what for problem in problems]


def test_a_storage_of_another_plugin_is_named_with_the_way_out(tmp_path: Path) -> None:
    write(tmp_path / 'drive', MESSAGES)
    write_metadata(tmp_path / 'drive', read_metadata(tmp_path / 'drive') | {
        'storage_identifier': 'tape'})
    with pytest.raises(BagError, match="drive: storage 'tape', .*ros2 bag convert"):
        Bag(tmp_path / 'drive', Problems())


def test_rosbag2_py_gives_the_same_messages(tmp_path: Path) -> None:
    pytest.importorskip('rosbag2_py', reason='rosbag2 is not on this machine')
    write(tmp_path / 'drive', MESSAGES)
    storage = PluginStorage(tmp_path / 'drive', read_metadata(tmp_path / 'drive'))
    assert [(channel.topic, stamp_ns, bytes(data)) for channel, stamp_ns, data in
            storage.messages([WORDS, PICTURES], stamp(2), stamp(8))] == MESSAGES[2:9]
