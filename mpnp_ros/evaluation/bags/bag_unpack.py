# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A file of a bag in a form that can be read: unpacked, with what its log still has to add."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
import shutil
import sqlite3

from mpnp_ros.evaluation.bags.bag_compression import decompress_file
from mpnp_ros.evaluation.bags.bag_folder import PACKED, plain_name
from mpnp_ros.evaluation.bags.bag_storage import Note


def needs_unpacking(path: Path) -> bool:
    """Tell whether a file cannot be read where it lies."""
    return path.suffix == PACKED or _has_log(path)


def unpack(path: Path, folder: Path, note: Note) -> Path:
    """Write a file to a folder in a form that can be read, and note what is wrong with it."""
    plain = folder / plain_name(path)
    if path.suffix == PACKED:
        trouble = decompress_file(path, plain)
        if trouble:
            note(f'a file of the bag cannot be unpacked to its end: {trouble}', path.name)
        return plain
    note('the recorder was stopped before it had added its log to the file: both are read',
         path.name)
    shutil.copyfile(path, plain)
    shutil.copyfile(_log(path), _log(plain))
    try:
        with closing(sqlite3.connect(plain)) as connection:
            connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    except sqlite3.Error as error:
        note(f'the log cannot be added: {error}', _log(path).name)
    return plain


def _has_log(path: Path) -> bool:
    """Tell whether a write-ahead log lies beside an sqlite3 file, with something in it."""
    return path.suffix == '.db3' and _log(path).is_file() and _log(path).stat().st_size > 0


def _log(path: Path) -> Path:
    return path.with_name(f'{path.name}-wal')
