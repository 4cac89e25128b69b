# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Inertial tokens tell turning, speeding up and braking, slice by slice."""

from __future__ import annotations

import math

from linear_probe import accuracy
import numpy as np
import pytest
from sensor_messages import Imu, imu

from mpnp_ros.encoders.base import create, InputError, View
from mpnp_ros.encoders.imu_statistics import NAMES

ENCODER = create('imu_window')
HERE = View('imu', np.eye(4))


def readings(turn: float = 0.0, forward: float = 0.0, seed: int = 0, count: int = 100,
             noise: float = 0.0) -> list[Imu]:
    """Return a second of readings that ends at 5 s."""
    random = np.random.default_rng(seed)
    return [imu(4.0 + (k + 1) / count, noise * random.normal(0.0, 0.02, 3) + [0.0, 0.0, turn],
                noise * random.normal(0.0, 0.4, 3) + [forward, 0.0, 9.80665])
            for k in range(count)]


def tokens(messages: object, view: View = HERE) -> np.ndarray:
    return ENCODER.encode([ENCODER.decode(messages)], [view]).tokens.numpy()


def whole(messages: object, view: View = HERE) -> dict[str, float]:
    return dict(zip(NAMES, tokens(messages, view)[-1].tolist()))


def test_a_left_turn_is_positive_and_a_right_turn_negative() -> None:
    left, right = (whole(readings(turn=turn)) for turn in (0.3, -0.3))
    assert left['turn_z_mean'] == pytest.approx(0.3)
    assert left['heading_change'] == pytest.approx(0.3)
    assert right['heading_change'] == pytest.approx(-0.3)


def test_braking_is_told_with_the_speed_it_takes() -> None:
    told = whole(readings(forward=-4.0))
    assert told['force_x_mean'] == pytest.approx(-0.5)
    assert told['speed_change'] == pytest.approx(-0.5)


def test_gravity_is_taken_out() -> None:
    assert whole(readings())['force_z_mean'] == pytest.approx(0.0, abs=1e-6)


def test_slices_tell_when_it_happened() -> None:
    messages = readings()
    for message in messages[75:]:
        message.angular_velocity.z = 0.4
    turning = tokens(messages)[:, NAMES.index('turn_z_mean')]
    np.testing.assert_allclose(turning, [0.0, 0.0, 0.0, 0.4, 0.1], atol=1e-6)


def test_a_stretch_shorter_than_the_window_leaves_old_slices_empty() -> None:
    some = tokens(readings()[-25:])[:, NAMES.index('some')]
    assert some.tolist() == [0.0, 0.0, 0.0, 1.0, 1.0]


def test_a_single_reading_is_a_window_too() -> None:
    told = whole(readings(turn=0.3)[-1])
    assert told['turn_z_mean'] == pytest.approx(0.3)
    assert told['turn_z_slope'] == 0.0


def test_readings_older_than_the_window_do_not_count() -> None:
    old = [imu(3.0, (0.0, 0.0, 9.0))]
    np.testing.assert_array_equal(tokens(old + readings()), tokens(readings()))


def test_the_order_of_the_readings_does_not_matter() -> None:
    messages = readings(turn=0.2, noise=1.0)
    np.testing.assert_allclose(tokens(messages[::-1]), tokens(messages), atol=1e-6)


def test_a_unit_mounted_upside_down_tells_the_same() -> None:
    over = np.diag([1.0, -1.0, -1.0, 1.0])
    messages = [imu(4.0 + k / 100.0, (0.0, 0.0, -0.3), (-2.0, 0.0, -9.80665))
                for k in range(100)]
    told = whole(messages, View('imu', over))
    assert told['turn_z_mean'] == pytest.approx(0.3)
    assert told['force_x_mean'] == pytest.approx(-0.25)
    assert told['force_z_mean'] == pytest.approx(0.0, abs=1e-6)


def test_tokens_have_no_direction() -> None:
    encoded = ENCODER.encode([ENCODER.decode(readings())], [HERE])
    assert bool(encoded.azimuth.isnan().all())


@pytest.mark.parametrize('of', ['turn', 'brake'])
def test_a_linear_probe_tells_turns_and_braking_through_noise(of: str) -> None:
    random = np.random.default_rng(6)
    labels = random.random(90) < 0.5
    rows = []
    for seed, happens in enumerate(labels):
        turn = random.choice([-1.0, 1.0]) * random.uniform(0.0, 0.3)
        forward = random.uniform(-0.5, 2.0)
        if of == 'turn':
            turn = random.uniform(0.08, 0.4) if happens else -random.uniform(-0.03, 0.4)
        elif happens:
            forward = -random.uniform(1.5, 5.0)
        rows.append(tokens(readings(turn, forward, seed, count=40, noise=1.0)).ravel())
    assert accuracy(np.array(rows), labels) >= 0.9


def test_frozen_and_few_readings_are_told() -> None:
    def quality(messages: object) -> object:
        return ENCODER.quality([ENCODER.decode(messages)], [HERE])
    assert quality(readings(noise=1.0)).usability == 1.0
    assert quality(readings()).reason == 'frozen (100% of the readings repeat)'
    assert quality(readings()[0]).reason == 'few readings (1)'


def test_no_readings_are_refused() -> None:
    with pytest.raises(InputError, match='there is no reading'):
        ENCODER.decode([])


@pytest.mark.parametrize('field', ['angular_velocity', 'linear_acceleration'])
def test_a_reading_that_is_not_finite_is_refused_by_its_field(field: str) -> None:
    message = imu(1.0)
    getattr(message, field).y = math.nan
    with pytest.raises(InputError, match=f'{field}: expected finite numbers, got .*nan'):
        ENCODER.decode(message)


def test_a_sensor_without_accelerometer_is_refused() -> None:
    message = imu(1.0)
    message.linear_acceleration_covariance = (-1.0,) + (0.0,) * 8
    with pytest.raises(InputError, match='linear_acceleration: the sensor does not measure it'):
        ENCODER.decode(message)


def test_a_message_of_another_type_is_refused_by_its_name() -> None:
    with pytest.raises(InputError, match='expected sensor_msgs/msg/Imu with header, got int'):
        ENCODER.decode(7)


@pytest.mark.parametrize(('sample', 'words'), [
    (np.zeros((0, 7)), r"view 'imu': expected readings \[n, 7\], got \[0, 7\]"),
    (np.zeros((3, 6)), r'expected readings \[n, 7\], got \[3, 6\]'),
    (np.full((3, 7), np.nan), "view 'imu': a reading is not finite"),
])
def test_samples_of_another_kind_are_refused_by_their_view(
    sample: np.ndarray, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        ENCODER.encode([sample], [HERE])
