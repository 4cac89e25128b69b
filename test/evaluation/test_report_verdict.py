# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The report's first sentences say what was found, and no more than that."""

from mpnp_ros.evaluation.report.report_verdict import change, verdict


def figure(right: int, n: int, low: float | None = None, high: float | None = None) -> dict:
    return {'n': n, 'right': right, 'accuracy': right / n, 'low': low, 'high': high}


def control(right: int, n: int, low: float, high: float) -> dict:
    return {'overall': figure(right, n),
            'difference': {'mean': (low + high) / 2, 'low': low, 'high': high}}


def test_accuracy_stands_against_the_controls() -> None:
    first, second = verdict({
        'asked': 1000, 'refused': 0, 'overall': figure(741, 1000, 0.723, 0.758),
        'controls': {'question_only': control(502, 1000, 0.22, 0.258),
                     'shuffled': control(440, 1000, 0.28, 0.32)}})
    assert first == (
        '74.1 % of 1,000 questions are answered right (95 % interval 72.3 to 75.8), against '
        '50.2 % for the same model without sensors and 44.0 % with the sensors of another moment.')
    assert second == ('The sensors bring +23.9 points over none (+22.0 to +25.8) and +30.0 points '
                      'over those of another moment (+28.0 to +32.0).')


def test_difference_that_may_be_chance_is_called_so() -> None:
    sentences = verdict({'asked': 100, 'overall': figure(52, 100, 0.42, 0.62), 'controls': {
        'question_only': control(50, 100, -0.03, 0.07)}})
    assert sentences[1:] == [
        "The sensors' +2.0 points over none (−3.0 to +7.0) may be chance."]


def test_refused_questions_are_told() -> None:
    assert verdict({'asked': 10, 'refused': 1, 'overall': figure(6, 10, 0.3, 0.9)})[-1] == (
        '1 of 10 questions was refused and counts as wrong.')
    assert verdict({'asked': 12, 'refused': 12, 'overall': figure(0, 12)}) == [
        'All 12 questions were refused: nothing was answered.']


def test_interval_of_everything_is_no_interval() -> None:
    assert 'too few to say' in verdict({'asked': 2, 'overall': figure(1, 2, 0.0, 1.0)})[0]


def test_one_question_is_no_percentage() -> None:
    assert verdict({'asked': 1, 'overall': figure(1, 1, 0.0, 1.0)}) == [
        'The one question is answered right.']


def test_unknown_answers_are_not_judged() -> None:
    empty = {'n': 0, 'right': 0, 'accuracy': None, 'low': None, 'high': None}
    assert verdict({'asked': 3, 'overall': empty}) == [
        '3 questions were asked; what would be right is not known.']
    assert verdict({}) == ['No question was asked.']


def test_comparison_says_how_many_questions_flipped() -> None:
    assert change({'before': {'name': 'old'}, 'shared': 900, 'overall': {
        'mean': -0.012, 'low': -0.03, 'high': 0.006, 'gained': 40, 'lost': 51}}) == (
        'Against old: −1.2 points (−3.0 to +0.6) on 900 shared questions, 40 now right, '
        '51 no longer.')
