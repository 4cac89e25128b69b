# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Records and figures as CSV: readable as written, and no text a spreadsheet would run."""

from __future__ import annotations

import csv
from pathlib import Path

from plain_answers import answer, refused, with_sensors
import pytest

from mpnp_ros.evaluation.figures.csv_export import RECORD_COLUMNS, SCORE_COLUMNS, write_csv
from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.record import Record, Verdict
from mpnp_ros.evaluation.run_folder import RunFolder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file, strict=True))


def rows_of(folder: Path, *records: Record) -> list[dict[str, str]]:
    run = RunFolder(folder)
    run.write_records(records)
    write_csv(run)
    return table(folder / 'records.csv')


def test_a_record_is_one_row(tmp_path: Path) -> None:
    row, = rows_of(tmp_path, answer(
        'yes', 'no', id='q1', scene='night 7', stamp_ns=1767268800000000001, hop=1,
        scores=(0.25, 0.75), modalities=with_sensors('lidar', 'camera'),
        decision=(Verdict('lidar', True, 'listed'), Verdict('radar', False, 'too old')),
        flops={'encode': 5, 'fuse': 1, 'answer': 4}))
    assert tuple(row) == RECORD_COLUMNS
    assert row == {
        'id': 'q1', 'control': '', 'bag': 'drive', 'scene': 'night 7',
        'stamp_ns': '1767268800000000001', 'type': 'exist', 'hop': '1', 'condition': '',
        'question': 'Is there a truck ahead?', 'candidates': '["yes","no"]', 'expected': 'yes',
        'answer': 'no', 'right': 'false', 'confidence': '0.75', 'scores': '[0.25,0.75]',
        'refusal': '', 'note': '', 'modalities': 'camera+lidar',
        'ages_s': '{"lidar":0.1,"camera":0.1}', 'tokens': '8', 'payload_bytes': '200',
        'gates': '{"lidar":[],"camera":[]}',
        'decision': 'lidar in: listed; radar out: too old', 'flops_encode': '5',
        'flops_fuse': '1', 'flops_answer': '4', 'flops_total': '10'}


def test_what_is_not_known_is_empty(tmp_path: Path) -> None:
    row, = rows_of(tmp_path, refused(None, 'the question is empty', candidates=()))
    assert {row[name] for name in ('expected', 'right', 'confidence', 'hop', 'modalities',
                                   'candidates', 'scores', 'flops_total')} == {''}


@pytest.mark.parametrize('text', [
    'a, b', 'she said "stop"', 'two\nlines', 'two\r\nlines', ' blanks ', 'Straße 東京', ''])
def test_any_text_is_read_as_it_was_written(tmp_path: Path, text: str) -> None:
    row, = rows_of(tmp_path, answer(None, text, question=text))
    assert (row['answer'], row['question']) == (text, text)


@pytest.mark.parametrize('text', ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])
def test_no_text_can_be_taken_for_a_formula(tmp_path: Path, text: str) -> None:
    row, = rows_of(tmp_path, answer(text, text, question=text, id=text))
    assert {row[name] for name in ('expected', 'answer', 'question', 'id')} == {f"'{text}"}


def test_lines_end_as_rfc_4180_has_it(tmp_path: Path) -> None:
    rows_of(tmp_path, answer('yes', 'yes'), answer('yes', 'no'))
    data = (tmp_path / 'records.csv').read_bytes()
    assert data.count(b'\r\n') == data.count(b'\n') == 3
    assert data.endswith(b'\r\n')


def test_a_run_without_records_has_its_header(tmp_path: Path) -> None:
    assert rows_of(tmp_path) == []
    assert (tmp_path / 'records.csv').read_text().strip() == ','.join(RECORD_COLUMNS)


def test_every_figure_is_one_row(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.write_records([answer('yes', 'yes', scores=(0.85, 0.15), flops={'answer': 4}),
                       answer('-1', '=1', candidates=(), type='count'),
                       refused('no', 'the question is empty')])
    run.write_json('scores.json', score(run.records()))
    write_csv(run)
    rows = table(tmp_path / 'scores.csv')
    assert tuple(rows[0]) == SCORE_COLUMNS
    values = {(row['group'], row['name'], row['figure']): row['value'] for row in rows}
    assert len(values) == len(rows)
    assert values['', '', 'asked'] == '3'
    assert values['', 'refusals', 'the question is empty'] == '1'
    assert values['by.type', 'exist', 'accuracy'] == '0.5'
    assert values['controls.majority', 'difference', 'mean'] != ''
    assert values['calibration.bins', '0.8-0.9', 'confidence'] == '0.85'
    assert values['calibration.bins', '0.0-0.1', 'confidence'] == ''
    assert values['confusion.exist', 'yes', 'yes'] == '1'
    assert values['confusion.count', "'-1", "'=1"] == '1'
    assert values['cost', 'flops', 'answer'] == '4.0'
