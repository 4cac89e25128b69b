# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A sensor's usability moves with hysteresis; dead, stale and silent ones are noticed in time."""

from __future__ import annotations

import math

from statuses import DARK, IDLE, report

from mpnp_ros.manager.context import ContextSettings, ModalityContext
from mpnp_ros.manager.report import State

SETTINGS = ContextSettings(leave_below=0.25, enter_above=0.5, dwell_s=2.0, retry_after_s=30.0,
                           max_age_s=1.0, offline_after_s=10.0)


def context(**fields) -> ModalityContext:
    return ModalityContext(report('camera', **fields), 0.0, SETTINGS)


def hear(one: ModalityContext, *usabilities: float, start_s: float = 1.0) -> list[bool]:
    """Report a usability each second; return whether it is usable after each."""
    verdicts = []
    for second, usability in enumerate(usabilities):
        one.take(report('camera', usability=usability), start_s + second)
        verdicts.append(one.usable)
    return verdicts


def test_a_bad_moment_changes_nothing() -> None:
    assert all(hear(context(), 0.1, 0.1, 0.6, 0.1, 0.1, 0.6))


def test_lasting_badness_makes_unusable_after_the_dwell_time() -> None:
    assert hear(context(), 0.1, 0.1, 0.1) == [True, True, False]


def test_between_the_thresholds_the_verdict_stands() -> None:
    one = context()
    assert hear(one, 0.4, 0.4, 0.4, 0.4) == [True] * 4
    hear(one, 0.1, 0.1, 0.1, start_s=5.0)
    assert hear(one, 0.4, 0.4, 0.4, 0.4, start_s=8.0) == [False] * 4
    assert hear(one, 0.5, 0.5, 0.5, start_s=12.0) == [False, False, True]


def test_noise_does_not_move_usability() -> None:
    one = context(usability=0.8)
    hear(one, 0.75, 0.85, 0.79)
    assert one.usability == 0.8


def test_idle_reports_leave_the_verdict() -> None:
    one = context()
    hear(one, 0.1, 0.1, 0.1)
    one.take(report('camera', **IDLE), 10.0)
    assert not one.usable and one.trouble == 'of little use (usability 0.10)'


def test_without_a_measure_a_sensor_is_usable() -> None:
    assert all(hear(context(), math.nan, math.nan, math.nan, math.nan))


def test_a_stale_sensor_is_unusable_at_once() -> None:
    one = context()
    one.take(report('camera', State.STALE, message='silent for 1.2 s'), 1.0)
    assert not one.usable and one.trouble == 'silent for 1.2 s'


def test_a_frozen_stamp_makes_unusable() -> None:
    one = context()
    one.take(report('camera', age_s=1.5), 1.0)
    assert not one.usable and one.trouble == '1.5 s old'


def test_a_sensor_that_never_speaks_is_waited_for_as_long_as_latents_may_be_old() -> None:
    one = context(**IDLE)
    for second, usable in ((1.0, True), (1.9, True), (2.1, False)):
        one.take(report('camera', State.WAITING, message='no picture yet'), second)
        assert one.usable is usable


def test_an_encoder_is_missed_one_period_and_the_maximum_age_after_its_last_status() -> None:
    one = context()
    for second in (0.5, 1.0, 1.5):
        one.take(report('camera'), second)
    one.pass_time(2.9, tick_s=0.1)
    assert one.online
    one.pass_time(3.0, tick_s=0.1)
    assert not one.online and one.trouble == 'its encoder has fallen silent'
    one.take(report('camera'), 4.0)
    assert one.online


def test_costs_are_remembered_while_it_idles() -> None:
    one = context()
    one.take(report('camera', **IDLE, payload_bytes=0, weights_bytes=0, tokens=0,
                    encode_flops=math.nan), 1.0)
    assert (one.rate_hz, one.payload_bytes, one.weights_bytes, one.tokens, one.encode_flops) == (
        10.0, 2000, 1000, 10, 1e8)


def test_a_trial_ends_with_the_first_measure() -> None:
    for usability, usable in ((0.9, True), (0.1, False)):
        one = context()
        hear(one, 0.1, 0.1, 0.1)
        one.take(report('camera', **IDLE), 4.0)
        assert not one.due(32.0) and one.due(33.0)
        one.begin_trial(33.0)
        one.take(report('camera', State.WAITING), 33.5)
        assert one.trial_s is not None
        one.take(report('camera', usability=usability), 34.0)
        assert (one.usable, one.trial_s) == (usable, None)


def test_a_trial_without_data_is_given_up() -> None:
    one = context()
    one.take(report('camera', State.STALE), 1.0)
    one.begin_trial(31.0)
    one.take(report('camera', State.WAITING, message='no picture'), 32.0)
    one.pass_time(33.0)
    assert one.trial_s is not None
    one.take(report('camera', State.WAITING, message='no picture'), 33.5)
    one.pass_time(31.0 + one.trial_limit_s + 0.1)
    assert one.trial_s is None and one.trouble == 'no picture'


def test_a_silent_sensor_is_tried_sooner_than_a_bad_one() -> None:
    one = context()
    one.take(report('camera', State.STALE), 1.0)
    one.take(report('camera', **IDLE), 2.0)
    assert not one.due(10.9) and one.due(11.0)
    assert one.trial_words(11.0) == 'tried again: it was without data 10 s ago'


def test_words_of_a_trial_say_what_was_wrong() -> None:
    one = context()
    for second in (1.0, 2.0, 3.0):
        one.take(report('camera', **DARK), second)
    assert one.trial_words(33.0) == 'tried again: it was dark (mean 9 of 255) 30 s ago'
