# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is drawn lies where it is: ahead up or in the middle, left to the left."""

from __future__ import annotations

import numpy as np
from PIL import Image
import pytest
from staged_bag import at, looking, marker, markers

from mpnp_ros.evaluation.pictures.annotation import Annotation, read_annotations
from mpnp_ros.evaluation.pictures.camera_view import draw_camera_view
from mpnp_ros.evaluation.pictures.palette import color_of, kind_of
from mpnp_ros.evaluation.pictures.range_picture import draw_range_image
from mpnp_ros.evaluation.pictures.top_view import draw_top_view

K = np.array([[160.0, 0.0, 159.5], [0.0, 160.0, 119.5], [0.0, 0.0, 1.0]])
NONE = np.zeros((0, 4), np.float32)


def box(x: float, y: float, kind: str = 'car', yaw: float = 0.0) -> Annotation:
    return Annotation(kind, 'base_link', 0, at(x, y, 0.75, yaw), (4.0, 2.0, 1.5))


def places_of(picture: Image.Image, color: tuple[int, int, int]) -> np.ndarray:
    """Return the pixels [P, 2] (x, y) that have about a colour."""
    far = np.abs(np.asarray(picture.convert('RGB'), int) - color).max(axis=2)
    return np.argwhere(far < 60)[:, ::-1]


@pytest.mark.parametrize('x, y, at_x, at_y', [(6.0, 0.0, 200, 80), (0.0, 6.0, 80, 200)])
def test_ahead_is_up_and_left_is_left_in_the_top_view(
        x: float, y: float, at_x: int, at_y: int) -> None:
    """With 400 pixels for 20 m."""
    places = places_of(draw_top_view(NONE, [box(x, y)], size=400), color_of(box(0, 0)))
    places = places[places[:, 1] < 370]   # above the legend
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    np.testing.assert_allclose(middle, (at_x, at_y), atol=2)
    assert np.ptp(places[:, 0]) < np.ptp(places[:, 1])   # it faces up


def test_the_side_of_a_box_that_faces_ahead_is_thick() -> None:
    picture = draw_top_view(NONE, [box(5.0, 0.0)], size=400)
    places = places_of(picture, color_of(box(0, 0)))
    places = places[places[:, 1] < 370]
    front = (places[:, 1] <= places[:, 1].min() + 3).sum()
    back = (places[:, 1] >= places[:, 1].max() - 3).sum()
    assert front > 1.5 * back


def test_the_top_view_shows_as_far_as_there_are_points() -> None:
    def ring(radius: float) -> np.ndarray:
        turn = np.linspace(0, 2 * np.pi, 500)
        return np.column_stack([radius * np.cos(turn), radius * np.sin(turn), turn * 0 + 2.0,
                                turn * 0]).astype(np.float32)
    for radius, shown in ((8.0, 10.0), (28.0, 30.0), (300.0, None)):
        picture = np.asarray(draw_top_view(ring(radius), size=400), int)
        farthest = np.abs(np.argwhere((picture > 190).all(axis=2)) - 200).max()
        if shown:
            assert abs(farthest - 200 * radius / shown) < 4
        else:
            assert farthest < 20   # the ring lies beyond, only the robot is left


def test_a_cloud_without_points_is_drawn_empty() -> None:
    assert draw_top_view(NONE).size == (480, 480)
    assert draw_range_image(NONE).size[0] == 640


def test_boxes_are_drawn_where_the_camera_sees_them() -> None:
    camera_from_base = np.linalg.inv(looking(0.0))
    pixels = np.zeros((240, 320, 3), np.uint8)
    seen = [box(12.0, 3.0).moved(camera_from_base, 'camera')]
    picture = draw_camera_view(pixels, seen, K, max_width=320)
    places = places_of(picture, color_of(box(0, 0)))
    # Corners of the box from 10 to 14 m ahead and 2 to 4 m to the left, standing on the ground.
    assert abs(places[:, 0].min() - (159.5 - 160 * 4 / 10)) < 3
    assert abs(places[:, 0].max() - (159.5 - 160 * 2 / 14)) < 3
    assert abs(places[:, 1].max() - (119.5 + 160 * 1.5 / 10)) < 3


