# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The error of a data set that is not what its format says."""

from __future__ import annotations

from pathlib import Path


class DatasetError(ValueError):
    """An item of a data set that cannot be imported.

    :ivar place: the file, with a line or a record where that helps.
    :ivar what: what is wrong with it.
    """

    def __init__(self, place: str | Path, what: str) -> None:
        super().__init__(f'{place}: {what}')
        self.place = str(place)
        self.what = what


def read_bytes(path: Path) -> bytes:
    """Return a file's content; raises DatasetError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(path, f'cannot be read: {error.strerror}') from error


def read_text(path: Path) -> str:
    """Return a text file's content; raises DatasetError where it cannot be read."""
    try:
        return read_bytes(path).decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise DatasetError(path, f'not UTF-8: byte {error.start}') from error
