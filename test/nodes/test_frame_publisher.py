# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A data-set frame goes out with its own stamps, intrinsics, points and transforms."""

import json

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2
from tf2_msgs.msg import TFMessage

from mpnp_ros.encoders.image import decode_image
from mpnp_ros.encoders.point_cloud import decode_point_cloud
from mpnp_ros.nodes.frame_publisher_node import FramePublisherNode
from mpnp_ros.nodes.qos import latched_qos, sensor_qos
from mpnp_ros.nodes.stamps import nanoseconds

STAMP_S = 1532402927.65


@pytest.fixture
def frame_folder(tmp_path):
    """Return a small keyframe in the layout that `read_frame` takes."""
    pixels = np.zeros((90, 160, 3), np.uint8)
    pixels[:, :80] = (0, 0, 255)  # BGR: the left half is red
    cv2.imwrite(str(tmp_path / 'front.jpg'), pixels)
    points = np.array([[1, 2, 3, 4, 0], [5, 6, 7, 8, 1]], dtype='<f4')
    (tmp_path / 'top.bin').write_bytes(points.tobytes())
    cam2ego = [[0, 0, 1, 1.7], [-1, 0, 0, 0.1], [0, -1, 0, 1.5], [0, 0, 0, 1]]
    (tmp_path / 'frame.json').write_text(json.dumps({
        'dataset': 'test', 'sample_token': 'abc', 'timestamp': STAMP_S,
        'ego2global': np.eye(4).tolist(),
        'cameras': {'CAM_FRONT': {
            'file': 'front.jpg', 'timestamp': STAMP_S - 0.04,
            'cam2img': [[100, 0, 80], [0, 100, 45], [0, 0, 1]],
            'cam2ego': cam2ego, 'lidar2cam': np.eye(4).tolist()}},
        'lidar': {'file': 'top.bin', 'dtype': 'float32',
                  'columns': ['x', 'y', 'z', 'intensity', 'ring'],
                  'lidar2ego': np.eye(4).tolist()},
        'objects': []}))
    return tmp_path


def test_everything_goes_out_with_its_own_stamp(graph, frame_folder) -> None:
    images = graph.collect(CompressedImage, '/CAM_FRONT/image_raw/compressed', sensor_qos())
    infos = graph.collect(CameraInfo, '/CAM_FRONT/camera_info', sensor_qos())
    clouds = graph.collect(PointCloud2, '/LIDAR_TOP/points', sensor_qos())
    mounts = graph.collect(TFMessage, '/tf_static', latched_qos())
    graph.add(FramePublisherNode, frame=str(frame_folder), rate_hz=20.0)
    graph.until(lambda: images and infos and clouds and mounts, 'the frame')
    assert nanoseconds(clouds[0].header.stamp) == round(STAMP_S * 1e6) * 1000
    assert nanoseconds(images[0].header.stamp) == round((STAMP_S - 0.04) * 1e6) * 1000
    assert (infos[0].width, infos[0].height) == (160, 90)
    assert infos[0].k[0] == 100.0
    assert decode_point_cloud(clouds[0]).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    by_child = {one.child_frame_id: one for one in mounts[0].transforms}
    assert by_child['CAM_FRONT'].transform.translation.x == pytest.approx(1.7)
    assert by_child['CAM_FRONT'].header.frame_id == 'base_link'


def test_stamps_of_now_keep_their_distances(graph, frame_folder) -> None:
    images = graph.collect(Image, '/CAM_FRONT/image_raw', sensor_qos())
    clouds = graph.collect(PointCloud2, '/LIDAR_TOP/points', sensor_qos())
    node = graph.add(FramePublisherNode, frame=str(frame_folder), rate_hz=20.0, stamps='now',
                     transport='raw')
    graph.until(lambda: images and clouds, 'the frame')
    now_ns = node.get_clock().now().nanoseconds
    assert abs(now_ns - nanoseconds(clouds[0].header.stamp)) < 5e9
    skew = nanoseconds(clouds[0].header.stamp) - nanoseconds(images[0].header.stamp)
    assert skew == pytest.approx(0.04e9, abs=2000)
    assert decode_image(images[0])[45, 20].tolist()[0] > 200


def test_missing_folder_is_named(graph, tmp_path) -> None:
    node = graph.add(FramePublisherNode, bring_up=False, frame=str(tmp_path / 'nothing'))
    node.bring_up()
    assert not node.active
    assert 'nothing' in node.last_error
