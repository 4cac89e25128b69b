# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions as JSON lines: every field arrives, a bad line costs only itself and is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mpnp_ros import shipped
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.questions.question_files import read_questions

SECOND = 10 ** 9


def line(**fields: Any) -> str:
    return json.dumps({'stamp_ns': 5 * SECOND, 'question': 'Is there a car?', **fields})


def read(folder: Path, *lines: str, **known: Any) -> tuple[list[AskedQuestion], Problems]:
    path = folder / 'drive.jsonl'
    path.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    problems = Problems()
    return read_questions(path, problems, **known), problems


def assert_only_the_second_is_left_out(
        folder: Path, bad: str, what: str, **known: Any) -> str:
    """Read a good line, a bad one and a good one; return the place of what was wrong."""
    questions, problems = read(folder, line(), bad, line(), **known)
    assert [question.id for question in questions] == ['drive:1', 'drive:3']
    problem, = problems
    assert what in problem.what
    assert problem.count == 1
    place, = problem.places
    assert place.startswith('drive.jsonl, line 2')
    return place


def test_every_field_arrives(tmp_path: Path) -> None:
    questions, problems = read(tmp_path, line(
        id='q', answer='yes', candidates=['yes', 'no'], type='exist', hop=1, condition='night',
        scene='s7', needs=['camera'], modalities=['camera', 'lidar']))
    assert not len(problems)
    assert questions == [AskedQuestion(
        id='q', stamp_ns=5 * SECOND, text='Is there a car?', answer='yes',
        candidates=('yes', 'no'), type='exist', hop=1, condition='night', scene='s7',
        needs=('camera',), modalities=('camera', 'lidar'))]


def test_a_question_and_its_moment_are_enough(tmp_path: Path) -> None:
    questions, _ = read(tmp_path, line())
    assert questions == [AskedQuestion('drive:1', 5 * SECOND, 'Is there a car?')]


def test_the_shipped_questions_read_as_they_are() -> None:
    path, problems = shipped.demo_drive() / 'questions.jsonl', Problems()
    questions = read_questions(path, problems, modalities=['camera', 'lidar'])
    assert not len(problems)
    assert len(questions) == len(path.read_text().splitlines())
    assert questions[0].text == 'What color is the nearest car ahead?'
    assert questions[0].needs == ('camera',)
    assert questions[0].answer in questions[0].candidates
    assert questions[0].id == 'questions:1'


def test_the_simulated_world_writes_what_is_read_here(tmp_path: Path) -> None:
    pytest.importorskip('mujoco', reason='extra "world" is missing')
    from mpnp_ros.world.question_file import (
        AskedAt,
        read_questions as world_reads,
        write_questions,
    )
    from mpnp_ros.world.questions import Question
    asked = AskedAt(7 * SECOND, Question('Which?', 'a', ('a', 'b'), 'kind', ('lidar',)), demo=True)
    write_questions(tmp_path / 'drive.jsonl', [asked])
    assert world_reads(tmp_path / 'drive.jsonl') == [asked]
    assert read_questions(tmp_path / 'drive.jsonl', Problems()) == [AskedQuestion(
        'drive:1', 7 * SECOND, 'Which?', 'a', ('a', 'b'), type='kind', needs=('lidar',))]


def test_seconds_become_exact_nanoseconds(tmp_path: Path) -> None:
    questions, problems = read(
        tmp_path, '{"stamp": 1532402927.647951234, "question": "q"}',
        '{"stamp": 12, "question": "q"}')
    assert [question.stamp_ns for question in questions] == [
        1532402927647951234, 12 * SECOND]
    assert not len(problems)


def test_what_the_caller_knows_fills_what_the_lines_do_not_say(tmp_path: Path) -> None:
    questions, _ = read(tmp_path, line(), line(condition='fog', scene='a'),
                        condition='night', scene='drive', bag='bag_7')
    assert [(question.condition, question.scene) for question in questions] == [
        ('night', 'drive'), ('fog', 'a')]
    assert [question.id for question in questions] == ['bag_7/drive:1', 'bag_7/drive:2']


def test_ids_do_not_move_when_a_line_before_breaks(tmp_path: Path) -> None:
    whole, _ = read(tmp_path, line(), line(), line())
    broken, _ = read(tmp_path, line(), '{', line())
    assert broken == [whole[0], whole[2]]


def test_blank_lines_carriage_returns_and_a_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / 'drive.jsonl'
    path.write_bytes(b'\xef\xbb\xbf' + line().encode() + b'\r\n\r\n' + line().encode())
    problems = Problems()
    questions = read_questions(path, problems)
    assert [question.id for question in questions] == ['drive:1', 'drive:3']
    assert not len(problems)


def test_the_answer_takes_the_spelling_of_its_candidate(tmp_path: Path) -> None:
    questions, _ = read(tmp_path, line(answer='Yes.', candidates=['yes', 'no']),
                        line(answer=3, candidates=[2, 3]))
    assert [question.answer for question in questions] == ['yes', '3']
    assert questions[1].candidates == ('2', '3')


