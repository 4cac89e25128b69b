# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a line of progress says is left."""

from __future__ import annotations

import re

import pytest

from mpnp_ros.world import progress


class Clock:
    """A time that passes when it is told to."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    given = Clock()
    monkeypatch.setattr(progress, 'time', given)
    return given


def seconds_left(capsys: pytest.CaptureFixture[str]) -> int:
    found = re.findall(r', (\d+) s left', capsys.readouterr().err)
    return int(found[-1])


def test_the_time_left_is_that_of_the_rest_at_the_same_rate(
        clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    line = progress.ProgressLine('parts')
    for done in range(1, 6):
        clock.now += 20.0
        line(done, 10)
    assert seconds_left(capsys) == 100


def test_what_an_earlier_run_did_says_nothing(
        clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    line = progress.ProgressLine('parts')
    clock.now += 30.0
    line(91, 100)
    assert seconds_left(capsys) == 270


def test_parts_that_were_found_done_are_forgotten(
        clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    line = progress.ProgressLine('parts')
    for done in range(1, 51):
        clock.now += 0.01
        line(done, 60)
    for done in range(51, 56):
        clock.now += 40.0
        line(done, 60)
    assert seconds_left(capsys) == 200
