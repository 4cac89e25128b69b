# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where bags lie, and which files belong to one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import yaml

from mpnp_ros.evaluation.bags.bag_message import BagError
from mpnp_ros.evaluation.bags.bag_storage import Note

METADATA = 'metadata.yaml'
PACKED = '.zstd'   # a file that was compressed as a whole
_SUFFIXES = ('.mcap', '.db3', '.bag')
_PLUGINS = ('mcap', 'sqlite3')
_KEY = 'rosbag2_bagfile_information'


@dataclass(frozen=True)
class BagFiles:
    """The files of a bag in their order.

    :ivar messages: how many there should be, None where nothing says so.
    :ivar metadata: of a bag that was written by other plugins than those for mcap, sqlite3 and
        zstd, whose files are read by them.
    """

    paths: tuple[Path, ...]
    messages: int | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


def find_bags(path: Path | str) -> list[Path]:
    """Return the bag at a path, or those in the folder and below it, sorted.

    A folder is a bag if it has a `metadata.yaml` or nothing but the files of one recording.
    Raises BagError where there is none.
    """
    path = Path(path)
    if not path.exists():
        raise BagError(f'{path}: no such file or folder')
    if path.is_file():
        if not is_storage(path):
            raise BagError(f'{path}: expected a bag: a folder, or a file that ends in '
                           f'{", ".join(_SUFFIXES)} (or in {PACKED} after that)')
        return [path]
    try:
        found = list(_below(path))
    except OSError as error:
        raise BagError(f'{path}: the folder cannot be read: {error}') from error
    if not found:
        raise BagError(f'{path}: there is no bag in this folder')
    return found


def is_storage(path: Path) -> bool:
    """Tell whether a file is one that messages are stored in, by its name."""
    return plain_name(path).endswith(_SUFFIXES) and path.is_file()


def plain_name(path: PurePath) -> str:
    """Return the name of a file without what compression has added to it."""
    return path.name.removesuffix(PACKED)


def files_of(path: Path, note: Note) -> BagFiles:
    """Return the files of a bag, and note those that are missing; raises BagError."""
    if not path.exists():
        raise BagError(f'{path}: no such file or folder')
    if path.is_file():
        find_bags(path)
        return BagFiles((path,))
    try:
        there = sorted(file for file in path.iterdir() if is_storage(file))
    except OSError as error:
        raise BagError(f'{path}: the folder cannot be read: {error}') from error
    try:
        given = _read_metadata(path / METADATA)
    except (ValueError, OSError) as error:
        if not there:
            raise BagError(f'{path}: {error}, and no file of a bag') from error
        note(f'{error}: the files are read without it', '')
        return BagFiles(tuple(there))
    # Old versions name files by their path at the time of recording.
    named = [path / PurePath(file).name for file in given['relative_file_paths']]
    if (given.get('storage_identifier', 'mcap') not in _PLUGINS
            or (given.get('compression_format') or 'zstd') != 'zstd'):
        return BagFiles((), metadata=given)
    missing = [file for file in named if not file.is_file()]
    if len(missing) == len(named) and there:
        note(f'no file is there that {METADATA} names: those that are there are read', '')
        return BagFiles(tuple(there))
    for file in missing:
        note('a file of the bag is missing', file.name)
    return BagFiles(tuple(file for file in named if file.is_file()), given.get('message_count'))


def _read_metadata(path: Path) -> dict[str, Any]:
    """Return what describes a bag; raises ValueError with the cause."""
    if not path.is_file():
        raise ValueError(f'there is no {METADATA}')
    try:
        given = yaml.safe_load(path.read_text(encoding='utf-8'))[_KEY]
        if not isinstance(given['relative_file_paths'], list):
            raise TypeError('relative_file_paths: expected a list')
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(f'{METADATA} cannot be read ({" ".join(str(error).split())})') from error
    return dict(given)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the bags in a folder in order of their names."""
    if (folder / METADATA).is_file():
        yield folder
        return
    children = sorted(folder.iterdir())
    files = [child for child in children if is_storage(child)]
    # A recorder names the files of a bag after its folder: drive/drive_0.mcap, drive_1.mcap.
    if files and all(plain_name(file).rpartition('_')[0] == folder.name for file in files):
        yield folder
        return
    for child in children:
        if child in files:
            yield child
        elif child.is_dir():
            yield from _below(child)
