# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Controls stand beside the answers: without sensors, with other ones, and by blind guessing."""

from __future__ import annotations

import dataclasses

from plain_answers import answer, SECOND_NS
import pytest

from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.record import QUESTION_ONLY, Record, same_answer, SHUFFLED


def as_control(record: Record, control: str, given: str) -> Record:
    return dataclasses.replace(record, control=control, answer=given,
                               right=same_answer(given, record.expected or ''))


def test_a_control_has_its_own_accuracy_and_does_not_count_as_asked() -> None:
    real = [answer('yes', 'yes', scene='a'), answer('2', '2', scene='b', type='count')]
    scores = score([*real, *(as_control(record, QUESTION_ONLY, 'yes') for record in real)])
    assert scores['asked'] == scores['overall']['n'] == 2
    control = scores['controls'][QUESTION_ONLY]
    assert (control['overall']['accuracy'], control['overall']['n']) == (0.5, 2)
    assert {name: one['accuracy'] for name, one in control['by_type'].items()} == {
        'count': 0.0, 'exist': 1.0}
    assert SHUFFLED not in scores['controls']


def test_the_difference_to_a_control_is_that_of_the_same_questions() -> None:
    real = [answer('yes', given, scene=scene) for given, scene in
            (('yes', 'a'), ('yes', 'b'), ('no', 'c'), ('yes', 'd'))]
    # The control lacks the last question: 1 of 3 against 2 of 3.
    control = [as_control(record, SHUFFLED, given)
               for record, given in zip(real, ('no', 'yes', 'no'))]
    difference = score([*control, *real])['controls'][SHUFFLED]['difference']
    assert difference['mean'] == pytest.approx(1 / 3, abs=1e-6)
    assert (difference['n'], difference['resampled'], difference['units']) == (3, 'scenes', 3)
    assert difference['low'] < 0 < difference['high']


def test_an_equal_gain_in_many_scenes_is_a_sure_difference() -> None:
    real = [answer('yes', 'yes', scene=str(number // 4)) for number in range(160)]
    control = [as_control(record, QUESTION_ONLY, 'yes' if number % 4 else 'no')
               for number, record in enumerate(real)]
    difference = score([*real, *control])['controls'][QUESTION_ONLY]['difference']
    assert (difference['low'], difference['mean'], difference['high']) == (0.25, 0.25, 0.25)


def test_a_control_without_questions_in_common_has_no_difference() -> None:
    scores = score([answer('yes', 'yes'), as_control(answer('no', 'no'), SHUFFLED, 'no')])
    assert scores['controls'][SHUFFLED]['overall']['accuracy'] == 1.0
    assert scores['controls'][SHUFFLED]['difference']['mean'] is None


def guessed(records: list[Record]) -> tuple[int, int]:
    figure = score(records)['controls']['majority']['overall']
    return figure['right'], figure['n']


def test_the_blind_guess_is_the_most_frequent_answer_of_the_other_scenes() -> None:
    records = [answer(expected, 'no', scene=scene) for expected, scene in
               (('yes', 'a'), ('yes', 'b'), ('yes', 'b'), ('no', 'c'))]
    # yes for a and b (elsewhere: 2 yes and 1 no; 1 yes and 1 no: the first by alphabet, no);
    # c sees three times yes.
    assert guessed(records) == (1, 4)


def test_the_blind_guess_does_not_see_its_own_scene() -> None:
    """Ten frames of a scene say yes, every other scene says no."""
    records = [answer('yes', 'yes', scene='a', stamp_ns=number) for number in range(10)]
    records += [answer('no', 'no', scene=scene) for scene in 'bc']
    # The ten are guessed no; b and c are guessed yes by the ten.
    assert guessed(records) == (0, 12)


def test_the_blind_guess_of_one_scene_sees_other_blocks_of_time() -> None:
    records = [answer('yes', 'yes', stamp_ns=second * SECOND_NS) for second in (0, 1, 20, 40)]
    records += [answer('no', 'no', stamp_ns=second * SECOND_NS) for second in (41, 42)]
    # The block at 40 s sees three times yes; the others see 2 of 4 and 3 of 5 yes. In the first
    # block it is a draw, and no comes first by alphabet.
    assert guessed(records) == (2, 6)


def test_the_blind_guess_of_one_moment_sees_the_other_questions() -> None:
    assert guessed([answer('yes', 'yes') for _ in range(3)]) == (3, 3)


def test_words_asked_nowhere_else_get_the_most_frequent_answer_of_their_type() -> None:
    records = [answer('yes', 'yes', scene='a', question='Is there a bus?')]
    records += [answer('yes', 'yes', scene=scene, question='Is there a car?') for scene in 'bc']
    assert guessed(records) == (3, 3)


def test_the_blind_guess_is_one_of_the_candidates() -> None:
    records = [answer('red', 'red', scene='a', type='color', candidates=('red', 'blue'))]
    records += [answer('gray', 'gray', scene=scene, type='color', candidates=('gray', 'red'))
                for scene in 'bc']
    records += [answer('red', 'red', scene='d', type='color', candidates=('gray', 'red'))]
    # a cannot be gray, which is more frequent: red. b and c see one gray and two red. d: gray.
    assert guessed(records) == (1, 4)


def test_where_nothing_is_known_there_is_no_guess() -> None:
    assert guessed([answer('yes', 'yes')]) == (0, 1)


def test_answers_are_the_same_in_any_case() -> None:
    assert guessed([answer('Yes', 'yes', scene='a'), answer('yes.', 'yes', scene='b')]) == (2, 2)


def test_the_difference_to_the_blind_guess_is_paired() -> None:
    records = [answer('yes', 'yes' if number % 2 else 'no', scene=str(number))
               for number in range(40)]
    difference = score(records)['controls']['majority']['difference']
    assert (difference['mean'], difference['n'], difference['units']) == (-0.5, 40, 40)
    assert -0.75 < difference['low'] < -0.5 < difference['high'] < -0.25
