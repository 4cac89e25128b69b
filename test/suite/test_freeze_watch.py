# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A sensor that repeats its bytes under new stamps is noticed, one that changes a bit is not."""

from array import array

import numpy as np
import pytest

from mpnp_ros.suite.freeze_watch import FreezeWatch

TENTH_NS = 100_000_000


def picture(seed: int = 0) -> array:
    return array('B', np.random.default_rng(seed).integers(
        0, 256, 100_000, dtype=np.uint8).tobytes())


def test_the_time_of_equal_bytes_counts() -> None:
    watch = FreezeWatch()
    given = [watch.same_for_s(picture(), tenth * TENTH_NS) for tenth in range(4)]
    assert given == pytest.approx([0.0, 0.1, 0.2, 0.3])


@pytest.mark.parametrize('place', [0, 1, 50_001, 99_999])
def test_one_other_byte_starts_the_count_again(place: int) -> None:
    watch, other = FreezeWatch(), picture()
    other[place] ^= 1
    watch.same_for_s(picture(), 0)
    assert watch.same_for_s(other, TENTH_NS) == 0.0
    assert watch.same_for_s(other, 2 * TENTH_NS) == pytest.approx(0.1)


def test_a_reading_that_is_used_again_counts_once() -> None:
    watch, given = FreezeWatch(), picture()
    assert [watch.same_for_s(given, TENTH_NS) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_stamps_that_jump_back_start_the_count_again() -> None:
    watch = FreezeWatch()
    watch.same_for_s(picture(), 50 * TENTH_NS)
    assert watch.same_for_s(picture(), TENTH_NS) == 0.0


@pytest.mark.parametrize('odd', [array('B'), None, [1, 2, 3]])
def test_what_is_no_buffer_is_left_to_the_decoder(odd) -> None:
    assert FreezeWatch().same_for_s(odd, 0) == 0.0


@pytest.mark.parametrize('empty', [array('B'), np.empty(0, dtype=np.uint8)])
def test_messages_without_any_bytes_are_no_sign_of_a_frozen_sensor(empty) -> None:
    watch = FreezeWatch()
    assert [watch.same_for_s(empty, second * 10 * TENTH_NS) for second in range(4)] == [0.0] * 4
