# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What of a bag can be drawn, told from the types of its topics and the run's parameters."""

from __future__ import annotations

import pytest

from mpnp_ros.evaluation.pictures.drive_topics import (
    CLOUD,
    COMPRESSED,
    drive_topics,
    IMAGE,
    INFO,
    sensor_name,
)

MARKERS = 'visualization_msgs/msg/MarkerArray'


@pytest.mark.parametrize('topic, name', [
    ('/camera_front/image_raw/compressed', 'camera_front'),
    ('/CAM_BACK_LEFT/image_rect_compressed', 'CAM_BACK_LEFT'),
    ('/realsense/depth/image_rect_raw', 'realsense_depth'),
    ('/lidar_top/points', 'lidar_top'),
    ('/points', 'points'),
])
def test_a_sensor_is_called_by_what_its_topic_says(topic: str, name: str) -> None:
    assert sensor_name(topic) == name


def test_a_camera_that_is_recorded_twice_is_taken_once_compressed() -> None:
    types = {'/front/image_raw': IMAGE, '/front/image_raw/compressed': COMPRESSED,
             '/front/image_raw/compressedDepth': COMPRESSED}
    assert [one.topic for one in drive_topics(types, {}).cameras] == [
        '/front/image_raw/compressed']


def test_the_topic_that_a_modality_reads_is_preferred() -> None:
    types = {'/front/image_raw': IMAGE, '/front/image_raw/compressed': COMPRESSED}
    parameters = {'camera_encoder': {
        'encoder': 'x', 'modality': 'camera', 'views': ['front'], 'max_skew_s': 0.1,
        'view.front.topic': '/front/image_raw', 'base_frame': 'base'}}
    topics = drive_topics(types, parameters)
    [camera] = topics.cameras
    assert (camera.topic, camera.modality, camera.max_skew_ns) == (
        '/front/image_raw', 'camera', 100_000_000)
    assert topics.base_frame == 'base'


def test_the_camera_info_is_found_beside_the_raw_topic() -> None:
    types = {'/front/image_raw/compressed': COMPRESSED, '/front/camera_info': INFO,
             '/back/image_rect_compressed': COMPRESSED, '/back/camera_info': INFO,
             '/left/image_raw': IMAGE, '/camera_info': INFO}
    found = {one.name: one.info_topic for one in drive_topics(types, {}).cameras}
    assert found == {'front': '/front/camera_info', 'back': '/back/camera_info', 'left': ''}


def test_only_annotations_are_boxes() -> None:
    types = {'/annotations': MARKERS, '/map/lanes': MARKERS, '/lidar_top/points': CLOUD}
    topics = drive_topics(types, {})
    assert topics.annotations == ('/annotations',)
    assert [one.name for one in topics.lidars] == ['lidar_top']
