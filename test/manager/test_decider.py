# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is heard of sensors and questions becomes a decision; the dropped are tried again."""

from __future__ import annotations

import dataclasses

import pytest
from statuses import answer, DARK, IDLE, report

from mpnp_ros.manager.budget import Budget
from mpnp_ros.manager.context import ContextSettings
from mpnp_ros.manager.decider import Decider, DeciderSettings
from mpnp_ros.manager.expense import ExpenseSettings
from mpnp_ros.manager.policy import create_policy
from mpnp_ros.manager.report import State
from mpnp_ros.manager.situation import AskedQuestion

COLOUR, RANGE = 'What color is the car?', 'Is the way clear for 10 meters?'
SETTINGS = DeciderSettings(ContextSettings(dwell_s=1.0, retry_after_s=30.0), remember_s=1000.0)


def decider(policy: str = 'rules', settings: DeciderSettings = SETTINGS) -> Decider:
    """Return a decider that has heard of a camera and a lidar."""
    one = Decider(create_policy(policy), settings)
    for modality in ('camera', 'lidar'):
        one.take_report(report(modality), 0.0)
    return one


def reasons(one: Decider) -> dict[str, str]:
    return {choice.modality: choice.reason for choice in one.plan.choices}


def darken(one: Decider, start_s: float) -> None:
    """Let the camera see nothing for two seconds, and then idle since it is not used."""
    for second in range(3):
        one.take_report(report('camera', **DARK), start_s + second)
    one.decide(start_s + 2.0)
    one.take_report(report('camera', **IDLE), start_s + 3.0)


def test_the_question_chooses() -> None:
    one = decider()
    one.take_answer(answer(COLOUR), 1.0)
    assert one.decide(1.0).selected == ['camera']
    assert reasons(one)['lidar'] == 'not needed: colour question'
    one.take_answer(answer(RANGE), 2.0)
    assert one.decide(2.0).selected == ['camera', 'lidar']
    assert reasons(one)['lidar'].startswith('range question')


def test_what_was_no_question_does_not_count() -> None:
    one = decider()
    one.take_answer(answer('red ' * 1000, error_code=1), 1.0)
    assert one.asked.at(1.0) == ()


def test_a_question_counts_for_its_time_only() -> None:
    one = decider(settings=dataclasses.replace(SETTINGS, remember_s=10.0))
    one.take_answer(answer(COLOUR), 1.0)
    assert one.decide(10.9).selected == ['camera']
    assert one.decide(11.1).selected == ['camera', 'lidar']   # no question, whatever helps


def test_a_standing_question_keeps_its_set_alive() -> None:
    one = decider(settings=dataclasses.replace(SETTINGS, remember_s=10.0))
    one.asked.stand([AskedQuestion(RANGE)])
    one.take_answer(answer(COLOUR), 1.0)
    one.take_answer(answer(RANGE, question_id='watch-1'), 2.0)
    assert one.decide(2.0).selected == ['camera', 'lidar']
    assert reasons(one)['lidar'].startswith('standing range question')
    assert one.decide(1000.0).selected == ['lidar']
    one.asked.stand([])
    one.take_answer(answer(COLOUR), 1001.0)
    assert one.decide(1001.0).selected == ['camera']


def test_named_modalities_are_used_while_the_question_counts() -> None:
    one = decider()
    one.asked.note(AskedQuestion(COLOUR, ('lidar',)), 0.0, keep_s=5.0)
    assert one.decide(1.0).selected == ['camera', 'lidar']
    assert reasons(one)['lidar'] == f'named by the question "{COLOUR}"'


