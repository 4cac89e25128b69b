# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""On a real sweep the tokens tell what the annotated boxes say, in the base frame."""

from __future__ import annotations

from collections.abc import Callable
import math
from pathlib import Path

import numpy as np
import pytest

from mpnp_ros.encoders.base import create, Encoder, View
from mpnp_ros.encoders.range_statistics import NAMES
from mpnp_ros.evaluation.nuscenes_frame import NuscenesFrame, read_frame

SECTORS = 32


@pytest.fixture
def frame(shared_data: Callable[[str], Path]) -> NuscenesFrame:
    return read_frame(shared_data('nuscenes_frame'))


@pytest.fixture
def encoder() -> Encoder:
    # Its own roof, bonnet and boot return up to 2.5 m from this car's lidar.
    return create('lidar_range_view', {'bands': 1, 'sectors': SECTORS, 'min_range': 2.5})


def tell(
    encoder: Encoder, frame: NuscenesFrame, pose: np.ndarray | None, name: str
) -> np.ndarray:
    """Return one statistic [sectors] of the frame's sweep."""
    sample = frame.lidar.points[:, :4]
    encoded = encoder.encode([sample], [View('top', base_from_sensor=pose)])
    return encoded.tokens[:, NAMES.index(name)].numpy()


def sector(azimuth_deg: float) -> int:
    return round(azimuth_deg / (360 / SECTORS)) % SECTORS


# By hand from the boxes: centre in the base frame, less half the size towards the car.
#   car ahead: centre (39.0, 2.1), 4.73 m long, heading 1 deg: rear face at 39.0 - 2.4 = 36.6
#   parked truck: centre (16.2, 4.5), 10.2 x 2.9 m, heading 2 deg: rear face x = 11.1 with
#     y from 3.1 to 5.9, so 11.5 m at 15 deg and 12.5 m at 28 deg, in two sectors
#   barriers behind to the right: centres (-8.3, -6.0) and (-8.3, -6.6), 1.9 m along x: 9.3 m
#   barrier ahead to the right: centre (14.4, -7.0), 2.0 m along x: corner (13.4, -6.7), 15.0 m
@pytest.mark.parametrize(('what', 'azimuth_deg', 'metres'), [
    ('car ahead', 3.1, 36.6),
    ('truck, right end', 15.0, 11.5),
    ('truck, left end', 24.0, 12.0),
    ('barriers behind', -146.0, 9.3),
    ('barrier ahead', -26.0, 15.0),
])
def test_nearest_obstacle_matches_the_box(
    encoder: Encoder, frame: NuscenesFrame, what: str, azimuth_deg: float, metres: float
) -> None:
    nearest = tell(encoder, frame, frame.lidar.base_from_lidar, 'nearest') * 80
    assert nearest[sector(azimuth_deg)] == pytest.approx(metres, abs=0.5), what


def test_direction_of_the_truck_within_its_sector(
    encoder: Encoder, frame: NuscenesFrame
) -> None:
    pose = frame.lidar.base_from_lidar
    cos = tell(encoder, frame, pose, 'nearest_cos')[sector(22.5)]
    sin = tell(encoder, frame, pose, 'nearest_sin')[sector(22.5)]
    assert 16.9 < math.degrees(math.atan2(sin, cos)) < 28.1


def test_no_box_with_many_returns_is_nearer_than_its_sector_tells(
    encoder: Encoder, frame: NuscenesFrame
) -> None:
    nearest = tell(encoder, frame, frame.lidar.base_from_lidar, 'nearest') * 80
    checked = 0
    for box in frame.boxes:
        # A narrow box lies in one sector as a whole; its own returns bound the nearest range.
        azimuths = np.degrees(np.arctan2(*box.corners().T[::-1]))
        if box.lidar_points < 15 or len({sector(a) for a in azimuths}) > 1:
            continue
        furthest = np.hypot(*box.corners().T).max()
        assert nearest[sector(azimuths[0])] <= furthest + 0.3, box
        checked += 1
    assert checked >= 3


def test_without_the_pose_the_boxes_do_not_match(
    encoder: Encoder, frame: NuscenesFrame
) -> None:
    # The sensor's x looks to the right: taken for forward, everything is a quarter turn off.
    height_only = np.eye(4)
    height_only[2, 3] = frame.lidar.base_from_lidar[2, 3]
    nearest = tell(encoder, frame, height_only, 'nearest') * 80
    expected = {3.1: 36.6, 15.0: 11.5, -146.0: 9.3, -26.0: 15.0}
    wrong = [abs(nearest[sector(a)] - metres) > 1.0 for a, metres in expected.items()]
    assert sum(wrong) >= 3


def test_most_sectors_see_ground_near_height_zero(
    encoder: Encoder, frame: NuscenesFrame
) -> None:
    ground = tell(encoder, frame, frame.lidar.base_from_lidar, 'ground_height')
    assert np.median(np.abs(ground)) < 0.1
