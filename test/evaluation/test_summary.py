# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The text at the end of a run: figures in columns, troubles with their places, plain."""

from __future__ import annotations

import dataclasses

from plain_answers import answer, refused, SECOND_NS, with_sensors
import pytest

from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.figures.summary import summary
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.record import AnswerTiming, QUESTION_ONLY, Record


def drive() -> list[Record]:
    """Return 30 of 40 right answers in 20 scenes, 10 of 40 without sensors, and a refusal."""
    real = [answer('yes', 'yes' if number % 4 else 'no', scene=f's{number // 2}',
                   condition=('day', 'night')[number % 2], modalities=with_sensors('lidar'),
                   scores=(0.9, 0.1), flops={'encode': 2 * 10**9, 'answer': 10**10})
            for number in range(40)]
    blind = [dataclasses.replace(record, control=QUESTION_ONLY, answer='no', right=not number % 4)
             for number, record in enumerate(real)]
    return [*real, *blind, refused('2', 'lidar: latents are 1.900 s old, the limit is 1.500 s',
                                   type='count', scene='s0')]


def test_types_stand_beside_their_controls() -> None:
    lines = summary(score(drive())).splitlines()
    assert lines[0].split() == ['type', 'n', 'accuracy', '95', '%', 'interval', 'question',
                                'only', 'majority']
    count, exist, overall = (line.split() for line in lines[1:4])
    assert (count[0], count[1], count[2], count[-2]) == ('count', '1', '0.000', '-')
    assert (exist[0], exist[1], exist[2], exist[-2]) == ('exist', '40', '0.750', '0.250')
    assert (overall[0], overall[1], overall[2]) == ('all', '41', '0.732')
    assert any(line.startswith('condition night') for line in lines)


def test_columns_are_aligned() -> None:
    lines = summary(score(drive())).splitlines()
    ends = {line.index(word) + len(word) for line, word in
            ((lines[0], 'accuracy'), (lines[1], '0.000'), (lines[2], '0.750'))}
    assert len(ends) == 1


def test_everything_that_was_measured_is_told() -> None:
    text = summary(score(drive(), [AnswerTiming('q', core_ms=12.34)]))
    assert 'against the answers without any sensor: +0.500 (' in text
    assert 'intervals rest on 20 scenes\n' in text
    assert '41 asked, 40 answered, 1 refused' in text
    assert '  1 x lidar: latents are … s old, the limit is … s' in text
    assert 'probabilities of 40 answers are off by ' in text
    assert '12.0 GFLOP a question (encode 2.00 G, fuse 0, answer 10.0 G)' in text
    assert '100 B of latents a question' in text
    assert text.splitlines()[-1].split() == ['core', '1', *['12.3'] * 5]


def test_problems_are_told_with_their_places() -> None:
    problems = Problems()
    for line in range(7):
        problems.add('not a JSON object', f'questions.jsonl, line {line}')
    problems.add('the chunk is cut off', 'drive.mcap, byte 4096')
    text = summary(score(drive()), problems)
    assert '8 problems with the inputs; the rest was evaluated:' in text
    assert '7 x not a JSON object: questions.jsonl, line 0;' in text
    assert '; ...' in text
    assert '1 x the chunk is cut off: drive.mcap, byte 4096' in text
    assert 'problems' not in summary(score(drive()), Problems())


def test_few_units_are_told() -> None:
    text = summary(score([answer('yes', 'yes', stamp_ns=second * SECOND_NS)
                          for second in range(12)]))
    assert 'intervals rest on 3 blocks of 5 s of one scene: too few' in text


@pytest.mark.parametrize('records', [
    [], [answer(None, 'a bus')], [refused('yes', 'no')], [answer('yes', 'yes')]],
    ids=['nothing', 'unknown', 'refused', 'one'])
def test_degenerate_runs_have_a_summary(records: list[Record]) -> None:
    text = summary(score(records))
    assert f'{len(records)} asked' in text
    assert 'None' not in text and 'nan' not in text


def test_long_and_strange_words_keep_the_text_narrow_and_plain() -> None:
    problems = Problems()
    problems.add('\x1b[31mred\nalert ' + 'very ' * 40, 'a.mcap')
    text = summary(score([
        answer('yes', 'yes', type='\x1b[2J' + 'type ' * 30, condition='c' * 200),
        answer('yes', 'yes', type='東' * 80, condition='night'),
        refused('yes', 'because ' * 40)]), problems)
    assert max(len(line) for line in text.splitlines()) <= 96
    assert '\x1b' not in text