def test_what_an_answered_question_named_is_used_as_long_as_that_counts() -> None:
    one = decider(settings=dataclasses.replace(SETTINGS, remember_s=10.0))
    one.take_answer(answer(COLOUR, error_code=3, named=('lidar', 'sonar')), 0.0)
    assert one.decide(1.0).selected == ['camera', 'lidar']
    assert set(reasons(one)) == {'camera', 'lidar'}
    assert reasons(one)['lidar'] == f'named by the question "{COLOUR}"'
    one.take_answer(answer(COLOUR), 6.0)    # asked again without the name
    assert one.decide(9.0).selected == ['camera', 'lidar']
    assert one.decide(11.0).selected == ['camera']


def test_what_a_question_names_counts_beside_the_same_question_that_stands() -> None:
    one = decider()
    one.asked.stand([AskedQuestion(COLOUR)])
    one.take_answer(answer(COLOUR, named=('lidar',)), 0.0)
    assert one.decide(1.0).selected == ['camera', 'lidar']


def test_what_a_refused_request_named_does_not_count() -> None:
    one = decider()
    one.take_answer(answer(COLOUR, error_code=2, named=('lidar',)), 1.0)
    assert one.asked.at(1.0) == ()


def test_a_dark_camera_is_dropped_and_the_reason_tells_how_dark() -> None:
    one = decider()
    one.asked.note(AskedQuestion('Is there a pedestrian?'), 0.0)
    assert one.decide(0.5).selected == ['camera']
    darken(one, 1.0)
    assert one.plan.selected == ['lidar']
    assert reasons(one)['camera'] == 'dark (mean 9 of 255)'


def test_a_dropped_camera_is_tried_again_and_kept_when_it_sees() -> None:
    one = decider()
    one.asked.note(AskedQuestion(COLOUR), 0.0)
    darken(one, 1.0)
    one.take_report(report('camera', **IDLE), 31.5)
    assert one.decide(31.5).selected == []
    assert one.decide(32.0).selected == ['camera']
    assert reasons(one)['camera'] == 'tried again: it was dark (mean 9 of 255) 30 s ago'
    one.take_report(report('camera', usability=0.9), 33.0)
    assert one.decide(33.0).selected == ['camera']
    assert reasons(one)['camera'].startswith('colour question')


def test_a_trial_that_fails_waits_as_long_again() -> None:
    one = decider()
    one.asked.note(AskedQuestion(COLOUR), 0.0)
    darken(one, 1.0)
    one.take_report(report('camera', **IDLE), 32.5)
    assert one.decide(33.0).selected == ['camera']
    one.take_report(report('camera', **DARK), 34.0)
    assert one.decide(34.0).selected == []
    for second in range(35, 64):
        one.take_report(report('camera', **IDLE), float(second))
        assert one.decide(second).selected == []
    assert one.decide(64.0).selected == ['camera']


def test_what_no_question_needs_is_not_tried() -> None:
    one = decider()
    one.asked.note(AskedQuestion(RANGE), 0.0)
    darken(one, 1.0)
    one.take_report(report('camera', **IDLE), 40.0)
    assert one.decide(41.0).selected == ['lidar']
    one.asked.note(AskedQuestion(COLOUR), 42.0)
    assert one.decide(42.0).selected == ['camera', 'lidar']


def test_a_stale_sensor_is_replaced() -> None:
    one = decider()
    one.asked.note(AskedQuestion(RANGE), 0.0)
    assert one.decide(0.5).selected == ['lidar']
    one.take_report(report('lidar', State.STALE, message='silent for 1.1 s'), 1.0)
    assert one.decide(1.0).selected == ['camera']
    assert reasons(one)['lidar'] == 'silent for 1.1 s'


def test_what_the_link_cannot_carry_is_not_taken() -> None:
    one = decider(settings=dataclasses.replace(
        SETTINGS, budget=Budget(network_bytes_per_s=30e3)))
    one.take_report(report('lidar', payload_bytes=50_000), 1.0)
    assert one.decide(1.0).selected == ['camera']
    assert reasons(one)['lidar'] == (
        'over the budget: 520 kB/s of 30 kB/s; would fit at up to 0.2 Hz (max_rate_hz)')
    one.settings = dataclasses.replace(one.settings, budget=Budget(network_bytes_per_s=1e6))
    assert one.decide(1.0).selected == ['camera', 'lidar']


