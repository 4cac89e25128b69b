# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where frames were at a stamp, with a robot that moves."""

from __future__ import annotations

import numpy as np
import pytest
from staged_bag import at

from mpnp_ros import messages
from mpnp_ros.evaluation.pictures.moving_frames import MovingFrames

S = 1_000_000_000


def moved(frames: MovingFrames, stamp_ns: int, x: float) -> None:
    assert frames.take('/tf', messages.transforms(
        stamp_ns, [('map', 'base_link', at(x, 0.0, 0.0))])) == []


def place(frames: MovingFrames, stamp_ns: int, frame: str = 'base_link') -> float:
    matrix = frames.lookup('map', frame, stamp_ns)
    assert matrix is not None
    return float(matrix[0, 3])


def test_the_pose_before_a_stamp_holds_until_the_next() -> None:
    frames = MovingFrames()
    for second in range(4):
        moved(frames, second * S, 10.0 * second)
    assert [place(frames, stamp) for stamp in (0, S, S + S // 2, 9 * S)] == [0, 10, 10, 30]


def test_before_the_first_pose_the_first_one_is_taken() -> None:
    frames = MovingFrames()
    moved(frames, 5 * S, 7.0)
    assert place(frames, 0) == 7.0


def test_mounts_and_poses_make_one_chain() -> None:
    frames = MovingFrames()
    frames.take('/tf_static', messages.transforms(
        0, [('base_link', 'lidar', at(1.0, 0.0, 2.0))]))
    moved(frames, S, 10.0)
    moved(frames, 2 * S, 20.0)
    assert place(frames, S, 'lidar') == 11.0
    assert frames.lookup('map', 'camera', S) is None


def test_old_poses_are_let_go() -> None:
    frames = MovingFrames()
    for second in range(100):
        moved(frames, second * S, float(second))
    assert place(frames, 0) == 94.0   # the oldest of those kept


def test_a_bag_that_starts_anew_is_followed() -> None:
    frames = MovingFrames()
    moved(frames, 50 * S, 50.0)
    moved(frames, S, 1.0)
    assert place(frames, 60 * S) == 1.0


def test_a_transform_that_is_no_motion_is_named() -> None:
    message = messages.transforms(S, [('map', 'base_link', at(0.0, 0.0, 0.0))])
    message.transforms[0].transform.rotation.w = np.nan
    [ignored] = MovingFrames().take('/tf', message)
    assert 'map <- base_link' in ignored


@pytest.mark.parametrize('name', ['base_link', '/base_link'])
def test_a_leading_slash_of_ros_1_does_not_matter(name: str) -> None:
    frames = MovingFrames()
    moved(frames, S, 3.0)
    assert place(frames, S, name) == 3.0
