# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Write a drive as a bag whose folder also holds its samples and questions; all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
import sqlite3
from typing import Any

from mpnp_ros import messages
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.evaluation.nuscenes_qa.generator import QuestionGenerator, QUESTIONS_PER_SCENE
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.question_files import JSONL, read_questions
from mpnp_ros.evaluation.questions.sample_stamps import SAMPLES
from mpnp_ros.importing.box import markers, scene_of
from mpnp_ros.importing.drive import (
    Annotated,
    ANNOTATIONS_TOPIC,
    BASE_FRAME,
    Drive,
    MOUNTS_TOPIC,
    Recorded,
)
from mpnp_ros.importing.error import DatasetError, read_text

QUESTIONS = 'questions.jsonl'
SEEING = ('camera', 'lidar')   # any of them tells what is where, as questions from boxes ask

Progress = Callable[[int, int, str], None]


class WriteError(OSError):
    """A bag that cannot be written: a full disk, a folder of somebody else."""


@dataclass(frozen=True)
class WriteOptions:
    """How drives are written.

    :ivar keep_going: leave out what cannot be read instead of stopping.
    :ivar questions: most questions for each annotated moment.
    """

    storage: str = 'mcap'
    keep_going: bool = False
    questions: int = QUESTIONS_PER_SCENE
    seed: int = 0


@dataclass(frozen=True)
class Written:
    """What a drive became."""

    folder: Path
    messages: int
    duration_s: float
    questions: int


class DriveWriter:
    """Write drives below a folder, each as a bag of its name.

    :ivar problems: what was left out, with places and counts.
    """

    def __init__(self, folder: Path, options: WriteOptions) -> None:
        self.problems = Problems()
        self._folder = folder
        self._options = options

    def write(self, drive: Drive, progress: Progress | None = None) -> Written:
        """Write one drive.

        Raises DatasetError where the folder exists or an item cannot be read, WriteError where
        the bag cannot be written. Then nothing of the drive is left.
        """
        folder = self._folder / drive.name
        if folder.exists():
            raise DatasetError(folder, 'exists already: a drive is never written over')
        unfinished = folder.with_name(f'.{drive.name}.part')   # hidden from who looks for bags
        shutil.rmtree(unfinished, ignore_errors=True)          # what a killed run left
        try:
            unfinished.mkdir(parents=True)
            written = self._write(drive, unfinished / drive.name, progress or _silent)
            (unfinished / drive.name).replace(folder)
        except (OSError, sqlite3.Error) as error:
            cause = getattr(error, 'strerror', None) or error
            raise WriteError(f'{folder}: cannot be written: {cause}') from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return Written(folder, *written)

    def _write(self, drive: Drive, folder: Path, progress: Progress) -> tuple[int, float, int]:
        items: list[Recorded | Annotated] = [*drive.recorded, *drive.moments]
        items.sort(key=lambda item: item.stamp_ns)
        if not items:
            raise DatasetError(drive.name, 'there is nothing to import')
        asks = QuestionGenerator(f'{self._options.seed}:{drive.name}', self._options.questions)
        questions: list[dict[str, Any]] = []
        count = 0
        with BagWriter(folder, storage=self._options.storage,
                       latched=[MOUNTS_TOPIC]) as bag:
            bag.write_message(
                MOUNTS_TOPIC, 'tf2_msgs/msg/TFMessage', items[0].stamp_ns, messages.transforms(
                    items[0].stamp_ns, [(BASE_FRAME, frame, base_from_sensor)
                                        for frame, base_from_sensor in drive.mounts.items()]))
            for done, item in enumerate(items, 1):
                for topic, kind, message in self._made(drive, item, asks, questions):
                    bag.write_message(topic, kind, item.stamp_ns, message)
                    count += 1
                progress(done, len(items), drive.name)
        if not count:
            raise DatasetError(drive.name, 'nothing of it can be imported')
        _write_text(folder / SAMPLES, json.dumps(
            {moment.token: moment.stamp_ns for moment in drive.moments if moment.token},
            indent=1) + '\n')
        lines = [json.dumps({**one, 'id': f'{drive.name}:{index}'})
                 for index, one in enumerate(questions)]
        if drive.questions is not None:
            lines = self._given(drive, drive.questions, items[0].stamp_ns, items[-1].stamp_ns)
        _write_text(folder / QUESTIONS, ''.join(f'{line}\n' for line in lines))
        return count, (items[-1].stamp_ns - items[0].stamp_ns) / 1e9, len(lines)

    def _given(self, drive: Drive, path: Path, start_ns: int, end_ns: int) -> list[str]:
        """Return the lines of a file of questions, all of which can be asked.

        Keeping going they stay as they are: the evaluation tells again which cannot.
        """
        found = Problems()
        read_questions(path, found, format=JSONL, start_ns=start_ns, end_ns=end_ns,
                       modalities=drive.modalities or None)
        if found and not self._options.keep_going:
            first = next(iter(found))
            raise DatasetError(f'{path.parent}/{first.places[0]}', first.what)
        self.problems.take(found)
        return [line for line in read_text(path).splitlines() if line.strip()]

    def _made(
        self, drive: Drive, item: Recorded | Annotated, asks: QuestionGenerator,
        questions: list[dict[str, Any]],
    ) -> Iterator[tuple[str, str, Any]]:
        """Return the messages of an item: topic, type, message; none where it is left out."""
        try:
            if isinstance(item, Recorded):
                yield item.topic, item.type, item.make()
                return
            boxes = item.boxes()
        except DatasetError as error:
            if not self._options.keep_going:
                raise
            self.problems.add(error.what, error.place)
            return
        yield (ANNOTATIONS_TOPIC, 'visualization_msgs/msg/MarkerArray',
               markers(boxes, BASE_FRAME, item.stamp_ns))
        if drive.questions is not None:
            return
        for question in asks(scene_of(boxes, drive.annotated)):
            questions.append({
                'stamp_ns': item.stamp_ns, 'question': question.text, 'answer': question.answer,
                'candidates': list(question.candidates), 'type': question.type,
                'hop': question.hop, 'needs': [],
                'needs_any': [name for name in SEEING if name in drive.modalities],
                'condition': drive.condition, 'scene': drive.name})


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding='utf-8')


def _silent(done: int, total: int, note: str) -> None:
    pass
