# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A folder with a single nuScenes keyframe as a bag."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from import_pictures import picture, write
from imports import left_behind, questions, run
import numpy as np
import pytest
from read_bag import cubes, points, read_bag, tree

from mpnp_ros.evaluation.questions.question_nuscenes_qa import question_hop, question_type

STAMP_NS = 1_532_402_927_647_951_000


@pytest.fixture
def keyframe(tmp_path: Path) -> Path:
    folder = tmp_path / 'keyframe'
    eye = np.eye(4).tolist()
    write(folder / 'frame.json', json.dumps({
        'sample_token': 'abc', 'timestamp': STAMP_NS / 1e9, 'ego2global': eye,
        'cameras': {'CAM_FRONT': {
            'file': 'front.jpg', 'timestamp': 1532402927.61246, 'cam2ego': eye,
            'cam2img': [[1266.4, 0, 816.3], [0, 1266.4, 491.5], [0, 0, 1]]}},
        'lidar': {'file': 'LIDAR_TOP.pcd.bin', 'dtype': 'float32', 'lidar2ego': eye,
                  'columns': ['x', 'y', 'z', 'intensity', 'ring']},
        'objects': [
            box('car', [20, 0, 1], [8, 0]), box('truck', [0, 20, 1], [0, 0]),
            box('traffic_cone', [5, 1, 0], [0, 0]), box('other', [3, 3, 0], [0, 0])]}))
    write(folder / 'front.jpg', picture())
    np.arange(15, dtype='<f4').tofile(folder / 'LIDAR_TOP.pcd.bin')
    return folder


def box(category: str, centre: list[float], velocity: list[float]) -> dict[str, Any]:
    return {'category': category, 'box_lidar_xyz_lwh_yaw': [*centre, 4, 2, 1.5, 0.0],
            'velocity_lidar_xy': velocity, 'num_lidar_points': 9, 'num_radar_points': 0,
            'valid': True}


def test_the_keyframe_becomes_a_bag_of_one_moment(keyframe: Path, tmp_path: Path) -> None:
    assert run('nuscenes', keyframe, tmp_path / 'out') == 0
    bag = tmp_path / 'out' / 'keyframe'
    found = read_bag(bag)
    assert [stamp for stamp, _ in found['/CAM_FRONT/image_raw/compressed']] == [
        1_532_402_927_612_460_000]
    assert [stamp for stamp, _ in found['/LIDAR_TOP/points']] == [STAMP_NS]
    assert [marker.text for marker in cubes(found['/annotations'][0][1])] == [
        'car moving', 'truck', 'traffic_cone', 'other']
    assert json.loads((bag / 'samples.json').read_text()) == {'abc': STAMP_NS}
    asked = questions(bag)
    assert len(asked) == 15
    assert not any('parked' in one['question'] and one['answer'] in ('yes', '1') for one in asked)


def test_a_cut_picture_stops_the_import(
    keyframe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(keyframe / 'front.jpg', picture()[:-2])
    assert run('nuscenes', keyframe, tmp_path / 'out') == 1
    assert 'front.jpg' in capsys.readouterr().err
    assert left_behind(tmp_path / 'out') == []


def test_the_real_keyframe_comes_through_unchanged(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shared_data('nuscenes_frame')
    assert run('nuscenes', folder, tmp_path) == 0
    given = json.loads((folder / 'frame.json').read_text())
    found = read_bag(tmp_path / 'nuscenes_frame')
    frames = tree(found)
    for name, camera in given['cameras'].items():
        np.testing.assert_allclose(
            frames.lookup('map', name), np.array(given['ego2global']) @ camera['cam2ego'],
            atol=1e-6)
        (stamp, image), = found[f'/{name}/image_raw/compressed']
        assert stamp == round(camera['timestamp'] * 1e6) * 1000
        assert bytes(image.data) == (folder / camera['file']).read_bytes()
        (_, info), = found[f'/{name}/camera_info']
        np.testing.assert_array_equal(np.reshape(info.k, (3, 3)), camera['cam2img'])
        assert (info.width, info.height) == (1600, 900)
    cloud = points(found['/LIDAR_TOP/points'][0][1])
    np.testing.assert_array_equal(
        np.stack([cloud[name].astype('<f4') for name in cloud.dtype.names or ()], axis=1),
        np.fromfile(folder / 'LIDAR_TOP.pcd.bin', '<f4').reshape(-1, 5))


def test_the_real_boxes_hold_their_points_in_the_bag(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shared_data('nuscenes_frame')
    assert run('nuscenes', folder, tmp_path, '--cameras', 'none') == 0
    found = read_bag(tmp_path / 'nuscenes_frame')
    boxes = cubes(found['/annotations'][0][1])
    assert len(boxes) == 69
    cloud = points(found['/LIDAR_TOP/points'][0][1])
    xyz = np.stack([cloud['x'], cloud['y'], cloud['z'], np.ones(len(cloud))])
    base = (tree(found).lookup('base_link', 'LIDAR_TOP') @ xyz)[:3].T
    truck, = (one for one in boxes if one.ns == 'truck' and one.scale.x > 10.0)
    place = [truck.pose.position.x, truck.pose.position.y, truck.pose.position.z]
    near = np.linalg.norm((base - place)[:, :2], axis=1) < truck.scale.y / 2.0
    assert near.sum() > 20   # of the 495 that were counted in all of the box


def test_the_questions_about_the_real_keyframe_have_the_right_form(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    assert run('nuscenes', shared_data('nuscenes_frame'), tmp_path, '--cameras', 'none') == 0
    asked = questions(tmp_path / 'nuscenes_frame')
    assert len(asked) == 15
    for one in asked:
        assert question_type(one['question']) == one['type']
        assert question_hop(one['question']) == one['hop']
