# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Six cameras look everywhere, as nuScenes' do."""

import math

import numpy as np
import pytest

from mpnp_ros.world.sensors import six_cameras

CAMERAS = {camera.name: camera for camera in six_cameras()}


@pytest.mark.parametrize(('name', 'yaw_deg'), [
    ('front', 0.0), ('front_left', 55.0), ('front_right', -56.0), ('back', 180.0),
    ('back_left', 109.0), ('back_right', -110.0)])
def test_a_camera_looks_where_its_name_says(name: str, yaw_deg: float) -> None:
    ahead = CAMERAS[name].base_from_sensor[:3, 2]
    expected = math.radians(yaw_deg)
    assert ahead @ [math.cos(expected), math.sin(expected), 0.0] > math.cos(math.radians(1.0))


def test_the_middle_of_a_picture_is_straight_ahead_of_its_camera() -> None:
    for camera in CAMERAS.values():
        place = np.array(camera.position) + 20.0 * camera.base_from_sensor[:3, 2]
        pixel, depth = camera.project(place[None])
        assert depth[0] == pytest.approx(20.0)
        assert pixel[0] == pytest.approx([159.5, 89.5])


def test_every_direction_is_in_a_picture() -> None:
    around = np.radians(np.arange(0.0, 360.0, 1.0))
    places = 30.0 * np.column_stack([np.cos(around), np.sin(around), np.zeros_like(around)])
    places[:, 2] = 1.5
    seen = np.zeros(len(around), int)
    for camera in CAMERAS.values():
        pixels, depth = camera.project(places)
        seen += (depth > 0.0) & (np.abs(pixels[:, 0] - 159.5) < 160.0)
    assert (seen >= 1).all() and (seen <= 2).all()


def test_the_picture_size_is_a_choice() -> None:
    small, large = (six_cameras(width, height)[0] for width, height in ((160, 90), (640, 360)))
    assert large.intrinsics[0, 0] == pytest.approx(4.0 * small.intrinsics[0, 0])
    assert large.hfov == small.hfov
