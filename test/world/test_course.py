# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Courses bend where they should, and paces come to rest and stay there."""

import math

import numpy as np
import pytest

from mpnp_ros.world.course import Course
from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.pace import Pace

BEND = Course(Pose(1.0, 2.0, 0.3), ((10.0, 0.0), (20.0 * math.pi / 2.0, 1.0 / 20.0), (15.0, 0.0)))


def test_a_quarter_of_a_circle_turns_by_a_right_angle() -> None:
    end = BEND.pose(BEND.length)
    assert end.yaw == pytest.approx(0.3 + math.pi / 2.0)
    assert BEND.curvature(5.0) == BEND.curvature(60.0) == 0.0
    assert BEND.curvature(15.0) == pytest.approx(0.05)


def test_many_places_are_those_of_one_pose_each() -> None:
    along = np.array([-5.0, 0.0, 3.0, 10.0, 25.0, 41.0, 44.0, 70.0])
    poses = [BEND.pose(float(s)) for s in along]
    assert np.allclose(BEND.places(along), [[p.x, p.y] for p in poses])


def test_the_line_beside_keeps_its_distance() -> None:
    left = BEND.beside(3.5)
    for share in (0.1, 0.5, 0.9):
        here = left.pose(share * left.length)
        gap = np.hypot(*(BEND.places(np.arange(0.0, 60.0, 0.01)) - [here.x, here.y]).T).min()
        assert gap == pytest.approx(3.5, abs=1e-3)


def test_no_line_runs_beyond_the_middle_of_an_arc() -> None:
    with pytest.raises(ValueError, match='radius 20 m'):
        BEND.beside(21.0)


def test_the_way_back_meets_the_same_places() -> None:
    back = BEND.back()
    for along in (0.0, 7.0, 30.0):
        there, here = BEND.pose(along), back.pose(BEND.length - along)
        assert (here.x, here.y) == pytest.approx((there.x, there.y))
        assert math.cos(here.yaw - there.yaw) == pytest.approx(-1.0)


def test_braking_ends_at_rest() -> None:
    pace = Pace(6.0, ((10.0, -3.0),))
    assert pace.at(1.0) == pytest.approx((4.5, 3.0, -3.0))
    assert pace.at(2.0)[0] == pytest.approx(6.0)
    assert pace.at(5.0) == pytest.approx((6.0, 0.0, 0.0))


def test_before_the_start_the_speed_is_that_of_the_start() -> None:
    assert Pace(4.0, ((2.0, 1.0),)).at(-0.5) == (-2.0, 4.0, 0.0)
