# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A question file is told by its content; one that is none says what was expected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mpnp_ros.evaluation.problem import Problem, Problems
from mpnp_ros.evaluation.questions.question_files import read_questions

NUSCENES_QA = {'info': {}, 'split': 'val', 'questions': [
    {'sample_token': 't', 'question': 'Are there any cars?', 'answer': 'yes',
     'template_type': 'exist', 'num_hop': 0}]}
DRIVELM = {'scene': {'key_frames': {'t': {'QA': {'planning': [{'Q': 'What now?', 'A': 'Go.'}]}}}}}
LINE = {'stamp_ns': 1, 'question': 'q'}
SAMPLE_LINE = {'sample_token': 't', 'question': 'Are there any cars?', 'answer': 'yes'}


def problem_of(path: Path, **options: str) -> Problem:
    """Read a file of which nothing can be used; return the one problem with it."""
    problems = Problems()
    assert read_questions(path, problems, stamps={'t': 1}, **options) == []  # type: ignore
    problem, = problems
    assert problem.places[0].startswith(path.name)
    return problem


@pytest.mark.parametrize('indent', [None, 1])
@pytest.mark.parametrize('content, kind', [
    (NUSCENES_QA, 'exist'), (DRIVELM, 'planning')])
def test_a_document_is_told_by_its_fields_on_one_line_or_many(
        tmp_path: Path, content: object, kind: str, indent: int | None) -> None:
    path = tmp_path / 'any.name'
    path.write_text(json.dumps(content, indent=indent))
    problems = Problems()
    assert [q.type for q in read_questions(path, problems, stamps={'t': 1})] == [kind]
    assert not len(problems)


def test_lines_that_name_a_sample_are_nuscenes_qa(tmp_path: Path) -> None:
    path = tmp_path / 'day.jsonl'
    path.write_text(json.dumps(SAMPLE_LINE) + '\n')
    question, = read_questions(path, Problems(), stamps={'t': 5})
    assert (question.type, question.hop, question.stamp_ns) == ('exist', 0, 5)


def test_a_named_format_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / 'day.jsonl'
    path.write_text(json.dumps(SAMPLE_LINE) + '\n')
    question, = read_questions(path, Problems(), stamps={'t': 5}, format='jsonl')
    assert question.type == ''


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'csv': expected one of auto, jsonl, nuscenes_qa, dri"):
        read_questions(tmp_path / 'a', Problems(), format='csv')


@pytest.mark.parametrize('format, words, content', [
    ('jsonl', "JSON lines with 'question'", NUSCENES_QA),
    ('jsonl', "JSON lines with 'question'", DRIVELM),
    ('nuscenes_qa', 'nuScenes-QA', DRIVELM),
    ('nuscenes_qa', 'nuScenes-QA', {'a': 1}),
    ('drivelm', 'DriveLM', NUSCENES_QA),
    ('drivelm', 'DriveLM', LINE),
])
@pytest.mark.parametrize('indent', [None, 1])
def test_a_file_of_another_format_names_what_was_expected(
        tmp_path: Path, content: object, format: str, words: str, indent: int | None) -> None:
    path = tmp_path / 'questions.json'
    path.write_text(json.dumps(content, indent=indent))
    problem = problem_of(path, format=format)
    assert problem.what.startswith('not a question file: expected ')
    assert words in problem.what


@pytest.mark.parametrize('content, cause', [
    (b'stamp,question\n1,Is there a car?\n', 'not complete JSON'),
    (b'{"version": 1}', 'other JSON'),
    (b'[1, 2]', 'other JSON'),
    (b'\x89PNG\r\n\x1a\n\0\0', 'not UTF-8 at byte 0'),
    (json.dumps(LINE).encode('utf-16'), 'not UTF-8 at byte 0'),
    (json.dumps(NUSCENES_QA, indent=1).encode()[:-20], 'not complete JSON'),
    (json.dumps(NUSCENES_QA).encode()[:-20], 'not complete JSON'),
])
def test_a_file_that_is_none_names_all_that_it_could_be(
        tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / 'file.bin'
    path.write_bytes(content)
    problem = problem_of(path)
    assert all(name in problem.what for name in ('JSON lines', 'nuScenes-QA', 'DriveLM'))
    assert cause in problem.places[0]


@pytest.mark.parametrize('content', ['', '\n \n', '\ufeff'])
def test_an_empty_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / 'empty.jsonl'
    path.write_text(content, encoding='utf-8')
    assert problem_of(path).what == 'a question file holds no question'


def test_a_document_without_questions_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'none.json'
    path.write_text('{"questions": []}')
    assert problem_of(path).what == 'a question file holds no question'


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert 'cannot be read: No such file' in problem_of(tmp_path / 'gone.jsonl').what
    assert 'cannot be read: Is a directory' in problem_of(tmp_path).what
