# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A window hands out the messages of the last moments of each view."""

from __future__ import annotations

from sensor_messages import imu

from mpnp_ros.encoders.assembler import Reading
from mpnp_ros.encoders.base import create, View
from mpnp_ros.encoders.imu_statistics import NAMES
from mpnp_ros.encoders.window import Window

MS = 1_000_000


def test_a_reading_comes_back_with_those_before_it() -> None:
    window = Window(0.1)
    for k in range(5):
        given = window.add(Reading('imu', 40 * MS * k, k))
    assert given == Reading('imu', 160 * MS, [2, 3, 4])


def test_what_is_as_old_as_the_window_is_out_of_it() -> None:
    window = Window(0.1)
    window.add(Reading('imu', 0, 'old'))
    assert window.add(Reading('imu', 100 * MS, 'new')).message == ['new']


def test_views_have_windows_of_their_own() -> None:
    window = Window(1.0)
    window.add(Reading('one', 0, 1))
    assert window.add(Reading('other', 1, 2)).message == [2]
    assert window.add(Reading('one', 2, 3)).message == [1, 3]


def test_a_stamp_that_goes_back_begins_anew() -> None:
    window = Window(1.0)
    window.add(Reading('imu', 500 * MS, 1))
    assert window.add(Reading('imu', 10 * MS, 2)).message == [2]
    window.reset()
    assert window.add(Reading('imu', 11 * MS, 3)).message == [3]


def test_the_inertial_encoder_takes_what_a_window_gives() -> None:
    encoder, window = create('imu_window'), Window(1.0)
    for k in range(200):
        given = window.add(Reading('imu', 10 * MS * k, imu(k / 100.0, (0.0, 0.0, k / 1000.0))))
    tokens = encoder.encode([encoder.decode(given.message)], [View('imu')]).tokens
    turning = tokens[-1, NAMES.index('turn_z_mean')]
    assert abs(float(turning) - (100 + 199) / 2000.0) < 1e-6
