# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The truth that comes with a frame is where the sensors saw it."""

import numpy as np
import pytest

from mpnp_ros.world.geometry import apply, Box, invert, Pose
from mpnp_ros.world.sensors import RIG


def test_a_segment_lies_inside_its_projected_box(street_frame) -> None:
    seen = 0
    for sighting in street_frame.sightings:
        rows, columns = np.nonzero(street_frame.segments == sighting.actor)
        if not len(rows):
            continue
        seen += 1
        pixels, depth = RIG.camera.project(sighting.box.corners())
        assert (depth > 0.0).all()
        (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
        assert columns.min() >= left - 1.0 and columns.max() <= right + 1.0, sighting.kind
        assert rows.min() >= top - 1.0 and rows.max() <= bottom + 1.0, sighting.kind
    assert seen == 4


def test_a_segment_nearly_fills_its_projected_box(street_frame) -> None:
    car = street_frame.sightings[0]
    pixels, _ = RIG.camera.project(car.box.corners())
    size = pixels.max(axis=0) - pixels.min(axis=0)
    assert car.pixels['front'] > 0.5 * size[0] * size[1]


def test_lidar_points_of_an_object_lie_in_its_box(street_frame) -> None:
    points = apply(RIG.lidar.base_from_sensor, street_frame.points[:, :3].astype(np.float64))
    for sighting in street_frame.sightings:
        own = points[street_frame.owners == sighting.actor]
        assert len(own) == sighting.hits >= 10, sighting.kind
        assert sighting.box.contains(own, margin=0.1).all(), sighting.kind


def test_background_points_lie_in_no_box(street_frame) -> None:
    points = apply(RIG.lidar.base_from_sensor, street_frame.points[:, :3].astype(np.float64))
    ground = points[street_frame.owners < 0]
    high = ground[ground[:, 2] > 0.3]
    for sighting in street_frame.sightings:
        assert not sighting.box.contains(high, margin=-0.1).any(), sighting.kind


def test_a_camera_without_sight_of_an_object_has_no_pixel_of_it(street_frame) -> None:
    behind = street_frame.sightings[4]
    assert behind.pixels['front'] == 0 and behind.hits > 0


def test_the_picture_shows_the_colour_of_the_car(street_frame) -> None:
    red, green, blue = street_frame.image[street_frame.segments == 0].mean(axis=0)
    assert red > 1.8 * green and red > 1.8 * blue


def test_optical_axes_follow_rep_103() -> None:
    rotation = RIG.camera.base_from_sensor[:3, :3]
    assert np.allclose(rotation @ [0, 0, 1], [1, 0, 0])  # z forward
    assert np.allclose(rotation @ [1, 0, 0], [0, -1, 0])  # x right
    assert np.allclose(rotation @ [0, 1, 0], [0, 0, -1])  # y down


def test_the_field_of_view_ends_at_the_edge_of_the_picture() -> None:
    camera = RIG.camera
    edge = np.tan(camera.hfov / 2.0)
    point = np.array([[camera.position[0] + 1.0, -edge, camera.position[2]]])
    pixels, depth = camera.project(point)
    assert depth[0] == pytest.approx(1.0)
    assert pixels[0] == pytest.approx([camera.width - 0.5, (camera.height - 1) / 2.0])


def test_beams_span_the_field_of_view() -> None:
    elevation = np.degrees(np.arcsin(RIG.lidar.directions[:, 2]))
    assert elevation.min() == pytest.approx(-30.0) and elevation.max() == pytest.approx(10.0)
    assert len(np.unique(RIG.lidar.rings)) == RIG.lidar.beams == 32


def test_a_pose_seen_from_another_is_undone_by_its_matrix() -> None:
    ego, other = Pose(3.0, -2.0, 0.7), Pose(-1.0, 4.0, 2.9)
    local = ego.to_local(other)
    assert np.allclose(ego.matrix() @ local.matrix(), other.matrix())
    assert np.allclose(invert(ego.matrix()) @ ego.matrix(), np.eye(4))


def test_boxes_overlap_only_where_their_footprints_do() -> None:
    box = Box(Pose(0.0, 0.0), (4.0, 2.0, 1.5))
    assert box.overlaps(Box(Pose(2.5, 1.2, 0.8), (2.0, 2.0, 1.0)))
    assert not box.overlaps(Box(Pose(0.0, 2.5), (4.0, 2.0, 1.0)))
    assert box.overlaps(Box(Pose(0.0, 2.5), (4.0, 2.0, 1.0)), clearance=1.0)
    assert box.distance_to(5.0, 0.0) == pytest.approx(3.0)
