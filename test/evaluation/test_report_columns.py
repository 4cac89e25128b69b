# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Records become columns that hold all that the report shows, and little more."""

import dataclasses
import json

from mpnp_ros.evaluation.record import AnswerTiming, QUESTION_ONLY, Record, SHUFFLED, Use, Verdict
from mpnp_ros.evaluation.report.report_columns import NONE, RecordColumns

START_NS = 1_700_000_000_123_456_789
RECORD = Record(
    id='q1', bag='drive', scene='s', stamp_ns=START_NS + 1_000_000_007, question='Is it?',
    expected='yes', answer='no', right=False, type='exist', hop=1, candidates=('yes', 'no'),
    scores=(0.25, 0.75), modalities=(Use('lidar', 'enc', START_NS, 0.25, 64, 128, (0.5, 1.0)),),
    decision=(Verdict('lidar', True, 'listed'),), flops={'encode': 1, 'fuse': 2, 'answer': 3})


def content(*records: Record, timings: tuple[AnswerTiming, ...] = ()) -> dict:
    columns = RecordColumns({'drive': START_NS})
    for record in records:
        columns.add(record)
    for timing in timings:
        columns.add_timing(timing)
    return columns.content()


def test_texts_are_kept_once() -> None:
    found = content(RECORD, dataclasses.replace(RECORD, id='q2'))
    assert found['count'] == 2
    assert found['question'][0] == found['question'][1]
    assert found['strings'].count('Is it?') == 1
    assert found['strings'][found['expected'][0]] == 'yes'


def test_stamps_stay_exact() -> None:
    found = content(RECORD)
    assert int(found['starts_ns']['drive']) + found['t_ns'][0] == RECORD.stamp_ns


def test_bag_without_a_start_begins_with_its_first_record() -> None:
    found = content(dataclasses.replace(RECORD, bag='other'))
    assert found['t_ns'] == [0]
    assert found['starts_ns']['other'] == str(RECORD.stamp_ns)


def test_controls_stand_beside_their_answer() -> None:
    found = content(
        RECORD, dataclasses.replace(RECORD, id='q2'),
        dataclasses.replace(RECORD, control=QUESTION_ONLY, answer='yes', right=True),
        dataclasses.replace(RECORD, id='unknown', control=SHUFFLED))
    assert found['count'] == 2
    answer, right = found['beside'][QUESTION_ONLY][0]
    assert (found['strings'][answer], right) == ('yes', 1)
    assert found['beside'][QUESTION_ONLY][1] == NONE
    assert SHUFFLED not in found['beside']


def test_scores_of_many_candidates_keep_the_highest_and_the_right_one() -> None:
    names = tuple(f'c{number}' for number in range(40))
    scores = tuple((40 - number) / 1000 for number in range(40))
    found = content(dataclasses.replace(
        RECORD, candidates=names, scores=scores, expected='c39', answer='c0'))
    flat = found['scores'][0]
    assert flat[:4] == [0, 400, 1, 390]
    assert flat[-2:] == [39, 10]
    assert len(flat) == 2 * 13


def test_score_that_is_no_number_costs_no_report() -> None:
    found = content(dataclasses.replace(RECORD, scores=(float('nan'), 0.75)))
    json.dumps(found, allow_nan=False)
    assert found['scores'][0] == [1, 7500, 0, 0]


def test_times_are_in_the_row_of_their_answer() -> None:
    found = content(RECORD, dataclasses.replace(RECORD, id='q2'), timings=(
        AnswerTiming('q2', core_ms=12.345, ages_s={'lidar': 0.2}),
        AnswerTiming('q1', control=QUESTION_ONLY, core_ms=1.0), AnswerTiming('lost', core_ms=9.0)))
    assert found['times_ms'] == {'core': [None, 12.35], 'age_lidar': [None, 200.0]}


def test_unknown_answer_is_not_wrong() -> None:
    found = content(dataclasses.replace(RECORD, expected=None, right=None, hop=None))
    assert (found['right'], found['expected'], found['hop']) == ([NONE], [NONE], [NONE])
