# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A run folder whose records grow by whole moments, so that a run can be cut off and go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
from typing import Any

from mpnp_ros.evaluation.record import Record, to_line
from mpnp_ros.evaluation.run_folder import RunFolder, write_whole

USABILITY = 'usability.jsonl'
RUN = 'run.json'
Moment = tuple[str, int]   # name of a bag and a stamp, ns


class RecordFile:
    """The records in a folder, and the usability of the sensors at each of their moments.

    Raises ValueError where the folder holds records of something else.

    :ivar done: moments whose records are complete.
    """

    def __init__(self, folder: Path, made_from: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._records, self._usability = folder / 'records.jsonl', folder / USABILITY
        wanted = json.loads(json.dumps(made_from))
        if (folder / RUN).is_file():
            found = RunFolder(folder).read_json(RUN)
            differing = [name for name in {**found, **wanted}
                         if found.get(name) != wanted.get(name)]
            if differing:
                raise ValueError(f'{folder} holds records made from another '
                                 f'{", ".join(sorted(differing))}: choose another --out')
        RunFolder(folder).write_json(RUN, wanted)
        # A moment's usability is written last: it marks the moment as complete.
        known = _whole_lines(self._usability)
        self.done: set[Moment] = {_key(line) for line in known}
        _replace(self._usability, known)
        _replace(self._records, [line for line in _whole_lines(self._records)
                                 if _key(line) in self.done])

    def add(self, moment: Moment, usability: Mapping[str, float], records: Sequence[Record]
            ) -> None:
        """Write all records of a moment."""
        bag, stamp_ns = moment
        _append(self._records, ''.join(f'{to_line(one)}\n' for one in records))
        _append(self._usability, json.dumps({
            'bag': bag, 'stamp_ns': stamp_ns, 'usability': {
                name: round(value, 4) for name, value in sorted(usability.items())}}) + '\n')
        self.done.add(moment)


def _key(line: str) -> Moment:
    fields = json.loads(line)
    return fields['bag'], fields['stamp_ns']


def _whole_lines(path: Path) -> list[str]:
    if not path.is_file():
        return []
    lines = path.read_text(encoding='utf-8').splitlines(keepends=True)
    return lines if not lines or lines[-1].endswith('\n') else lines[:-1]


def _append(path: Path, text: str) -> None:
    with path.open('a', encoding='utf-8') as file:
        file.write(text)


def _replace(path: Path, lines: Sequence[str]) -> None:
    if path.is_file():
        write_whole(path, ''.join(lines))
