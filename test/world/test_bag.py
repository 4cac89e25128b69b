# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A recorded bag gives back what the sensors saw, with its stamps, frames and intrinsics."""

import dataclasses

import numpy as np
import pytest
from rosbags.rosbag2 import Reader

from mpnp_ros.encoders.compressed_image import decode_compressed_image
from mpnp_ros.encoders.point_cloud import decode_point_cloud
from mpnp_ros.world import messages
from mpnp_ros.world.bag import IMAGE_TOPIC, read_bag, TRANSFORMS_TOPIC, TYPES, write_bag
from mpnp_ros.world.sensors import RIG

START_NS = 1_700_000_000_500_000_000


@pytest.fixture(scope='module')
def bag(street_frame, tmp_path_factory):
    """Return the directory of a bag with the same frame at 0 s and at 0.5 s."""
    directory = tmp_path_factory.mktemp('world') / 'bag'
    later = dataclasses.replace(street_frame, time_s=0.5)
    stamps = write_bag(directory, RIG, [street_frame, later], START_NS)
    assert stamps == [START_NS, START_NS + 500_000_000]
    return directory


def test_stamps_in_headers_are_those_of_the_bag(bag) -> None:
    for moment in read_bag(bag).moments:
        for message in (moment.image, moment.cloud):
            stamp = message.header.stamp
            assert stamp.sec * 10**9 + stamp.nanosec == moment.stamp_ns


def test_frames_are_those_of_the_rig(bag) -> None:
    moment = read_bag(bag).moments[0]
    assert moment.image.header.frame_id == RIG.camera.frame_id
    assert moment.cloud.header.frame_id == RIG.lidar.frame_id


def test_the_geometry_survives_the_bag(bag) -> None:
    recording = read_bag(bag)
    assert np.allclose(recording.camera.base_from_sensor, RIG.camera.base_from_sensor)
    assert np.allclose(recording.lidar.base_from_sensor, RIG.lidar.base_from_sensor)
    assert np.allclose(recording.camera.intrinsics, RIG.camera.intrinsics)
    assert recording.camera.image_size == (320, 240)


def test_points_survive_the_bag_unchanged(bag, street_frame) -> None:
    points = decode_point_cloud(read_bag(bag).moments[0].cloud)
    assert np.array_equal(points, street_frame.points[:, :4])


def test_the_picture_survives_up_to_jpeg(bag, street_frame) -> None:
    message = read_bag(bag).moments[0].image
    assert message.format == 'jpeg'
    image = decode_compressed_image(message)
    assert image.shape == street_frame.image.shape
    assert np.abs(image.astype(int) - street_frame.image).mean() < 4.0


def test_only_transforms_are_latched(bag) -> None:
    with Reader(bag) as reader:
        latched = {
            connection.topic: connection.ext.offered_qos_profiles[0].durability.name
            for connection in reader.connections}
        assert {c.topic: c.msgtype for c in reader.connections} == TYPES
    assert latched.pop(TRANSFORMS_TOPIC) == 'TRANSIENT_LOCAL'
    assert set(latched.values()) == {'VOLATILE'}


def test_a_transform_equals_its_quaternion(bag) -> None:
    transform = messages.static_transforms(RIG, 0).transforms[0]
    q = transform.transform.rotation
    # The optical frame of a camera that looks along +x.
    assert np.allclose([q.x, q.y, q.z, q.w], [-0.5, 0.5, -0.5, 0.5])


def test_a_bag_without_a_topic_is_refused_by_name(bag, street_frame, tmp_path) -> None:
    write_bag(tmp_path / 'bag', RIG, [], START_NS)
    with pytest.raises(ValueError, match=IMAGE_TOPIC):
        read_bag(tmp_path / 'bag')
