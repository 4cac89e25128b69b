# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A status that cannot be true is named, and what is wrong with it counts as not measured."""

from __future__ import annotations

import math

import pytest
from statuses import report, status

from mpnp_ros.manager.context import ContextSettings
from mpnp_ros.manager.report import Report, State


@pytest.mark.parametrize('usability', [1.5, -0.1, math.inf])
def test_impossible_usability_is_named_and_ignored(usability: float) -> None:
    one = report('camera', usability=usability)
    assert math.isnan(one.usability)
    assert one.problem == f'usability {usability:g}, expected 0 to 1'


def test_negative_cost_is_named_and_ignored() -> None:
    one = report('camera', encode_flops=-1.0)
    assert math.isnan(one.encode_flops) and 'encode_flops -1' in one.problem


@pytest.mark.parametrize(('fields', 'cause'), [
    ({'modality': ''}, 'without the name'), ({'state': 9}, 'state 9')])
def test_a_status_that_says_nothing_is_refused(fields: dict, cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        Report.of(status(**{'modality': 'camera', **fields}))


def test_crossed_thresholds_are_refused() -> None:
    with pytest.raises(ValueError, match='leave_below <= enter_above'):
        ContextSettings(leave_below=0.6, enter_above=0.5)


def test_states_are_those_of_the_message() -> None:
    messages = pytest.importorskip('mpnp_ros.msg')
    assert {state.name: state.value for state in State} == {
        state.name: getattr(messages.ModalityStatus, state.name) for state in State}
