# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A raw drive of KITTI as a bag."""

from __future__ import annotations

from pathlib import Path

from imports import left_behind, questions, run
import numpy as np
import pytest
from read_bag import cubes, header_stamp_ns, points, read_bag, tree, types_of
from staged_kitti import (
    BASELINE_M,
    DRIVE,
    FOCAL,
    FRAMES,
    LATITUDE,
    LONGITUDE,
    MIDDLE_X,
    MIDDLE_Y,
    SIZE,
    stage_raw_drive,
    START_NS,
    tracklets,
)

from mpnp_ros.encoders.compressed_image import decode_compressed_image

IMAGE, INFO = '/camera_02/image_raw/compressed', '/camera_02/camera_info'


@pytest.fixture(scope='module')
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a drive that no test changes."""
    return stage_raw_drive(tmp_path_factory.mktemp('kitti'))


@pytest.fixture(scope='module')
def bag(drive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp('out')
    assert run('kitti', drive, out) == 0
    return out / DRIVE


def test_every_sensor_has_its_topic(bag: Path) -> None:
    assert types_of(bag) == {
        '/camera_00/image_raw/compressed': 'sensor_msgs/msg/CompressedImage',
        '/camera_00/camera_info': 'sensor_msgs/msg/CameraInfo',
        IMAGE: 'sensor_msgs/msg/CompressedImage', INFO: 'sensor_msgs/msg/CameraInfo',
        '/velodyne/points': 'sensor_msgs/msg/PointCloud2', '/oxts/imu': 'sensor_msgs/msg/Imu',
        '/oxts/fix': 'sensor_msgs/msg/NavSatFix', '/tf': 'tf2_msgs/msg/TFMessage',
        '/tf_static': 'tf2_msgs/msg/TFMessage',
        '/annotations': 'visualization_msgs/msg/MarkerArray'}


def test_stamps_are_those_of_the_files_to_the_nanosecond(bag: Path) -> None:
    found = read_bag(bag)
    for topic, late_ns in ((IMAGE, 20_000_000), ('/velodyne/points', 0), ('/tf', 5_000_000)):
        assert [stamp for stamp, _ in found[topic]] == [
            START_NS + frame * 100_000_000 + late_ns for frame in range(FRAMES)]
    stamp, message = found[IMAGE][0]
    assert header_stamp_ns(message) == stamp


def test_pictures_keep_their_bytes(bag: Path, drive: Path) -> None:
    message = read_bag(bag)[IMAGE][0][1]
    assert bytes(message.data) == (drive / 'image_02' / 'data' / '0000000000.png').read_bytes()
    assert decode_compressed_image(message).shape == (SIZE[1], SIZE[0], 3)


def test_sensors_sit_where_the_calibration_has_them(bag: Path) -> None:
    found = tree(read_bag(bag))
    np.testing.assert_allclose(
        found.lookup('base_link', 'velodyne')[:3, 3], [0.8, -0.3, 1.73], atol=1e-9)
    np.testing.assert_allclose(found.lookup('base_link', 'imu')[:3, 3], [0, 0, 0.93])
    np.testing.assert_allclose(
        found.lookup('base_link', 'camera_02')[:3, 3], [1.07, -0.3 + BASELINE_M, 1.65], atol=1e-9)


def test_points_fall_where_the_projection_of_kitti_puts_them(bag: Path) -> None:
    found = read_bag(bag)
    cloud = points(found['/velodyne/points'][0][1])
    camera = tree(found).lookup('camera_02', 'velodyne') @ [
        cloud['x'][0], cloud['y'][0], cloud['z'][0], 1.0]
    pixel = np.reshape(found[INFO][0][1].k, (3, 3)) @ camera[:3]
    x, y, z = -cloud['y'][0], -cloud['z'][0] - 0.08, cloud['x'][0] - 0.27   # rectified camera 0
    np.testing.assert_allclose(pixel[:2] / pixel[2], [
        FOCAL * (x + BASELINE_M) / z + MIDDLE_X, FOCAL * y / z + MIDDLE_Y], rtol=1e-6)


def test_the_map_begins_where_the_drive_does(bag: Path) -> None:
    found = read_bag(bag)
    for frame in range(FRAMES):
        np.testing.assert_allclose(
            tree(found, frame).lookup('map', 'base_link')[:3, 3], [frame, 0, 0], atol=1e-6)


def test_imu_and_gps_tell_what_was_measured(bag: Path) -> None:
    found = read_bag(bag)
    imu, fix = found['/oxts/imu'][0][1], found['/oxts/fix'][0][1]
    assert imu.header.frame_id == fix.header.frame_id == 'imu'
    assert (imu.linear_acceleration.z, imu.angular_velocity.z) == (9.8, 0.03)
    assert imu.orientation.w == 1.0   # it looks east
    assert (fix.latitude, fix.longitude, fix.altitude) == (LATITUDE, LONGITUDE, 112.0)
    assert fix.position_covariance[0] == 0.25


def test_tracks_become_boxes_with_what_they_do(bag: Path) -> None:
    car, pedestrian = cubes(read_bag(bag)['/annotations'][1][1])
    assert (car.text, pedestrian.text) == ('Car moving', 'Pedestrian')
    np.testing.assert_allclose(
        [car.pose.position.x, car.pose.position.y, car.pose.position.z], [10.8, -0.3, 0.73])
    assert (car.scale.x, car.scale.y, car.scale.z) == (4.0, 1.8, 1.5)


def test_nothing_is_asked_of_where_kitti_has_no_boxes(bag: Path) -> None:
    asked = questions(bag)
    assert asked
    assert all('to the front of me' in one['question'] for one in asked)
    assert any(one['answer'] == 'moving' for one in asked)


def test_what_is_hidden_is_doubtful(raw_drive: Path, tmp_path: Path) -> None:
    (raw_drive / 'tracklet_labels.xml').write_text(tracklets(
        ('Car', 0, [(10.0, 0.0, -1.75)], 0), ('Truck', 0, [(15.0, 2.0, -1.75)], 2)))
    assert run('kitti', raw_drive, tmp_path / 'out') == 0
    assert not any('truck' in one['question'] and one['answer'] in ('0', 'no', '1', 'yes')
                   for one in questions(tmp_path / 'out' / DRIVE)
                   if one['stamp_ns'] == START_NS and one['type'] in ('exist', 'count'))


@pytest.mark.parametrize('up', [0, 1, 2])
def test_drives_are_found_from_the_folders_above(drive: Path, tmp_path: Path, up: int) -> None:
    folder = [drive, *drive.parents][up]
    assert run('kitti', folder, tmp_path, '--cameras', 'none', '--questions', '0') == 0
    assert left_behind(tmp_path) == [DRIVE]


def test_sensors_can_be_chosen(drive: Path, tmp_path: Path) -> None:
    assert run('kitti', drive, tmp_path, '--cameras', 'camera_02', '--lidar', 'none',
               '--questions', '0') == 0
    assert set(read_bag(tmp_path / DRIVE)) == {
        IMAGE, INFO, '/oxts/imu', '/oxts/fix', '/tf', '/tf_static', '/annotations'}
