# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Of a damaged bag the rest is read, and what is wrong is said with its place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
import random
import re
import shutil
import sqlite3

from bags import (
    chunks,
    cut,
    overwrite,
    read,
    Sent,
    sent,
    stamp,
    steps,
    write,
    write_mcap,
    write_packed,
    write_ros1,
)
import pytest

from mpnp_ros.evaluation.bags.bag import Bag, BagError, MessageError
from mpnp_ros.evaluation.problem import Problem, Problems

MESSAGES = sent(150)   # two chunks

Write = Callable[[Path, list[Sent]], Path]
FORMATS: dict[str, Write] = {
    'mcap': write,
    'mcap, lz4': lambda path, sent: write_mcap(path.with_suffix('.mcap'), sent, per_chunk=20),
    'mcap, no chunks': lambda path, sent: write_mcap(path.with_suffix('.mcap'), sent),
    'sqlite3': lambda path, sent: write(path, sent, storage='sqlite3', compression='none'),
    'ROS 1': lambda path, sent: write_ros1(path.with_suffix('.bag'), sent),
    'ROS 1, lz4': lambda path, sent: write_ros1(path.with_suffix('.bag'), sent, 'lz4'),
}
every_format = pytest.mark.parametrize('write_bag', FORMATS.values(), ids=FORMATS)


@every_format
def test_a_cut_file_is_read_up_to_the_cut(write_bag: Write, tmp_path: Path) -> None:
    """The cut lies within a chunk: what the chunk holds before it counts too."""
    file = write_bag(tmp_path / 'drive', MESSAGES)
    cut(file, round(file.stat().st_size * 0.6))
    messages, problems = read(file)
    assert messages == MESSAGES[:len(messages)]
    assert 80 < len(messages) < 95
    assert 'the file is cut off' in [problem.what for problem in problems]
    assert all(re.match(rf'{file.name}, byte \d+$', place)
               for problem in problems for place in problem.places)


@every_format
def test_a_cut_file_can_be_read_from_a_time_on(write_bag: Write, tmp_path: Path) -> None:
    file = write_bag(tmp_path / 'drive', MESSAGES)
    cut(file, round(file.stat().st_size * 0.6))
    assert read(file, start_ns=stamp(70), end_ns=stamp(75))[0] == MESSAGES[70:76]


@every_format
def test_wherever_a_file_is_cut_nothing_is_invented(write_bag: Write, tmp_path: Path) -> None:
    file = write_bag(tmp_path / 'drive', sent(20, picture_bytes=3000))
    whole, spoilt = file.read_bytes(), tmp_path / f'cut{file.suffix}'
    for size in steps(len(whole), 25):
        spoilt.write_bytes(whole[:size])
        try:
            messages, problems = read(spoilt)
        except BagError as error:
            assert str(spoilt) in str(error)
        else:
            assert messages == sent(20, picture_bytes=3000)[:len(messages)]
            assert problems or len(messages) == 20   # the last page of sqlite3 holds an index


@every_format
def test_bytes_turned_over_never_end_in_a_crash(write_bag: Write, tmp_path: Path) -> None:
    file = write_bag(tmp_path / 'drive', sent(20, picture_bytes=3000))
    whole, spoilt = file.read_bytes(), tmp_path / f'spoilt{file.suffix}'
    dice = random.Random(2)
    for _ in range(20):
        data = bytearray(whole)
        for _ in range(5):
            data[dice.randrange(len(data))] = dice.randrange(256)
        spoilt.write_bytes(data)
        try:
            with Bag(spoilt, Problems()) as bag:
                stamps = []
                for message in bag.messages():
                    stamps.append(message.stamp_ns)
                    try:
                        bag.decode(message)
                    except MessageError as error:
                        assert message.topic in str(error)
                assert stamps == sorted(stamps)
        except BagError as error:
            assert str(spoilt) in str(error)


def test_the_chunks_behind_a_damaged_one_are_read(tmp_path: Path) -> None:
    messages = sent(250)   # three chunks
    file = write(tmp_path / 'drive', messages)
    begin, _ = chunks(file)[1]
    overwrite(file, begin + 40, 100)
    found, (problem,) = read(file)
    assert found[:100] == messages[:100]
    assert found[-30:] == messages[-30:]
    assert len(found) < 250
    assert problem.what.startswith('a chunk cannot be read: compression')
    assert problem.places == [f'{file.name}, byte {begin}']