def test_boxes_behind_the_camera_are_not_drawn() -> None:
    camera_from_base = np.linalg.inv(looking(0.0))
    picture = draw_camera_view(np.zeros((240, 320, 3), np.uint8), [
        box(-12.0, 0.0).moved(camera_from_base, 'camera')], K)
    assert not np.asarray(picture).any()


def test_without_intrinsics_no_box_is_drawn() -> None:
    camera_from_base = np.linalg.inv(looking(0.0))
    picture = draw_camera_view(np.zeros((240, 320, 3), np.uint8), [
        box(12.0, 0.0).moved(camera_from_base, 'camera')])
    assert not np.asarray(picture).any()


@pytest.mark.parametrize('width, height, size', [
    (1600, 900, (640, 360)), (320, 240, (640, 480)), (100, 50, (200, 100))])
def test_pictures_are_scaled_to_a_width_or_twice_their_size(
        width: int, height: int, size: tuple[int, int]) -> None:
    assert draw_camera_view(np.zeros((height, width, 3), np.uint8)).size == size


@pytest.mark.parametrize('x, y, share', [(9.0, 0.0, 0.5), (0.0, 9.0, 0.25), (0.0, -9.0, 0.75)])
def test_the_range_image_has_ahead_in_the_middle_and_left_to_the_left(
        x: float, y: float, share: float) -> None:
    far = np.array([[60 * np.cos(turn), 60 * np.sin(turn), height, 0]
                    for turn in np.linspace(-np.pi, np.pi, 300) for height in (-6.0, 0.0, 6.0)])
    near = np.array([[x, y, height, 0] for height in np.linspace(-0.9, 0.9, 30)])
    picture = draw_range_image(np.concatenate([far, near]).astype(np.float32), width=640)
    pixels = np.asarray(picture, int)[:128]
    green = np.argwhere((pixels[..., 1] > 200) & (pixels[..., 2] < 180))
    assert len(green) > 50 and abs(green[:, 1].mean() - share * 640) < 2


def test_boxes_are_read_from_cubes_alone_and_broken_ones_left_out() -> None:
    broken = at(0.0, 0.0, 0.0)
    broken[0, 3] = np.nan
    [first, second] = read_annotations(markers(
        marker('map', 7, at(1.0, 2.0, 3.0, yaw=0.5), 'vehicle.car', text='car moving'),
        marker('map', 7, at(1.0, 2.0, 3.0), action=3),
        marker('map', 7, at(1.0, 2.0, 3.0), type=9),
        marker('map', 7, broken),
        marker('/base_link', 7, at(0.0, 0.0, 0.0), '', text='sign')))
    assert (first.kind, first.label, first.frame_id, first.stamp_ns) == (
        'vehicle.car', 'car moving', 'map', 7)
    np.testing.assert_allclose(first.pose, at(1.0, 2.0, 3.0, yaw=0.5), atol=1e-9)
    assert (second.kind, second.frame_id) == ('sign', 'base_link')


@pytest.mark.parametrize('kind, shown', [
    ('vehicle.car', 'car'), ('human.pedestrian.construction_worker', 'pedestrian'),
    ('movable_object.trafficcone', 'traffic cone'), ('traffic_cone', 'traffic cone'),
    ('static_object.bicycle_rack', 'rack'), ('Cyclist', 'bicycle'), ('forklift', 'forklift')])
def test_kinds_of_all_data_sets_are_called_the_same(kind: str, shown: str) -> None:
    assert kind_of(box(0, 0, kind)) == shown


def test_an_unknown_kind_keeps_the_colour_that_the_bag_gives_it() -> None:
    given = Annotation('forklift', 'base_link', 0, at(0, 0, 0), (1.0, 1.0, 1.0), (1, 2, 3))
    assert color_of(given) == (1, 2, 3)
