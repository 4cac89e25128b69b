# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A scene of nuScenes as a bag: what the sensors gave, where they were, and when."""

from __future__ import annotations

from pathlib import Path

from import_pictures import write
from imports import left_behind, run
import numpy as np
import pytest
from read_bag import cubes, header_stamp_ns, points, read_bag, tree, types_of
from staged_nuscenes import (
    BOXES,
    INTRINSICS,
    POINTS,
    radar_file,
    radar_points,
    SCENES,
    StagedNuscenes,
    START_US,
    STEP_US,
)
import yaml

from mpnp_ros.encoders.compressed_image import decode_compressed_image
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.sample_stamps import read_sample_stamps

IMAGE, INFO = '/CAM_FRONT/image_raw/compressed', '/CAM_FRONT/camera_info'
LIDAR, RADAR = '/LIDAR_TOP/points', '/RADAR_FRONT/points'


@pytest.fixture(scope='module')
def staged(tmp_path_factory: pytest.TempPathFactory) -> StagedNuscenes:
    """Return a data set that no test changes."""
    return StagedNuscenes(tmp_path_factory.mktemp('nuscenes'))


@pytest.fixture(scope='module')
def bag(staged: StagedNuscenes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp('out')
    assert run('nuscenes', staged.root, out) == 0
    return out / 'scene-0061'


def test_each_scene_becomes_a_bag(bag: Path) -> None:
    assert left_behind(bag.parent) == [name for name, _ in SCENES]
    assert {path.name for path in bag.iterdir()} == {
        'metadata.yaml', 'scene-0061.mcap', 'samples.json', 'questions.jsonl'}


def test_topics_and_types_are_those_of_a_robot(bag: Path) -> None:
    assert types_of(bag) == {
        IMAGE: 'sensor_msgs/msg/CompressedImage', INFO: 'sensor_msgs/msg/CameraInfo',
        LIDAR: 'sensor_msgs/msg/PointCloud2', RADAR: 'sensor_msgs/msg/PointCloud2',
        '/tf': 'tf2_msgs/msg/TFMessage', '/tf_static': 'tf2_msgs/msg/TFMessage',
        '/annotations': 'visualization_msgs/msg/MarkerArray'}


def test_topics_are_those_of_the_configuration_for_nuscenes(bag: Path) -> None:
    config = Path(__file__).parents[2] / 'config' / 'nuscenes.yaml'
    nodes = yaml.safe_load(config.read_text())
    views = {name: view for node in nodes.values()
             for name, view in node['ros__parameters'].get('view', {}).items()}
    assert {views['front']['topic'], views['front']['camera_info_topic'],
            views['top']['topic']} <= set(types_of(bag))


def test_messages_stand_at_the_stamps_of_the_sensors(bag: Path) -> None:
    found = read_bag(bag)
    assert [stamp for stamp, _ in found[LIDAR]] == [
        1000 * (START_US + late) for late in (0, 50_000, STEP_US)]
    assert [stamp for stamp, _ in found[IMAGE]] == [
        1000 * (START_US + late - 30_000) for late in (0, STEP_US)]
    for topic in (IMAGE, INFO, LIDAR, RADAR):
        assert all(header_stamp_ns(message) == stamp for stamp, message in found[topic])


def test_pictures_keep_their_bytes(bag: Path, staged: StagedNuscenes) -> None:
    message = read_bag(bag)[IMAGE][0][1]
    assert bytes(message.data) == staged.file('CAM_FRONT').read_bytes()
    assert decode_compressed_image(message).shape == (8, 8, 3)


def test_intrinsics_are_those_of_the_data_set(bag: Path) -> None:
    info = read_bag(bag)[INFO][0][1]
    np.testing.assert_array_equal(np.reshape(info.k, (3, 3)), INTRINSICS)
    assert (info.width, info.height, info.header.frame_id) == (8, 8, 'CAM_FRONT')


def test_sweeps_keep_their_points(bag: Path) -> None:
    found = points(read_bag(bag)[LIDAR][0][1])
    assert found.dtype.names == ('x', 'y', 'z', 'intensity', 'ring')
    for index, name in enumerate(found.dtype.names):
        np.testing.assert_array_equal(found[name], POINTS[:, index])


def test_radar_points_keep_every_field(bag: Path) -> None:
    found, expected = points(read_bag(bag)[RADAR][0][1]), radar_points()
    assert found.dtype.names == expected.dtype.names
    for name in expected.dtype.names or ():
        np.testing.assert_array_equal(found[name], expected[name])


def test_a_radar_without_a_return_gives_an_empty_cloud(
    nuscenes: StagedNuscenes, tmp_path: Path
) -> None:
    nothing = radar_points(1)
    nothing['x'] = np.nan
    write(nuscenes.file('RADAR_FRONT'), radar_file(nothing))
    assert run('nuscenes', nuscenes.root, tmp_path / 'out') == 0
    assert read_bag(tmp_path / 'out' / 'scene-0061')[RADAR][0][1].width == 0


def test_transforms_lead_from_the_map_to_the_sensors(bag: Path) -> None:
    found = tree(read_bag(bag))
    lidar = found.lookup('map', 'LIDAR_TOP')
    # The vehicle looks along the map's y, and the lidar's y along the vehicle's x.
    np.testing.assert_allclose(lidar @ [0, 10, 0, 1], [100, 210.9, 1.8, 1], atol=1e-9)
    camera = found.lookup('map', 'CAM_FRONT')
    np.testing.assert_allclose(camera @ [0, 0, 10, 1], [100, 211.7, 1.5, 1], atol=1e-9)


def test_the_mounts_are_latched_and_come_first(bag: Path) -> None:
    topics = yaml.safe_load((bag / 'metadata.yaml').read_text())[
        'rosbag2_bagfile_information']['topics_with_message_count']
    durability = {one['topic_metadata']['name']: one['topic_metadata']['offered_qos_profiles'][0]
                  ['durability'] for one in topics}
    assert durability.pop('/tf_static') == 'transient_local'
    assert set(durability.values()) == {'volatile'}
    found = read_bag(bag)
    assert found['/tf_static'][0][0] == min(stamp for one in found.values() for stamp, _ in one)


def test_there_is_a_pose_of_the_vehicle_at_each_stamp(bag: Path) -> None:
    found = read_bag(bag)
    poses = {stamp for stamp, _ in found['/tf']}
    assert {stamp for topic in (IMAGE, LIDAR, RADAR) for stamp, _ in found[topic]} == poses


def test_boxes_are_markers_in_the_base_frame(bag: Path) -> None:
    found = read_bag(bag)['/annotations']
    assert [stamp for stamp, _ in found] == [1000 * (START_US + late) for late in (0, STEP_US)]
    boxes = cubes(found[0][1])
    assert [box.ns for box in boxes] == [category for category, _, _ in BOXES]
    car = boxes[0]
    assert car.header.frame_id == 'base_link'
    assert car.text == 'vehicle.car moving'
    np.testing.assert_allclose(
        [car.pose.position.x, car.pose.position.y, car.pose.position.z], [20, 0, 1], atol=1e-9)
    assert (car.scale.x, car.scale.y, car.scale.z) == (4.0, 2.0, 1.5)   # nuScenes: w, l, h


def test_samples_tell_their_stamps(bag: Path) -> None:
    problems = Problems()
    assert read_sample_stamps(bag, problems) == {
        'sample00': 1000 * START_US, 'sample01': 1000 * (START_US + STEP_US)}
    assert not len(problems)


def test_keyframes_can_be_had_without_sweeps(staged: StagedNuscenes, tmp_path: Path) -> None:
    assert run('nuscenes', staged.root, tmp_path / 'out', '--sweeps', 'keyframes',
               '--scenes', 'scene-0061') == 0
    assert len(read_bag(tmp_path / 'out' / 'scene-0061')[LIDAR]) == 2


def test_scenes_can_be_chosen(staged: StagedNuscenes, tmp_path: Path) -> None:
    assert run('nuscenes', staged.root, tmp_path / 'out', '--scenes', 'scene-1077') == 0
    assert left_behind(tmp_path / 'out') == ['scene-1077']


def test_sensors_can_be_chosen(staged: StagedNuscenes, tmp_path: Path) -> None:
    assert run('nuscenes', staged.root, tmp_path / 'out', '--cameras', 'none',
               '--scenes', 'scene-0061', '--radar', 'RADAR_FRONT', '--lidar', 'none') == 0
    found = read_bag(tmp_path / 'out' / 'scene-0061')
    assert set(found) == {RADAR, '/tf', '/tf_static', '/annotations'}
    mounts = found['/tf_static'][0][1].transforms
    assert [mount.child_frame_id for mount in mounts] == ['RADAR_FRONT']


def test_bags_can_be_sqlite3(staged: StagedNuscenes, tmp_path: Path) -> None:
    assert run('nuscenes', staged.root, tmp_path / 'out', '--storage', 'sqlite3',
               '--scenes', 'scene-0061') == 0
    assert len(read_bag(tmp_path / 'out' / 'scene-0061')[LIDAR]) == 3


def test_a_split_without_annotations_gives_a_bag_without_questions(
    nuscenes: StagedNuscenes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (nuscenes.root / 'v1.0-mini' / 'sample_annotation.json').unlink()
    assert run('nuscenes', nuscenes.root, tmp_path / 'out') == 0
    assert (tmp_path / 'out' / 'scene-0061' / 'questions.jsonl').read_text() == ''
    assert 'without annotations' in capsys.readouterr().err
