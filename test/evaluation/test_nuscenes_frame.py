# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The reader of a nuScenes keyframe: everything in the base frame, or one clear error."""

from __future__ import annotations

from collections.abc import Callable
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mpnp_ros.encoders.compressed_image import decode_compressed_image
from mpnp_ros.evaluation.nuscenes_frame import FrameError, NuscenesFrame, read_frame

JPEG = b'\xff\xd8\xff\xe0 pixels \xff\xd9'
# The lidar looks along its y: its y is the base's x, its -x the base's y.
LIDAR_TO_EGO = [[0, 1, 0, 0.9], [-1, 0, 0, 0], [0, 0, 1, 1.8], [0, 0, 0, 1]]


def describe() -> dict[str, Any]:
    return {
        'sample_token': 'abc',
        'timestamp': 1532402927.647951,
        'ego2global': np.eye(4).tolist(),
        'cameras': {'CAM_FRONT': {
            'file': 'CAM_FRONT.jpg', 'timestamp': 1532402927.61246,
            'cam2img': [[1266.4, 0, 816.3], [0, 1266.4, 491.5], [0, 0, 1]],
            'cam2ego': np.eye(4).tolist()}},
        'lidar': {
            'file': 'LIDAR_TOP.pcd.bin', 'dtype': 'float32',
            'columns': ['x', 'y', 'z', 'intensity', 'ring'], 'lidar2ego': LIDAR_TO_EGO},
        'objects': [{
            'category': 'car', 'box_lidar_xyz_lwh_yaw': [-3, 10, -1, 4, 2, 1.5, math.pi / 2],
            'velocity_lidar_xy': [0, 5], 'num_lidar_points': 7, 'num_radar_points': 1,
            'valid': True}],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / 'frame.json').write_text(json.dumps(describe()))
    (tmp_path / 'CAM_FRONT.jpg').write_bytes(JPEG)
    np.arange(15, dtype='<f4').tofile(tmp_path / 'LIDAR_TOP.pcd.bin')
    return tmp_path


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    described = describe()
    change(described)
    (folder / 'frame.json').write_text(json.dumps(described))


def test_stamps_are_exact_nanoseconds(folder: Path) -> None:
    frame = read_frame(folder)
    assert frame.stamp_ns == 1532402927647951000
    assert frame.cameras[0].stamp_ns == 1532402927612460000
    assert frame.lidar.stamp_ns == frame.stamp_ns


def test_pictures_and_points_come_as_stored(folder: Path) -> None:
    frame = read_frame(str(folder))
    assert frame.cameras[0].name == 'CAM_FRONT'
    assert frame.cameras[0].jpeg == JPEG
    assert frame.cameras[0].intrinsics[0, 2] == 816.3
    np.testing.assert_array_equal(frame.lidar.points, np.arange(15).reshape(3, 5))
    assert frame.lidar.points.dtype == np.float32
    assert frame.lidar.columns == ('x', 'y', 'z', 'intensity', 'ring')


def test_boxes_come_in_the_base_frame(folder: Path) -> None:
    box, = read_frame(folder).boxes
    np.testing.assert_allclose(box.centre, [10.9, 3, 0.8])
    assert box.yaw == pytest.approx(0)
    np.testing.assert_allclose(box.velocity, [5, 0], atol=1e-12)
    assert box.size == (4, 2, 1.5)
    assert box.range == pytest.approx(math.hypot(10.9, 3))
    assert box.azimuth == pytest.approx(math.atan2(3, 10.9))
    np.testing.assert_allclose(
        sorted(box.corners().tolist()), [[8.9, 2], [8.9, 4], [12.9, 2], [12.9, 4]])


@pytest.mark.parametrize('name', ['frame.json', 'CAM_FRONT.jpg', 'LIDAR_TOP.pcd.bin'])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(FrameError, match=f'{name}: cannot be read: No such file'):
        read_frame(folder)


