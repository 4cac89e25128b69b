# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A sweep becomes a range image around the base: nearest point per pixel, +x in mid sector."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mpnp_ros.encoders.range_view import project, RangeImage, RangeView

VIEW = RangeView(beams=8, columns=64, sectors=8, fov_up=10.0, fov_down=-25.0, max_range=50.0)


def at(distance: float, azimuth_deg: float, elevation_deg: float = 0.0) -> list[float]:
    """Return a point of the sensor frame at a distance over ground, intensity 1."""
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    return [distance * math.cos(azimuth), distance * math.sin(azimuth),
            distance * math.tan(elevation), 1.0]


def pixels(image: RangeImage) -> list[tuple[int, int]]:
    return [(int(row), int(column)) for row, column in np.argwhere(image.mask)]


def reference(points: np.ndarray, view: RangeView, pose: np.ndarray) -> RangeImage:
    """Project one point after the other, in float64."""
    channels = np.zeros((5, view.beams, view.columns))
    hits = np.zeros((view.beams, view.columns), int)
    for x, y, z, intensity in points.astype(np.float64):
        if not view.min_range <= math.sqrt(x * x + y * y + z * z) <= view.max_range:
            continue
        elevation = math.degrees(math.atan2(z, math.hypot(x, y)))
        row = round((view.fov_up - elevation) / (view.fov_up - view.fov_down) * (view.beams - 1))
        row = min(max(row, 0), view.beams - 1)
        base = pose @ [x, y, z, 1.0]
        turn = math.atan2(base[1], base[0]) / (2 * math.pi) + 0.5 / view.sectors
        column = math.floor((turn % 1.0) * view.columns) % view.columns
        reach = math.hypot(base[0], base[1])
        if not hits[row, column] or reach < channels[0, row, column]:
            channels[:, row, column] = [reach, *base[:3], intensity]
        hits[row, column] += 1
    return RangeImage(channels, hits > 0, hits)


def test_equals_a_projection_point_by_point() -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([
        rng.normal(scale=(15, 15, 2), size=(3000, 3)), rng.random((3000, 1))], axis=1)
    points = points.astype(np.float32)
    pose = np.eye(4)
    pose[:2, :2] = [[0, 1], [-1, 0]]
    pose[:3, 3] = [0.9, -0.1, 1.8]
    image, expected = project(points, VIEW, pose), reference(points, VIEW, pose)
    # A point within float32's rounding of a pixel's edge may fall to either side.
    same = image.hits == expected.hits
    assert same.mean() > 0.99
    np.testing.assert_array_equal(image.mask, image.hits > 0)
    np.testing.assert_allclose(
        image.channels[:, same], expected.channels[:, same], rtol=1e-4, atol=1e-4)


def test_the_nearest_point_of_a_pixel_wins_and_all_are_counted() -> None:
    points = np.array([at(9, 1), at(4, 1), at(6, 1)], np.float32)
    for order in ([0, 1, 2], [1, 0, 2], [2, 0, 1]):
        image = project(points[order], VIEW)
        assert pixels(image) == [(2, 4)]
        assert image.channels[0, 2, 4] == pytest.approx(4)
        assert image.hits[2, 4] == 3


def test_of_equally_near_points_the_first_wins() -> None:
    points = np.array([at(4, 1), at(4, 1)], np.float32)
    points[:, 3] = [7, 8]
    assert project(points, VIEW).channels[4].max() == 7
    assert project(points[::-1], VIEW).channels[4].max() == 8


@pytest.mark.parametrize(('azimuth', 'sector'), [
    (0, 0), (22, 0), (-22, 0), (23, 1), (45, 1), (90, 2), (180, 4), (-180, 4), (179.9, 4),
    (-179.9, 4), (157, 3), (-157, 5), (-90, 6), (-45, 7), (-23, 7)])
def test_columns_go_counter_clockwise_with_forward_in_mid_sector(
    azimuth: float, sector: int
) -> None:
    image = project(np.array([at(5, azimuth)], np.float32), VIEW)
    (_, column), = pixels(image)
    assert column // 8 == sector