@pytest.mark.parametrize('broken, what', [
    ('{"stamp_ns": 5000000000, "question": "Is there', 'not complete JSON'),
    ('["Is there a car?"]', 'not a JSON object'),
    pytest.param('{"stamp_ns": ' + '9' * 5000 + ', "question": "q"}', 'JSON', id='digits'),
    pytest.param('[' * 100_000, 'JSON', id='deep'),
    ('{"stamp_ns": 5000000000}', "'question' is missing"),
    ('{"question": "Is there a car?"}', "'stamp_ns' is missing"),
    ('{"stamp": NaN, "question": "q"}', 'not a finite number'),
    ('{"stamp_ns": NaN, "question": "q"}', 'not a finite number'),
    ('{"stamp": Infinity, "question": "q"}', 'not a finite number'),
    ('{"stamp": 1e400000000, "question": "q"}', 'number'),
    ('{"stamp": 1e30, "question": "q"}', 'out of range'),
    (line(stamp_ns=-1), 'out of range'),
    (line(stamp_ns=2 ** 63), 'out of range'),
    pytest.param(line(stamp_ns=10 ** 400), 'out of range', id='huge_ns'),
    pytest.param(line(stamp_ns=None, stamp=10 ** 400), 'out of range', id='huge_s'),
    (line(stamp_ns=1.5), 'whole number of nanoseconds'),
    (line(stamp_ns='soon'), "'stamp_ns' is not a number"),
    (line(stamp_ns=True), "'stamp_ns' is not a number"),
    (line(question='  '), 'the question is empty'),
    (line(question=7), "'question' is not text"),
    (line(question='\ud800'), 'not valid Unicode'),
    (line(answer=True), "'answer' is not text"),
    (line(candidates='yes'), "'candidates' is not a list"),
    (line(candidates=['yes', '']), 'a candidate is empty'),
    (line(candidates=['yes', 'Yes']), 'named twice'),
    (line(hop=-1), "'hop'"),
    (line(hop='one'), "'hop'"),
    (line(id=['a']), "'id' is not text"),
    (line(needs='camera'), "'needs' is not a list"),
])
def test_a_bad_line_is_named_and_the_rest_is_read(
        tmp_path: Path, broken: str, what: str) -> None:
    assert_only_the_second_is_left_out(tmp_path, broken, what)


def test_a_broken_line_is_named_with_its_column(tmp_path: Path) -> None:
    place = assert_only_the_second_is_left_out(
        tmp_path, '{"stamp_ns": 5 "q"}', 'not complete JSON')
    assert 'column 16' in place


def test_an_answer_outside_the_candidates_is_left_out(tmp_path: Path) -> None:
    place = assert_only_the_second_is_left_out(
        tmp_path, line(answer='maybe', candidates=['yes', 'no']), 'none of the candidates')
    assert "'maybe'" in place and "'yes', 'no'" in place


@pytest.mark.parametrize('field', ['needs', 'modalities'])
def test_an_unknown_modality_is_left_out(tmp_path: Path, field: str) -> None:
    assert_only_the_second_is_left_out(
        tmp_path, line(**{field: ['camera', 'radar']}),
        f"'{field}' names the modality 'radar'; there are camera, lidar",
        modalities=['camera', 'lidar'])


def test_a_question_for_any_of_several_modalities_may_name_those_that_are_not_there(
        tmp_path: Path) -> None:
    (question,), problems = read(
        tmp_path, line(needs_any=['camera', 'radar']), modalities=['camera', 'lidar'])
    assert question.needs_any == ('camera',) and not len(problems)


@pytest.mark.parametrize('stamp_ns, words', [
    (SECOND, '1.000 s before its start'), (9 * SECOND, '0.500 s after its end')])
def test_a_stamp_outside_the_bag_is_left_out(tmp_path: Path, stamp_ns: int, words: str) -> None:
    place = assert_only_the_second_is_left_out(
        tmp_path, line(stamp_ns=stamp_ns), "outside the bag's time",
        start_ns=2 * SECOND, end_ns=8 * SECOND + SECOND // 2)
    assert words in place


def test_the_first_and_the_last_moment_of_the_bag_may_be_asked_about(tmp_path: Path) -> None:
    questions, problems = read(tmp_path, line(stamp_ns=2), line(stamp_ns=8), start_ns=2, end_ns=8)
    assert len(questions) == 2 and not len(problems)


def test_the_second_question_of_an_id_is_left_out(tmp_path: Path) -> None:
    questions, problems = read(tmp_path, line(id='a', type='first'), line(id='a'), line(id='b'))
    assert [(question.id, question.type) for question in questions] == [('a', 'first'), ('b', '')]
    problem, = problems
    assert problem.what == 'an id is used twice'
    assert problem.places == ['drive.jsonl, line 2 (a)']


def test_a_question_of_a_megabyte_is_left_out_in_few_words(tmp_path: Path) -> None:
    place = assert_only_the_second_is_left_out(
        tmp_path, line(question='x' * 2 ** 20), 'longer than 4096 bytes')
    assert '1048576 bytes' in place and len(place) < 100


def test_an_answer_of_a_megabyte_is_named_in_few_words(tmp_path: Path) -> None:
    place = assert_only_the_second_is_left_out(
        tmp_path, line(answer='x' * 2 ** 20, candidates=['yes', 'no']), 'none of the candidates')
    assert len(place) < 200


def test_a_line_that_is_not_utf8_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / 'drive.jsonl'
    path.write_bytes(line().encode() + b'\n{"question": "\xff"}\n' + line().encode())
    problems = Problems()
    questions = read_questions(path, problems)
    assert [question.id for question in questions] == ['drive:1', 'drive:3']
    problem, = problems
    assert problem.what == 'not UTF-8'
    assert problem.places == ['drive.jsonl, line 2 (byte 14 of the line)']


def test_a_first_line_that_is_broken_costs_only_itself(tmp_path: Path) -> None:
    questions, problems = read(tmp_path, '{"stamp_ns": ', line())
    assert [question.id for question in questions] == ['drive:2']
    assert len(problems) == 1


def test_the_same_problem_is_counted(tmp_path: Path) -> None:
    _, problems = read(tmp_path, line(), *['{'] * 8)
    problem, = problems
    assert problem.count == 8
    assert len(problem.places) == 5
