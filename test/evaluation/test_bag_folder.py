# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where bags lie, and which files belong to one."""

from __future__ import annotations

from pathlib import Path

from bags import (
    cut,
    read,
    read_metadata,
    sent,
    write,
    write_mcap,
    write_metadata,
    write_packed,
    write_ros1,
    write_split,
)
import pytest

from mpnp_ros.evaluation.bags.bag import Bag, BagError, find_bags
from mpnp_ros.evaluation.problem import Problem, Problems

MESSAGES = sent(30)
NO_METADATA = 'there is no metadata.yaml: the files are read without it'


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_folder_without_metadata_is_read_and_told_of(tmp_path: Path, storage: str) -> None:
    write(tmp_path / 'drive', MESSAGES, storage=storage)
    (tmp_path / 'drive' / 'metadata.yaml').unlink()
    assert read(tmp_path / 'drive') == (MESSAGES, [Problem(NO_METADATA, 1, ['drive'])])


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_file_alone_is_a_bag(tmp_path: Path, storage: str) -> None:
    file = write(tmp_path / 'drive', MESSAGES, storage=storage)
    file = file.rename(tmp_path / f'alone{file.suffix}')
    assert find_bags(file) == [file]
    assert read(file) == (MESSAGES, [])
    with Bag(file, Problems()) as bag:
        assert bag.name == 'alone'


def test_split_files_without_metadata_are_one_bag(tmp_path: Path) -> None:
    write_split(tmp_path / 'drive', [MESSAGES[:10], MESSAGES[10:20], MESSAGES[20:]])
    (tmp_path / 'drive' / 'metadata.yaml').unlink()
    assert find_bags(tmp_path) == [tmp_path / 'drive']
    assert read(tmp_path / 'drive') == (MESSAGES, [Problem(NO_METADATA, 1, ['drive'])])


@pytest.mark.parametrize('text, cause', [
    ('rosbag2_bagfile_information: [', 'while parsing'),
    ('version: 9', "'rosbag2_bagfile_information'"),
    ('rosbag2_bagfile_information: {version: 9}', "'relative_file_paths'"),
    ('rosbag2_bagfile_information: {relative_file_paths: 3}', 'expected a list'),
    ('', 'NoneType'),
])
def test_metadata_that_cannot_be_read_is_told_of(tmp_path: Path, text: str, cause: str) -> None:
    write(tmp_path / 'drive', MESSAGES)
    (tmp_path / 'drive' / 'metadata.yaml').write_text(text)
    messages, (problem,) = read(tmp_path / 'drive')
    assert messages == MESSAGES
    assert problem.what.startswith('metadata.yaml cannot be read')
    assert cause in problem.what
    assert problem.places == ['drive']


def test_a_missing_file_of_a_split_bag_is_told_of_and_the_others_are_read(tmp_path: Path) -> None:
    files = write_split(tmp_path / 'drive', [MESSAGES[:10], MESSAGES[10:20], MESSAGES[20:]])
    files[1].unlink()
    assert read(tmp_path / 'drive') == (MESSAGES[:10] + MESSAGES[20:], [
        Problem('a file of the bag is missing', 1, ['drive, drive_1.mcap']),
        Problem('messages that metadata.yaml counts are not there', 10, ['drive'])])


def test_a_file_of_a_split_bag_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    files = write_split(tmp_path / 'drive', [MESSAGES[:10], MESSAGES[10:20], MESSAGES[20:]])
    cut(files[1], 0)
    messages, problems = read(tmp_path / 'drive')
    assert messages == MESSAGES[:10] + MESSAGES[20:]
    assert problems[0] == Problem(
        'a file of the bag cannot be read: the file is empty', 1, ['drive, drive_1.mcap'])


def test_a_file_that_was_renamed_is_found(tmp_path: Path) -> None:
    file = write(tmp_path / 'drive', MESSAGES)
    file.rename(file.with_name('other.mcap'))
    messages, (problem,) = read(tmp_path / 'drive')
    assert messages == MESSAGES
    assert problem.what == ('no file is there that metadata.yaml names: those that are there are '
                            'read')


def test_a_recording_that_was_killed_lacks_messages_that_were_counted(tmp_path: Path) -> None:
    write(tmp_path / 'drive', MESSAGES)
    write_metadata(tmp_path / 'drive', read_metadata(tmp_path / 'drive') | {'message_count': 45})
    assert read(tmp_path / 'drive') == (MESSAGES, [
        Problem('messages that metadata.yaml counts are not there', 15, ['drive'])])


def test_bags_of_every_format_are_found_in_a_folder_and_below(tmp_path: Path) -> None:
    bags = [tmp_path / 'a' / 'monday', tmp_path / 'a' / 'tuesday.mcap', tmp_path / 'b',
            tmp_path / 'c.bag', tmp_path / 'd.db3', tmp_path / 'e' / 'packed']
    write(bags[0], MESSAGES)
    write_mcap(bags[1], MESSAGES)
    write_split(bags[2], [MESSAGES[:10], MESSAGES[10:]])
    write_ros1(bags[3], MESSAGES)
    write(tmp_path / 'd', MESSAGES, storage='sqlite3').rename(bags[4])
    (tmp_path / 'd' / 'metadata.yaml').unlink()
    write_packed(bags[5], MESSAGES, 'mcap', 'file')
    (tmp_path / 'notes.txt').write_text('not a bag')
    assert find_bags(tmp_path) == bags
    assert find_bags(bags[0]) == [bags[0]]
    assert all(read(bag) == (MESSAGES, []) for bag in bags)


def test_files_of_other_names_in_a_folder_are_bags_of_their_own(tmp_path: Path) -> None:
    bags = [write_mcap(tmp_path / name, MESSAGES) for name in ('one.mcap', 'two.mcap')]
    assert find_bags(tmp_path) == bags


@pytest.mark.parametrize('use', [find_bags, lambda path: Bag(path, Problems())],
                         ids=['found', 'opened'])
@pytest.mark.parametrize('name, cause', [
    ('nowhere', 'no such file or folder'),
    ('empty', 'no .*bag'),
    ('notes.txt', 'expected a bag: a folder, or a file that ends in .mcap, .db3, .bag'),
])
def test_a_path_without_a_bag_is_named(tmp_path: Path, use, name: str, cause: str) -> None:
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'notes.txt').write_text('not a bag')
    with pytest.raises(BagError, match=f'{name}: .*{cause}'):
        use(tmp_path / name)


def test_a_bag_without_any_of_its_files_is_named(tmp_path: Path) -> None:
    write(tmp_path / 'drive', MESSAGES).unlink()
    with pytest.raises(BagError, match='drive: none of its files is there'):
        Bag(tmp_path / 'drive', Problems())
