# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The demo drive that comes with the package is complete, small, and worth asking about."""

from itertools import groupby

import pytest

from mpnp_ros.world.bag import read_bag
from mpnp_ros.world.dataset import BAG, QUESTIONS
from mpnp_ros.world.question_file import read_questions


@pytest.fixture(scope='module')
def asked(shipped_drive):
    """Return the questions that come with the drive."""
    return read_questions(shipped_drive / QUESTIONS)


def test_the_bag_is_under_three_megabytes(shipped_drive) -> None:
    assert sum(path.stat().st_size for path in shipped_drive.rglob('*')) < 3_000_000


def test_the_bag_gives_both_sensors_at_two_hertz(shipped_drive) -> None:
    moments = read_bag(shipped_drive / BAG).moments
    assert {b.stamp_ns - a.stamp_ns for a, b in zip(moments, moments[1:])} == {500_000_000}
    assert 12.0 <= (moments[-1].stamp_ns - moments[0].stamp_ns) / 1e9 <= 15.0


def test_every_question_belongs_to_a_stamp_of_the_bag(shipped_drive, asked) -> None:
    stamps = {moment.stamp_ns for moment in read_bag(shipped_drive / BAG).moments}
    assert {item.stamp_ns for item in asked} <= stamps


def test_the_nearest_car_changes_colour_several_times(asked) -> None:
    colors = [item.question.answer for item in asked if item.question.type == 'color']
    assert len([color for color, _ in groupby(colors)]) >= 4


def test_the_demo_asks_three_questions_in_order_of_time(asked) -> None:
    demo = [item for item in asked if item.demo]
    stamps = [item.stamp_ns for item in demo]
    assert len(demo) == 3 and stamps == sorted(set(stamps))
    types = {item.question.type for item in demo}
    assert 'color' in types and types & {'clear', 'distance'}
    assert types & {'exist', 'count', 'direction'}