def test_it_says_that_int8_would_fit_where_it_would_and_nothing_else_is_in_the_way() -> None:
    for policy in ('static', 'all', 'rules'):
        one = decider(policy, dataclasses.replace(
            SETTINGS, budget=Budget(network_bytes_per_s=300e3)))
        one.take_report(report('lidar', payload_bytes=50_000), 1.0)
        one.decide(1.0)
        assert reasons(one)['lidar'].endswith(
            'over the budget: 520 kB/s of 300 kB/s; '
            'would fit at up to 5.6 Hz (max_rate_hz) or as int8 (dtype)')
        one.take_report(report('lidar', payload_bytes=50_000, bits=8), 2.0)
        one.decide(2.0)
        assert reasons(one)['lidar'].endswith('would fit at up to 5.6 Hz (max_rate_hz)')
        one.settings = dataclasses.replace(
            one.settings, budget=Budget(network_bytes_per_s=300e3, flops_per_s=1e9))
        one.decide(3.0)
        assert reasons(one)['lidar'].endswith('over the budget: 2 GFLOP/s of 1 GFLOP/s')


def test_an_encoder_that_begins_anew_is_measured_anew() -> None:
    one = decider(settings=dataclasses.replace(
        SETTINGS, budget=Budget(network_bytes_per_s=30e3)))
    one.take_report(report('lidar', payload_bytes=50_000), 1.0)
    assert one.decide(1.0).selected == ['camera']
    one.take_report(report('lidar', payload_bytes=50_000, **IDLE), 2.0)
    assert one.decide(2.0).selected == ['camera']
    one.take_report(report('lidar', payload_bytes=0, published=0, **IDLE), 3.0)
    assert one.decide(3.0).selected == ['camera', 'lidar']
    one.take_report(report('lidar', payload_bytes=50_000, latent_rate_hz=0.2), 4.0)
    assert one.decide(4.0).selected == ['camera', 'lidar']


def test_answers_tell_what_fusing_takes() -> None:
    one = decider(settings=dataclasses.replace(
        SETTINGS, budget=Budget(answer_ms=103.0), expense=ExpenseSettings(1e6)))
    for second in range(1, 4):
        one.take_answer(answer('Anything new?', tokens=10, fuse_ms=2.0, core_ms=102.0),
                        float(second))
    plan = one.decide(3.0)
    assert plan.cost.answer_ms == 102.0 and len(plan.selected) == 1
    assert 'over the budget: 104 ms of 103 ms' in reasons(one).values()
    assert one.plan.cost.flops_per_s == 1e8 * 10 + 1.0 * 10 * 1e6


def test_power_is_shared_out_by_operations() -> None:
    one = decider('all', dataclasses.replace(SETTINGS, expense=ExpenseSettings(idle_watts=2.0)))
    one.decide(1.0)
    one.take_power(6.0)
    one.take_report(report('radar'), 2.0)
    assert one.decide(2.0).cost.watts == 8.0
    one.settings = dataclasses.replace(one.settings, budget=Budget(watts=6.5))
    assert len(one.decide(2.0).selected) == 2


def test_there_is_an_end_to_modalities() -> None:
    one = decider()
    one.asked.note(AskedQuestion(RANGE), 0.0)
    for index in range(62):
        one.take_report(report(f'ghost_{index}'), 1.0)
    with pytest.raises(ValueError, match="'one_more' is one modality too many: 64 are known"):
        one.take_report(report('one_more'), 1.0)
    assert one.decide(1.0).selected == ['lidar']


def test_nothing_new_gives_the_same_plan() -> None:
    one = decider()
    plan = one.decide(1.0)
    one.take_report(report('camera', latent_rate_hz=10.4, usability=0.95), 2.0)
    assert one.decide(2.0) is plan