def test_a_chunk_with_a_wrong_checksum_is_left_out(tmp_path: Path) -> None:
    file = write_mcap(tmp_path / 'drive.mcap', MESSAGES[:30], per_chunk=10)
    begin, end = chunks(file)[1]
    overwrite(file, (begin + end) // 2, 1000)   # pixels, which lz4 keeps as they are
    found, (problem,) = read(file)
    assert found == MESSAGES[:10] + MESSAGES[20:30]
    assert problem == Problem('a chunk cannot be read: its checksum is wrong', 1,
                              [f'drive.mcap, byte {begin}'])


def test_a_chunk_whose_records_break_off_is_told_of(tmp_path: Path) -> None:
    file = write_mcap(tmp_path / 'drive.mcap', MESSAGES[:30], per_chunk=10, checksums=False)
    cut(file, -10)   # without an end it is salvaged
    begin, _ = chunks(file)[1]
    record = file.read_bytes().index(MESSAGES[13][2][:60]) - 31
    overwrite(file, record, 9)
    found, problems = read(file)
    assert found == MESSAGES[:13] + MESSAGES[20:30]
    assert Problem('the records of a chunk break off', 1,
                   [f'drive.mcap, byte {begin}']) in problems


def test_chunks_behind_a_damaged_index_of_messages_are_read(tmp_path: Path) -> None:
    """A record whose length is lost hides the next; the index at the end knows where that is."""
    messages = sent(250)
    file = write(tmp_path / 'drive', messages)
    (_, behind_first), (second, _), _ = chunks(file)
    overwrite(file, behind_first, second + 100 - behind_first)
    found, (problem,) = read(file)
    assert found[:100] == messages[:100]
    assert found[-30:] == messages[-30:]
    assert problem.what == 'a stretch of the file is damaged'
    assert problem.places == [f'{file.name}, byte {at}' for at in (behind_first, second)]


def test_rows_are_found_though_the_tree_above_them_is_gone(tmp_path: Path) -> None:
    """No row of this file is read by SQLite itself."""
    messages = sent(1500, picture_bytes=4000)
    file = write(tmp_path / 'drive', messages, storage='sqlite3', compression='none')
    cut(file, file.stat().st_size // 2)
    found, _ = read(file)
    assert found == messages[:len(found)]
    assert len(found) > 700


def test_a_file_without_its_index_is_complete(tmp_path: Path) -> None:
    file = write(tmp_path / 'drive', MESSAGES)
    cut(file, -10)
    messages, (problem,) = read(file)
    assert messages == MESSAGES
    assert problem.what == 'the file is cut off'


def test_damage_that_is_met_while_reading_costs_no_message_before_it(tmp_path: Path) -> None:
    """Equal stamps are the hard case: those that were given are not given again."""
    messages = [(topic, stamp(index // 7), data)
                for index, (topic, _, data) in enumerate(MESSAGES)]
    file = write(tmp_path / 'drive', messages)
    overwrite(file, chunks(file)[1][0] + 60, 100)
    found, problems = read(file)
    assert len(problems) == 1
    assert found == messages[:len(found)]
    assert len(found) > 90


def test_messages_that_vanish_from_a_chunk_without_checksum_are_counted(tmp_path: Path) -> None:
    """Zeros are records without content to a reader, so nothing but the count tells of them."""
    file = write(tmp_path / 'drive', MESSAGES[:10], compression='none')
    (begin, end), = chunks(file)
    overwrite(file, begin + 9 + 40 + 1000, end - begin - 1049)
    found, (problem,) = read(file)
    assert found == MESSAGES[:len(found)]
    assert (problem.what, problem.count) == (
        'messages that the index counts are not there', 10 - len(found))


def test_a_cut_compressed_file_is_read_up_to_the_cut(tmp_path: Path) -> None:
    file = write_packed(tmp_path / 'drive', MESSAGES, 'mcap', 'file')
    cut(file, file.stat().st_size // 2)
    messages, problems = read(tmp_path / 'drive')
    assert messages == MESSAGES[:len(messages)]
    assert len(messages) > 60
    assert 'drive, drive.mcap.zstd' in [place for one in problems for place in one.places]


def test_rows_that_a_killed_recorder_left_in_its_log_are_read(tmp_path: Path) -> None:
    """The recorder's connection is open while its files are copied, as when its machine dies."""
    file = write(tmp_path / 'drive', MESSAGES[:4], storage='sqlite3', compression='none')
    (tmp_path / 'killed').mkdir()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute('PRAGMA journal_mode=WAL')
        for topic, stamp_ns, data in MESSAGES[4:10]:
            connection.execute(
                'INSERT INTO messages (topic_id, timestamp, data) '
                'SELECT id, ?, ? FROM topics WHERE name = ?', (stamp_ns, data, topic))
        connection.commit()
        for one in (file, file.with_name(f'{file.name}-wal')):
            shutil.copyfile(one, tmp_path / 'killed' / one.name)
    before = sorted((tmp_path / 'killed').iterdir())
    messages, problems = read(tmp_path / 'killed')
    assert messages == MESSAGES[:10]
    assert 'the recorder was stopped before it had added its log to the file: both are read' in [
        problem.what for problem in problems]
    assert sorted((tmp_path / 'killed').iterdir()) == before


def test_a_damaged_message_is_counted_and_the_others_are_read(tmp_path: Path) -> None:
    file = write_packed(tmp_path / 'drive', MESSAGES[:10], 'mcap', 'message')
    data = bytearray(file.read_bytes())
    first = data.index(b'\x28\xb5\x2f\xfd')
    data[first + 4:first + 12] = b'\xff' * 8
    file.write_bytes(data)
    messages, (problem,) = read(tmp_path / 'drive')
    assert messages == MESSAGES[1:10]
    assert problem.what.startswith('/words: zstd data are damaged')
    assert problem.places == [f'drive, stamp {stamp(0)}']


@pytest.mark.parametrize('name, content, cause', [
    ('empty.mcap', b'', 'the file is empty'),
    ('text.mcap', b'not a bag at all', 'it does not begin as an mcap file'),
    ('text.db3', b'not a bag at all', 'it does not begin as an sqlite3 file'),
    ('text.bag', b'not a bag at all', 'it does not begin as a ROS 1 bag'),
    ('head.mcap', b'\x89MCAP0\r\n', 'the bag holds no messages'),
])
def test_a_file_that_is_no_bag_says_so(
        tmp_path: Path, name: str, content: bytes, cause: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BagError, match=f'{name}: {cause}'):
        Bag(tmp_path / name, Problems())
