# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Azimuths of the parts of a picture, against angles worked out by hand and a real car."""

from __future__ import annotations

from collections.abc import Callable
import math
from pathlib import Path

import numpy as np
import pytest

from mpnp_ros.encoders.azimuth import azimuths, grid_centres
from mpnp_ros.encoders.base import View
from mpnp_ros.evaluation.nuscenes_frame import read_frame

# 200 x 100 pixels, 45 degrees to either edge of the picture.
INTRINSICS = np.array([[100.0, 0.0, 99.5], [0.0, 100.0, 49.5], [0.0, 0.0, 1.0]])
SIZE = (200, 100)
CENTRE = np.array([[0.5, 0.5]])
EDGES = np.array([[0.0, 0.5], [0.5, 0.5], [1.0, 0.5]])
# Columns are where the optical x (right), y (down) and z (forward) point in the base frame.
AHEAD = [[0, 0, 1], [-1, 0, 0], [0, -1, 0]]
LEFT = [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
BEHIND = [[0, 0, -1], [1, 0, 0], [0, -1, 0]]
UP = [[0, 1, 0], [-1, 0, 0], [0, 0, 1]]


def pose(rotation: list[list[int]]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    return matrix


def around_z(matrix: np.ndarray, angle: float) -> np.ndarray:
    turn = np.eye(4)
    turn[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    return turn @ matrix


def test_grid_centres_go_row_by_row_from_the_upper_left() -> None:
    assert grid_centres(2, 2).tolist() == [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]


@pytest.mark.parametrize(('rotation', 'expected'), [
    (AHEAD, 0.0), (LEFT, math.pi / 2), (BEHIND, math.pi)])
def test_centre_of_the_picture_lies_where_the_camera_looks(
    rotation: list[list[int]], expected: float
) -> None:
    angle, = azimuths(View('a', pose(rotation), INTRINSICS, SIZE), CENTRE, SIZE)
    assert angle == pytest.approx(expected, abs=1e-6)


def test_edges_of_the_picture_lie_where_the_intrinsics_say() -> None:
    angles = azimuths(View('a', pose(AHEAD), INTRINSICS, SIZE), EDGES, SIZE)
    assert np.degrees(angles) == pytest.approx([45.0, 0.0, -45.0], abs=1e-4)


def test_a_principal_point_off_the_centre_shifts_the_directions() -> None:
    shifted = INTRINSICS.copy()
    shifted[0, 2] = 149.5
    angles = azimuths(View('a', pose(AHEAD), shifted, SIZE), EDGES, SIZE)
    assert np.degrees(angles) == pytest.approx(
        np.degrees([math.atan(1.5), math.atan(0.5), math.atan(-0.5)]), abs=1e-4)


def test_a_picture_of_another_size_than_the_intrinsics_keeps_its_directions() -> None:
    view = View('a', pose(AHEAD), INTRINSICS, SIZE)
    assert np.array_equal(azimuths(view, EDGES, (50, 25)), azimuths(view, EDGES, SIZE))


def test_without_a_size_the_intrinsics_hold_for_the_picture() -> None:
    sized, unsized = View('a', pose(AHEAD), INTRINSICS, SIZE), View('a', pose(AHEAD), INTRINSICS)
    assert np.array_equal(azimuths(unsized, EDGES, SIZE), azimuths(sized, EDGES, (1, 1)))


def test_azimuths_stay_within_a_turn_behind_the_robot() -> None:
    angles = azimuths(View('a', pose(BEHIND), INTRINSICS, SIZE), EDGES, SIZE).astype(float)
    assert np.degrees(angles) == pytest.approx([-135.0, 180.0, 135.0], abs=1e-3)
    assert (np.abs(angles) <= math.pi).all()


def test_a_camera_pitched_down_sees_its_lower_corners_further_to_the_side() -> None:
    # Forward and down by 45 degrees; the ray of the lower left corner, forward - right + down / 2,
    # is (half, 0, -half) + (0, 1, 0) + (-half, 0, -half) / 2.
    half = math.sqrt(0.5)
    rotation = np.array([[0, -half, half], [-1, 0, 0], [0, -half, -half]])
    angle, = azimuths(View('a', pose(rotation.tolist()), INTRINSICS, SIZE),
                      np.array([[0.0, 1.0]]), SIZE)
    assert angle == pytest.approx(math.atan2(1.0, half - 0.5 * half), abs=1e-6)


def test_a_camera_that_looks_straight_up_has_no_azimuth_in_its_middle() -> None:
    angles = azimuths(View('a', pose(UP), INTRINSICS, SIZE), EDGES, SIZE)
    assert np.isnan(angles).tolist() == [False, True, False]
    assert np.degrees(angles[[0, 2]]) == pytest.approx([90.0, -90.0], abs=1e-4)


@pytest.mark.parametrize('yaw', [-3.0, -0.5, 1.0, 3.1])
def test_a_view_with_an_azimuth_is_a_level_camera_turned_that_way(yaw: float) -> None:
    turned = View('a', around_z(pose(AHEAD), yaw), INTRINSICS, SIZE)
    told = View('a', None, INTRINSICS, SIZE, azimuth=yaw)
    positions = grid_centres(3, 5)
    assert azimuths(told, positions, SIZE) == pytest.approx(azimuths(turned, positions, SIZE))


def test_the_transform_wins_over_the_azimuth_of_the_view() -> None:
    view = View('a', pose(LEFT), INTRINSICS, SIZE, azimuth=0.0)
    assert azimuths(view, CENTRE, SIZE) == pytest.approx([math.pi / 2])


def test_a_field_of_view_stands_in_for_intrinsics() -> None:
    view = View('a', azimuth=0.5, hfov=math.pi / 2)
    known = View('a', None, INTRINSICS, SIZE, azimuth=0.5)
    positions = grid_centres(3, 5)
    assert azimuths(view, positions, SIZE) == pytest.approx(azimuths(known, positions, SIZE))


def test_a_very_wide_field_of_view_is_divided_by_angle() -> None:
    angles = azimuths(View('a', azimuth=0.0, hfov=math.pi), EDGES, SIZE)
    assert angles == pytest.approx([math.pi / 2, 0.0, -math.pi / 2])
    quarter, = azimuths(View('a', azimuth=0.0, hfov=math.pi), np.array([[0.25, 0.5]]), SIZE)
    assert quarter == pytest.approx(math.pi / 4)


def test_an_uncalibrated_camera_info_counts_as_none() -> None:
    view = View('a', pose(AHEAD), np.zeros((3, 3)), SIZE, hfov=math.pi / 2)
    assert np.degrees(azimuths(view, EDGES, SIZE)) == pytest.approx([45.0, 0.0, -45.0], abs=1e-4)


def test_a_direction_alone_is_given_to_the_whole_picture() -> None:
    assert azimuths(View('a', azimuth=0.5), EDGES, SIZE) == pytest.approx([0.5, 0.5, 0.5])


def test_without_a_direction_there_is_no_azimuth() -> None:
    view = View('a', None, INTRINSICS, SIZE, hfov=1.0)
    assert np.isnan(azimuths(view, EDGES, SIZE)).all()


def test_lidar_points_far_away_lie_in_the_azimuth_of_their_pixels(
    shared_data: Callable[[str], Path]
) -> None:
    frame = read_frame(shared_data('nuscenes_frame'))
    points = np.concatenate([
        frame.lidar.points[:, :3], np.ones((len(frame.lidar.points), 1))], axis=1)
    in_base = (frame.lidar.base_from_lidar @ points.T).T[:, :3]  # [P, 3]
    in_base = in_base[np.linalg.norm(in_base[:, :2], axis=1) > 40.0]
    expected = np.arctan2(in_base[:, 1], in_base[:, 0])
    width, height = 1600, 900
    errors: list[float] = []
    for camera in frame.cameras:
        optical = np.linalg.inv(camera.base_from_camera) @ np.concatenate(
            [in_base, np.ones((len(in_base), 1))], axis=1).T
        u, v, depth = camera.intrinsics @ optical[:3]
        positions = np.stack(
            [(u / depth + 0.5) / width, (v / depth + 0.5) / height], axis=1)
        inside = (depth > 1.0) & ((positions > 0) & (positions < 1)).all(axis=1)
        view = View(
            camera.name, camera.base_from_camera, camera.intrinsics, (width, height))
        angles = azimuths(view, positions[inside], (width, height))
        wrong = np.remainder(angles - expected[inside] + math.pi, 2 * math.pi) - math.pi
        errors.extend(np.abs(wrong))
    assert len(errors) > 100
    # The cameras stand up to 1.8 m from the base: 2.6 degrees at 40 m.
    assert max(errors) < math.radians(2.6)
