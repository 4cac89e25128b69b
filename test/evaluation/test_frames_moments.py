# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which moments are drawn: those behind wrong answers, each once, evenly where there are many."""

from __future__ import annotations

from shown_run import answer, HALF_S, START_NS, used

from mpnp_ros.evaluation.pictures.frames_moments import moments_of


def records_of(moments: list) -> list[list[str]]:
    return [moment.records for moment in moments]


def test_only_wrong_answers_of_the_run_itself_are_drawn() -> None:
    records = [
        answer(0, 0, False), answer(1, 1, True), answer(2, 2, None),
        answer(3, 3, False, control='question_only'),
        answer(4, 4, False, answer='', refusal='camera: too old')]
    assert records_of(moments_of(records)) == [['q0'], ['q4']]


def test_all_answers_or_those_named_can_be_drawn() -> None:
    records = [answer(0, 0, False), answer(1, 1, True), answer(2, 2, None)]
    assert records_of(moments_of(records, 'all')) == [['q0'], ['q1'], ['q2']]
    assert records_of(moments_of(records, ['q1'])) == [['q1']]


def test_answers_from_the_same_messages_share_a_moment() -> None:
    camera, lidar = used('camera', START_NS), used('lidar', START_NS)
    records = [answer(0, 0, False, camera), answer(1, 0, False, camera, lidar),
               answer(2, 0, False)]
    [moment] = moments_of(records)
    assert moment.records == ['q0', 'q1', 'q2']
    assert moment.used_ns == {'camera': START_NS, 'lidar': START_NS}


def test_answers_of_one_stamp_from_other_messages_are_another_moment() -> None:
    records = [answer(0, 1, False, used('camera', START_NS)),
               answer(1, 1, False, used('camera', START_NS + HALF_S))]
    assert records_of(moments_of(records)) == [['q0'], ['q1']]


def test_what_was_used_had_arrived_when_its_age_was_taken() -> None:
    [moment] = moments_of([answer(0, 0, False, used('camera', START_NS + HALF_S, 0.25))])
    assert moment.asked_ns == START_NS + HALF_S + 250_000_000


def test_a_limit_takes_moments_evenly_from_first_to_last() -> None:
    records = [answer(number, number, False) for number in range(11)]
    assert records_of(moments_of(records, limit=3)) == [['q0'], ['q5'], ['q10']]


def test_moments_come_by_bag_and_time() -> None:
    records = [answer(0, 5, False, bag='b'), answer(1, 2, False, bag='b'),
               answer(2, 9, False, bag='a')]
    assert records_of(moments_of(records)) == [['q2'], ['q1'], ['q0']]
