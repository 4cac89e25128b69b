# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Readings of several views are put together into sets, whatever arrives and whatever not."""

import pytest

from mpnp_ros.encoders.assembler import Assembler, Reading
from mpnp_ros.encoders.base import checked_options, encoder_class

MS = 1_000_000


def assembler(*views: str) -> Assembler:
    return Assembler(list(views), max_skew_s=0.2, stale_after_s=1.0)


def add(target: Assembler, view: str, stamp_ms: int) -> list[list[tuple[str, int]]]:
    sets = target.add(Reading(view, stamp_ms * MS, None))
    return [[(reading.view, reading.stamp_ns // MS) for reading in one] for one in sets]


def test_single_view_gives_every_reading() -> None:
    one = assembler('front')
    assert add(one, 'front', 0) == [[('front', 0)]]
    assert add(one, 'front', 100) == [[('front', 100)]]


def test_set_waits_for_all_views_and_keeps_their_order() -> None:
    two = assembler('front', 'back')
    assert add(two, 'back', 5) == []
    assert add(two, 'front', 0) == [[('front', 0), ('back', 5)]]


def test_lost_message_costs_one_set_and_realigns() -> None:
    two = assembler('front', 'back')
    add(two, 'front', 0)
    add(two, 'back', 0)
    add(two, 'front', 500)
    assert add(two, 'front', 1000) == [[('front', 500)]]
    assert add(two, 'back', 1000) == [[('front', 1000), ('back', 1000)]]


def test_dead_view_is_left_out_after_a_while() -> None:
    two = assembler('front', 'back')
    add(two, 'front', 0)
    add(two, 'back', 0)
    for stamp in range(500, 3000, 500):
        sets = add(two, 'front', stamp)
    assert sets == [[('front', 2500)]]


def test_view_never_seen_does_not_block_for_ever() -> None:
    two = assembler('front', 'back')
    given = [stamp for stamp in range(0, 2000, 100) if add(two, 'front', stamp)]
    assert given and given[-1] == 1900


def test_slow_view_is_used_again_within_the_skew() -> None:
    two = assembler('fast', 'slow')
    add(two, 'slow', 0)
    add(two, 'fast', 0)
    add(two, 'fast', 50)
    assert add(two, 'fast', 100) == [[('fast', 50), ('slow', 0)]]


def test_bag_loop_starts_afresh() -> None:
    two = assembler('front', 'back')
    add(two, 'front', 9000)
    add(two, 'back', 9000)
    add(two, 'front', 9500)
    assert add(two, 'front', 0) == []
    assert add(two, 'back', 0) == [[('front', 0), ('back', 0)]]


def test_after_a_pause_of_all_views_the_first_one_is_no_set() -> None:
    two = assembler('front', 'back')
    for view in ('front', 'back'):
        add(two, view, 0)
    assert add(two, 'front', 4000) == []
    assert add(two, 'back', 4000) == [[('front', 4000), ('back', 4000)]]


def test_a_set_that_waits_in_vain_is_overdue_after_the_skew() -> None:
    two = assembler('front', 'back')
    add(two, 'front', 4000)
    assert two.take_overdue(4100 * MS) == []
    assert [one.view for one in two.take_overdue(4200 * MS)] == ['front']
    assert two.take_overdue(9000 * MS) == []


def test_unknown_view_is_named() -> None:
    with pytest.raises(KeyError, match='left'):
        add(assembler('front'), 'left', 0)


def test_with_a_window_a_message_is_the_list_of_the_last_ones_of_its_view() -> None:
    recent = Assembler(['imu'], max_skew_s=0.2, stale_after_s=1.0, window_s=0.3)
    given = [recent.add(Reading('imu', stamp_ns, str(stamp_ns)))
             for stamp_ns in range(0, 600_000_000, 100_000_000)]
    assert [ready[0][0].message for ready in given][-1] == [
        '300000000', '400000000', '500000000']
    recent.reset()
    [[alone]] = recent.add(Reading('imu', 700_000_000, 'new'))
    assert alone.message == ['new']


@pytest.mark.parametrize(('name', 'expected_s'), [
    ('imu_window', 1.0), ('audio_directions', 1.0), ('radar_sectors', 0.0)])
def test_encoders_say_how_far_their_samples_reach_back(name: str, expected_s: float) -> None:
    kind = encoder_class(name)
    assert kind.window_s(checked_options(kind, {})) == expected_s
