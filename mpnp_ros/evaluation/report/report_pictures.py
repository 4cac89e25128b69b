# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures that go into a report, as many as fit: those behind wrong answers first."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from mpnp_ros.evaluation.record import Record
from mpnp_ros.evaluation.run_folder import RunFolder

INDEX = 'index.json'
MOST_BYTES = 7_000_000   # of JPEG; written in base64 they take a third more
_RIGHT_ONES = 2.0        # a rank behind all confidences


class Pictures:
    """The moments that have pictures, and which of them a report can hold.

    Where they do not all fit, moments are left out as a whole.
    """

    def __init__(self, run: RunFolder, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._most_bytes = run.frames_path, most_bytes
        self._index: Mapping[str, Any] = {}
        if (self._folder / INDEX).is_file():
            self._index = run.read_json(f'{self._folder.name}/{INDEX}')
        self._ranks: dict[str, float] = {}

    def see(self, record: Record) -> None:
        """Rank a record that has pictures: the surest of the wrong ones come first."""
        if record.id in self._index and not record.control:
            wrong = record.right is False and not record.refusal
            self._ranks[record.id] = -(record.confidence or 0.0) if wrong else _RIGHT_ONES

    def content(self, rows: Mapping[str, int]) -> tuple[dict[str, Any], dict[str, str]]:
        """Read the pictures that fit; return what there is of them, and the files in base64.

        Of the first, `of` has for each row the pictures of its moment, `left_out` is the number of
        records whose pictures did not fit, `unreadable` are files that are not there.

        :param rows: the row of each record's id.
        """
        files: dict[str, str] = {}
        unreadable: set[str] = set()
        of: dict[int, list[dict[str, Any]]] = {}
        left_out = 0
        for record in sorted(self._ranks, key=lambda name: self._ranks[name]):
            pictures = self._index[record]['pictures']
            fitted = self._read(
                (picture['file'] for picture in pictures), files, unreadable)
            if not fitted:
                left_out += 1
                continue
            shown = [picture for picture in pictures if picture['file'] in files]
            if shown:
                of[rows[record]] = shown
        return {'of': of, 'left_out': left_out, 'unreadable': sorted(unreadable),
                'drawn': bool(self._index)}, files

    def _read(self, names: Iterable[str], files: dict[str, str], unreadable: set[str]) -> bool:
        """Add the files of a moment, or none of them where that would be too much."""
        new = {}
        for name in names:
            path = self._folder / name
            if name in files or name in unreadable:
                continue
            if path.parent != self._folder or not path.is_file():
                unreadable.add(name)
                continue
            new[name] = path.read_bytes()
        size = sum(map(len, new.values()))
        if size > self._most_bytes:
            return False
        self._most_bytes -= size
        files |= {name: base64.b64encode(data).decode() for name, data in new.items()}
        return True
