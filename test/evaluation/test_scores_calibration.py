# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Whether probabilities are what they say, and which answer is taken for which."""

from __future__ import annotations

from plain_answers import answer, refused
import pytest

from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.record import Record


def test_error_and_brier_score_are_those_counted_by_hand() -> None:
    figures = score([
        answer('yes', 'yes', scores=(0.85, 0.15)),
        answer('yes', 'yes', scores=(0.81, 0.19)),
        answer('no', 'yes', scores=(0.6, 0.4)),
    ])['calibration']
    # Bins: 0.8 to 0.9 holds two, both right, at 0.83; 0.6 to 0.7 holds one, wrong, at 0.6.
    assert figures['n'] == 3
    assert figures['ece'] == pytest.approx((2 * 0.17 + 0.6) / 3, abs=1e-6)
    assert figures['brier'] == pytest.approx(
        (2 * 0.15**2 + 2 * 0.19**2 + 2 * 0.6**2) / 3, abs=1e-6)
    assert [one['n'] for one in figures['bins']] == [0, 0, 0, 0, 0, 0, 1, 0, 2, 0]
    assert figures['bins'][8] == {
        'low': 0.8, 'high': 0.9, 'n': 2, 'confidence': 0.83, 'accuracy': 1.0}
    assert figures['bins'][0]['confidence'] is figures['bins'][0]['accuracy'] is None


def test_certain_right_answers_have_no_error() -> None:
    figures = score([answer('yes', 'yes', scores=(1.0, 0.0))])['calibration']
    assert (figures['ece'], figures['brier'], figures['bins'][9]['n']) == (0.0, 0.0, 1)


def test_a_right_answer_that_is_no_candidate_had_no_probability() -> None:
    figures = score([answer('maybe', 'yes', scores=(1.0, 0.0))])['calibration']
    assert figures['brier'] == 2.0


@pytest.mark.parametrize('record', [
    answer('yes', 'yes'),
    answer('yes', 'a bus', scores=(0.5, 0.5)),
    answer(None, 'yes', scores=(0.5, 0.5)),
    refused('yes', 'the question is empty', scores=(0.5, 0.5)),
    answer('yes', 'yes', scores=(0.5,)),
], ids=['no scores', 'free text', 'unknown', 'refused', 'too few scores'])
def test_answers_without_a_probability_are_left_out(record: Record) -> None:
    assert score([record])['calibration'] is None


def test_confusion_counts_right_answers_by_given_ones() -> None:
    confusion = score([
        answer('yes', 'yes'), answer('yes', 'no'), answer('yes', 'no'), answer('no', 'no'),
        refused('no', 'the question is empty'), answer(None, 'no'),
        answer('red', 'blue', type='color', candidates=()),
    ])['confusion']
    assert confusion == {
        'color': {'answers': ['blue', 'red'], 'counts': [[0, 0], [1, 0]]},
        'exist': {'answers': ['yes', 'no'], 'counts': [[1, 2], [0, 1]]}}


def test_confusion_keeps_the_order_of_the_candidates() -> None:
    wide = ('zebra', 'ant', 'cow', 'bee')
    confusion = score([answer('bee', 'zebra', candidates=wide), answer('ant', 'an elk')])
    assert confusion['confusion']['exist']['answers'] == ['zebra', 'ant', 'bee', 'an elk']


def test_answers_that_differ_in_case_are_one() -> None:
    confusion = score([answer('Yes', 'yes'), answer('yes', 'yes.')])['confusion']['exist']
    assert confusion == {'answers': ['yes'], 'counts': [[2]]}


def test_the_rarest_of_many_answers_are_put_together() -> None:
    records = [answer(f'word {number}', f'word {number}', candidates=())
               for number in range(100) for _ in range(2 if number < 47 else 1)]
    confusion = score(records)['confusion']['exist']
    assert len(confusion['answers']) == len(confusion['counts']) == 48
    assert confusion['answers'][-1] == '(others)'
    assert confusion['counts'][-1][-1] == 53
    assert confusion['counts'][0][0] == 2
