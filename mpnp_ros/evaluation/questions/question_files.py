# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read the questions about a bag from a file: JSON lines, nuScenes-QA or DriveLM."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions import question_drivelm, question_nuscenes_qa
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.questions.question_fields import (
    asked_question,
    BadQuestion,
    Item,
    Known,
    MAX_QUESTION_BYTES,
    OtherSample,
    parse_json,
)
from mpnp_ros.evaluation.questions.question_jsonl import line_items

AUTO, JSONL, NUSCENES_QA, DRIVELM = 'auto', 'jsonl', 'nuscenes_qa', 'drivelm'
FORMATS = (AUTO, JSONL, NUSCENES_QA, DRIVELM)

_EXPECTED = {
    JSONL: "JSON lines with 'question' and 'stamp_ns'",
    NUSCENES_QA: "nuScenes-QA ({'questions': [{'sample_token', 'question', ...}]}, or one of "
                 'these a line)',
    DRIVELM: "DriveLM ({scene: {'key_frames': {frame: {'QA': ...}}}})",
}


def read_questions(
    path: str | Path,
    problems: Problems,
    *,
    format: str = AUTO,
    stamps: Mapping[str, int] | None = None,
    start_ns: int | None = None,
    end_ns: int | None = None,
    modalities: Sequence[str] | None = None,
    condition: str = '',
    scene: str = '',
    bag: str = '',
    max_question_bytes: int = MAX_QUESTION_BYTES,
) -> list[AskedQuestion]:
    """Return the questions of a file that can be asked, in its order; `problems` has the rest.

    :param format: one of FORMATS.
    :param stamps: stamp of each sample of the bag, ns, by its token (`read_sample_stamps`).
        Questions about samples that are not in it belong to other bags and are passed over.
    :param start_ns: first moment of the bag that may be asked about, and `end_ns` the last.
    :param modalities: those that questions may name; None: any.
    :param condition: of the questions that do not name one; the same for `scene`.
    :param bag: name of the bag, put before ids and places where there are several bags.
    :raises ValueError: the format is none of FORMATS.
    """
    if format not in FORMATS:
        raise ValueError(f'format {format!r}: expected one of {", ".join(FORMATS)}')
    path = Path(path)
    before = f'{bag}/' if bag else ''
    label = f'{before}{path.name}'
    try:
        items = _items(path.read_bytes(), format)
    except OSError as error:
        problems.add(f'a question file cannot be read: {error.strerror}', label)
        return []
    except BadQuestion as bad:
        _note(problems, bad, label)
        return []
    known = Known(stamps, start_ns, end_ns, modalities, condition, scene, max_question_bytes)
    return _usable(items, known, problems, label, f'{before}{path.stem}')


def _usable(items: Iterable[Item], known: Known, problems: Problems, label: str,
            prefix: str) -> list[AskedQuestion]:
    questions: dict[str, AskedQuestion] = {}
    count = others = 0
    for item in items:
        place = f'{label}, {item.where}'
        count += 1
        try:
            if isinstance(item.content, BadQuestion):
                raise item.content
            question = asked_question(f'{prefix}:{item.key}', item.content, known)
            if question.id in questions:
                raise BadQuestion('an id is used twice', question.id)
        except OtherSample:
            others += 1
        except BadQuestion as bad:
            _note(problems, bad, place)
        else:
            questions[question.id] = question
    if not count:
        problems.add('a question file holds no question', label)
    elif others == count:
        problems.add('no question of the file is about a sample of the bag', label)
    return list(questions.values())


def _note(problems: Problems, bad: BadQuestion, place: str) -> None:
    problems.add(bad.what, f'{place} ({bad.detail})' if bad.detail else place)


def _items(data: bytes, format: str) -> Iterator[Item]:
    """Return the questions of a file; raises BadQuestion where it is none of the format."""
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        return iter(())
    # A document may stand on one line too: only the fields tell it from JSON lines.
    first = next(line_items(data)).content
    document, cause = (None, 'JSON lines') if _is_question(first) else _document(data)
    if format in (AUTO, NUSCENES_QA) and question_nuscenes_qa.is_nuscenes_qa(document):
        return map(question_nuscenes_qa.with_type, question_nuscenes_qa.document_items(document))
    if format in (AUTO, DRIVELM) and question_drivelm.is_drivelm(document):
        return question_drivelm.document_items(document)
    question = next(filter(_is_question, (item.content for item in line_items(data))), None)
    if question is None or format == DRIVELM:
        expected = list(_EXPECTED.values()) if format == AUTO else [_EXPECTED[format]]
        raise BadQuestion(f'not a question file: expected {" or ".join(expected)}', cause)
    if format == NUSCENES_QA or (format == AUTO and _names_only_a_sample(question)):
        return map(question_nuscenes_qa.with_type, line_items(data))
    return line_items(data)


def _is_question(content: Any) -> bool:
    return isinstance(content, Mapping) and 'question' in content


def _names_only_a_sample(fields: Any) -> bool:
    return 'sample_token' in fields and not {'stamp_ns', 'stamp'} & fields.keys()


def _document(data: bytes) -> tuple[Any, str]:
    """Return a file parsed as one JSON document, or None, and what speaks against it."""
    try:
        document = parse_json(data.decode('utf-8-sig'))
    except UnicodeDecodeError as error:
        return None, f'not UTF-8 at byte {error.start}'
    except BadQuestion as bad:
        return None, str(bad)
    return document, 'other JSON'
