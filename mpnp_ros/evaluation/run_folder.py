# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The folder an evaluation leaves behind: what is in it, and how to read it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from mpnp_ros.evaluation.problem import Problem, Problems
from mpnp_ros.evaluation.record import (
    AnswerTiming, Record, record_from, timing_from, to_line)


class RunError(ValueError):
    """A folder that is no evaluation's, or a damaged one; the text names the file."""


class RunFolder:
    """The files of one evaluation.

    ===================  ======================================================================
    `run.json`           configuration, bags, models, options; the same for the same inputs
    `records.jsonl`      one `Record` a line, in the order of the questions; deterministic
    `timings.jsonl`      one `AnswerTiming` a line: what the clock said
    `problems.json`      what was wrong with the inputs, with places and counts
    `scores.json`        figures computed from the above
    `records.csv`        the records as a table
    `report.html`        the report, self-contained
    `frames/`            JPEG pictures of the moments behind wrong answers
    ===================  ======================================================================
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    @property
    def records_path(self) -> Path:
        """Return the path of the records."""
        return self.path / 'records.jsonl'

    @property
    def timings_path(self) -> Path:
        """Return the path of the timings."""
        return self.path / 'timings.jsonl'

    @property
    def report_path(self) -> Path:
        """Return the path of the report."""
        return self.path / 'report.html'

    @property
    def frames_path(self) -> Path:
        """Return the folder of the pictures."""
        return self.path / 'frames'

    def records(self) -> Iterator[Record]:
        """Read the records; raises RunError naming the line that cannot be read."""
        for number, fields in self._lines(self.records_path):
            try:
                yield record_from(fields)
            except ValueError as error:
                raise RunError(f'{self.records_path}, line {number}: {error}') from error

    def timings(self) -> Iterator[AnswerTiming]:
        """Read the timings, none where the run left none; raises RunError as `records` does."""
        if not self.timings_path.is_file():
            return
        for number, fields in self._lines(self.timings_path):
            try:
                yield timing_from(fields)
            except ValueError as error:
                raise RunError(f'{self.timings_path}, line {number}: {error}') from error

    def write_records(self, records: Iterable[Record]) -> None:
        """Replace the records as a whole: a run that is cut off leaves the old ones or none."""
        self.write_text('records.jsonl', ''.join(f'{to_line(one)}\n' for one in records))

    def write_timings(self, timings: Iterable[AnswerTiming]) -> None:
        """Replace the timings as a whole."""
        self.write_text('timings.jsonl', ''.join(f'{to_line(one)}\n' for one in timings))

    def problems(self) -> Problems:
        """Read what was wrong with the inputs."""
        found = Problems()
        for fields in self.read_json('problems.json'):
            found.take_one(Problem(**fields))
        return found

    def write_problems(self, problems: Problems) -> None:
        """Write what was wrong with the inputs."""
        self.write_json('problems.json', [dataclasses.asdict(problem) for problem in problems])

    def read_json(self, name: str) -> Any:
        """Read one of the JSON files; raises RunError where it is missing or damaged."""
        path = self.path / name
        try:
            return json.loads(path.read_text(encoding='utf-8'))
        except OSError as error:
            raise RunError(f'{path}: cannot be read: {error.strerror}') from error
        except ValueError as error:
            raise RunError(f'{path}: not complete JSON: {error}') from error

    def write_json(self, name: str, content: Any) -> None:
        """Write one of the JSON files as a whole."""
        self.write_text(name, json.dumps(content, ensure_ascii=False, indent=1) + '\n')

    def write_text(self, name: str, text: str) -> None:
        """Write a file as a whole or not at all."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_whole(self.path / name, text)

    def _lines(self, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            with path.open(encoding='utf-8') as lines:
                for number, line in enumerate(lines, 1):
                    try:
                        yield number, json.loads(line)
                    except ValueError as error:
                        raise RunError(f'{path}, line {number}: not JSON: {error}') from error
        except OSError as error:
            raise RunError(f'{path}: cannot be read: {error.strerror}') from error


def write_whole(path: Path, text: str) -> None:
    """Write a file as a whole or not at all, also when the machine stops."""
    unfinished = path.with_name(f'.{path.name}.part')
    with unfinished.open('w', encoding='utf-8') as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