def test_sector_centres_lie_in_their_own_sector_within_half_a_turn() -> None:
    for sectors in (1, 2, 7, 8, 32):
        view = RangeView(sectors=sectors, columns=8 * sectors)
        azimuths = view.sector_azimuths()
        assert azimuths[0] == 0
        assert azimuths.dtype == np.float32
        assert (azimuths.astype(np.float64) <= math.pi).all()
        assert (azimuths.astype(np.float64) > -math.pi).all()
        for sector, azimuth in enumerate(azimuths):
            image = project(np.array([at(5, math.degrees(azimuth))], np.float32), view)
            (_, column), = pixels(image)
            assert column // 8 == sector


@pytest.mark.parametrize(('elevation', 'row'), [
    (10, 0), (5, 1), (0, 2), (-5, 3), (-25, 7), (7.6, 0), (7.4, 1), (60, 0), (-80, 7)])
def test_rows_are_beams_and_no_point_is_lost_above_or_below(elevation: float, row: int) -> None:
    image = project(np.array([at(2, 0, elevation)], np.float32), VIEW)
    assert pixels(image) == [(row, 4)]


def test_a_64_beam_sensor_fills_each_of_its_rows() -> None:
    kitti = RangeView(beams=64, columns=512, sectors=32, fov_up=3.0, fov_down=-25.0)
    beams = np.linspace(3.0, -25.0, 64)
    image = project(np.array([at(10, 0.1, beam) for beam in beams], np.float32), kitti)
    assert pixels(image) == [(row, 8) for row in range(64)]


def test_azimuth_is_that_of_the_base_frame() -> None:
    # The lidar of nuScenes: x right, y forward, z up.
    pose = np.eye(4)
    pose[:2, :2] = [[0, 1], [-1, 0]]
    forward_right_back = np.array([[0, 5, 0, 1], [5, 0, 0, 1], [0, -5, 0, 1]], np.float32)
    image = project(forward_right_back, VIEW, pose)
    assert [column // 8 for _, column in pixels(image)] == [0, 4, 6]


def test_range_and_position_are_measured_from_the_base() -> None:
    pose = np.eye(4)
    pose[:3, 3] = [1.0, 0.0, 1.5]
    image = project(np.array([[3, 4, -1.5, 9]], np.float32), VIEW, pose)
    (row, column), = pixels(image)
    np.testing.assert_allclose(
        image.channels[:, row, column], [math.hypot(4, 4), 4, 4, 0, 9], rtol=1e-6)


def test_a_tilted_sensor_keeps_its_rows_and_levels_its_heights() -> None:
    tilt = math.radians(10)  # nose down
    pose = np.eye(4)
    pose[:3, :3] = [[math.cos(tilt), 0, math.sin(tilt)], [0, 1, 0],
                    [-math.sin(tilt), 0, math.cos(tilt)]]
    image = project(np.array([[10, 0, 0, 1]], np.float32), VIEW, pose)
    assert pixels(image) == [(2, 4)]
    assert image.channels[3, 2, 4] == pytest.approx(-10 * math.sin(tilt))


def test_what_is_too_near_or_too_far_does_not_enter() -> None:
    view = RangeView(beams=8, columns=64, sectors=8, min_range=1.0, max_range=50.0)
    points = np.array([at(0.9, 0), at(50.1, 45), at(1.1, 90), at(49.9, 135)], np.float32)
    image = project(points, view)
    assert sorted(column // 8 for _, column in pixels(image)) == [2, 3]


def test_pixels_without_a_return_are_zero_in_all_channels() -> None:
    image = project(np.array([at(5, 0)], np.float32), VIEW)
    assert not image.channels[:, ~image.mask].any()
    assert image.mask.sum() == 1


def test_no_point_gives_an_empty_image() -> None:
    image = project(np.zeros((0, 4), np.float32), VIEW)
    assert not image.mask.any()
