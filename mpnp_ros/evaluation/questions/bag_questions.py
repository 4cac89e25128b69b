# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which questions are about which bag."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from dataclasses import dataclass
from pathlib import Path

from mpnp_ros.evaluation.bags.bag import Bag, BagError, find_bags
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.questions.question_files import AUTO, read_questions
from mpnp_ros.evaluation.questions.sample_stamps import read_sample_stamps

QUESTIONS = 'questions.jsonl'   # looked for beside a bag where no file is named


@dataclass(frozen=True)
class BagQuestions:
    """A bag that can be read, and what is asked about it."""

    path: Path
    name: str
    start_ns: int
    end_ns: int
    topics: tuple[dict[str, object], ...]
    messages: int
    questions: tuple[AskedQuestion, ...]

    def described(self) -> dict[str, object]:
        """Return what run.json says of the bag."""
        return {
            'name': self.name, 'path': str(self.path.resolve()), 'start_ns': self.start_ns,
            'duration_s': (self.end_ns - self.start_ns) / 1e9, 'messages': self.messages,
            'topics': list(self.topics), 'questions': len(self.questions)}


def gather(
    bags: Sequence[Path], files: Sequence[Path], modalities: Sequence[str], problems: Problems, *,
    format: str = AUTO, after_end_s: float = 0.0,
) -> list[BagQuestions]:
    """Return the bags that can be read with their questions; `problems` has the rest.

    As many files as bags belong to them in order; a single one serves all bags, by sample token
    or by stamp; without any, `questions.jsonl` is looked for in and beside each bag. Questions up
    to `after_end_s` after the last message still belong to a bag. Raises ValueError for another
    number of files, and BagError where a path holds no bag.
    """
    paths = [bag for path in bags for bag in find_bags(path)]
    if len(files) not in (0, 1, len(paths)):
        raise ValueError(f'{len(files)} question files for {len(paths)} bags: expected one for '
                         'each, one for all, or none where questions.jsonl lies beside each bag')
    names = _distinct(paths)
    opened = [open_bag(path, name, problems) for path, name in zip(paths, names)]
    gathered = []
    for index, bag in enumerate(opened):
        if bag is None:
            continue
        if len(files) == 1 and len(paths) > 1:
            questions = _of_shared_file(files[0], bag, opened, problems, modalities, format,
                                        after_end_s, first=index == _first(opened))
        else:
            file = files[index] if files else _beside(bag.path)
            if file is None:
                problems.add(f'no questions: no {QUESTIONS} in or beside the bag', bag.name)
                continue
            questions = read_questions(
                file, problems, format=format, stamps=read_sample_stamps(bag.path, problems),
                start_ns=bag.start_ns, end_ns=bag.end_ns + round(after_end_s * 1e9),
                modalities=modalities, bag=bag.name)
        gathered.append(dataclasses.replace(bag, questions=tuple(
            sorted(questions, key=lambda question: question.stamp_ns))))
    return gathered


def open_bag(path: Path, name: str, problems: Problems) -> BagQuestions | None:
    """Return a bag without questions; None, told in `problems`, where it cannot be read."""
    try:
        # What is wrong inside is told by whoever reads it through.
        with Bag(path, Problems()) as bag:
            return BagQuestions(
                path, name, bag.start_ns, bag.end_ns,
                tuple({'topic': topic.topic, 'type': topic.type, 'messages': topic.messages}
                      for _, topic in sorted(bag.topics.items())),
                bag.message_count, ())
    except BagError as error:
        problems.add(f'a bag cannot be read: {error}', name)
        return None


def _of_shared_file(
    file: Path, bag: BagQuestions, bags: Sequence[BagQuestions | None], problems: Problems,
    modalities: Sequence[str], format: str, after_end_s: float, *, first: bool,
) -> list[AskedQuestion]:
    """Return those of the file's questions that are about a bag; what is about none is told once.

    The broken lines of the file are told once too.
    """
    noted = problems if first else Problems()
    stamps = read_sample_stamps(bag.path, problems)
    if stamps is not None:
        return read_questions(file, noted, format=format, stamps=stamps, modalities=modalities,
                              bag=bag.name)
    late_ns = round(after_end_s * 1e9)

    def about(question: AskedQuestion, one: BagQuestions) -> bool:
        return one.start_ns <= question.stamp_ns <= one.end_ns + late_ns

    questions = read_questions(file, noted, format=format, modalities=modalities, bag=bag.name)
    for question in questions if first else []:
        if not any(about(question, one) for one in bags if one is not None):
            problems.add('a question lies outside the time of every bag',
                         f'{file.name}, {question.id}')
    return [question for question in questions if about(question, bag)]


def _beside(bag: Path) -> Path | None:
    return next((folder / QUESTIONS for folder in (bag, bag.parent)
                 if (folder / QUESTIONS).is_file()), None)


def _first(bags: Sequence[BagQuestions | None]) -> int:
    return next(index for index, bag in enumerate(bags) if bag is not None)


def _distinct(paths: Sequence[Path]) -> list[str]:
    """Return a name for each bag: its own, with its folder's where several share it."""
    plain = [path.stem if path.is_file() else path.name for path in paths]
    names = [name if plain.count(name) == 1 and name != 'bag' else f'{path.parent.name}_{name}'
             for path, name in zip(paths, plain)]
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f'{name}_{seen[name]}')
    return distinct