@pytest.mark.parametrize(('name', 'cause'), [
    ('frame.json', 'not complete JSON'),
    ('CAM_FRONT.jpg', 'no complete JPEG'),
    ('LIDAR_TOP.pcd.bin', '59 bytes, expected whole points of 5 float32'),
])
def test_a_truncated_file_is_named(folder: Path, name: str, cause: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FrameError, match=f'{name}: .*{cause}|{name}: {cause}'):
        read_frame(folder)


@pytest.mark.parametrize('name', ['CAM_FRONT.jpg', 'LIDAR_TOP.pcd.bin'])
def test_an_empty_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b'')
    with pytest.raises(FrameError, match=f'{name}: 0 bytes'):
        read_frame(folder)


@pytest.mark.parametrize(('change', 'words'), [
    (lambda d: d.pop('timestamp'), "frame.json: no entry 'timestamp'"),
    (lambda d: d['lidar'].pop('lidar2ego'), "frame.json: no entry 'lidar2ego'"),
    (lambda d: d['cameras']['CAM_FRONT'].update(cam2img=[[1, 2], [3, 4]]),
     'CAM_FRONT cam2img: expected 3 x 3'),
    (lambda d: d.update(ego2global=[[1], [2, 3]]), 'ego2global: expected 4 x 4'),
    (lambda d: d['lidar'].update(dtype='float64'), "lidar dtype 'float64': expected float32"),
    (lambda d: d['objects'][0].update(box_lidar_xyz_lwh_yaw=[1, 2]), 'expected boxes of 7'),
    (lambda d: d.update(cameras=[]), 'an entry has the wrong type'),
    (lambda d: d.update(timestamp='noon'), 'an entry has the wrong type'),
])
def test_a_wrong_description_is_named(
    folder: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    rewrite(folder, change)
    with pytest.raises(FrameError, match=words):
        read_frame(folder)


@pytest.fixture
def real(shared_data: Callable[[str], Path]) -> NuscenesFrame:
    return read_frame(shared_data('nuscenes_frame'))


def test_the_real_frame_is_complete(real: NuscenesFrame) -> None:
    assert len(real.cameras) == 6
    assert real.lidar.points.shape == (34688, 5)
    assert len(real.boxes) == 69
    assert max(abs(c.stamp_ns - real.stamp_ns) for c in real.cameras) < 100_000_000


def test_the_real_boxes_hold_the_points_that_were_counted_in_them(real: NuscenesFrame) -> None:
    pose = real.lidar.base_from_lidar
    points = real.lidar.points[:, :3] @ pose[:3, :3].T + pose[:3, 3]
    for box in real.boxes:
        if box.lidar_points < 15:
            continue
        off = points - box.centre
        cos, sin = math.cos(box.yaw), math.sin(box.yaw)
        along, across = off[:, 0] * cos + off[:, 1] * sin, off[:, 1] * cos - off[:, 0] * sin
        length, width, height = box.size
        inside = (
            (abs(along) < length / 2) & (abs(across) < width / 2) & (abs(off[:, 2]) < height / 2))
        assert inside.sum() == pytest.approx(box.lidar_points, rel=0.15), box


@pytest.mark.parametrize(('name', 'azimuth_deg'), [
    ('CAM_FRONT', 0), ('CAM_FRONT_LEFT', 55), ('CAM_FRONT_RIGHT', -56), ('CAM_BACK', 180),
    ('CAM_BACK_LEFT', 109), ('CAM_BACK_RIGHT', -110)])
def test_the_real_cameras_decode_and_look_where_their_names_say(
    real: NuscenesFrame, name: str, azimuth_deg: float
) -> None:
    camera, = (camera for camera in real.cameras if camera.name == name)

    class Message:
        format = 'jpeg'
        data = camera.jpeg

    rgb = decode_compressed_image(Message())
    assert rgb.shape == (900, 1600, 3)
    assert rgb.std() > 20
    forward = camera.base_from_camera[:3, 2]
    off = math.degrees(math.atan2(forward[1], forward[0])) - azimuth_deg
    assert abs((off + 180) % 360 - 180) < 2
