# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A small drive whose pictures and points say which frame they are of."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mpnp_ros import messages
from mpnp_ros.evaluation.bags.bag_writer import BagWriter

START_NS = 1_000_000_000_000
PERIOD_NS = 500_000_000
FRONT, LEFT = '/camera_front/image_raw/compressed', '/camera_left/image_raw/compressed'
CLOUD = '/lidar_top/points'
ANNOTATIONS = '/annotations'
STEP_M = 5.0   # the robot drives so far along the map's x between two frames
_MARKER = 'visualization_msgs/msg/Marker'
_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def stamp(frame: int) -> int:
    return START_NS + frame * PERIOD_NS


def brightness(frame: int) -> int:
    """Return the grey that the cameras show at a frame."""
    return 40 + 40 * frame


def at(x: float, y: float, z: float, yaw: float = 0.0) -> np.ndarray:
    pose = np.eye(4)
    pose[:2, :2] = [[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]]
    pose[:3, 3] = x, y, z
    return pose


def looking(yaw: float) -> np.ndarray:
    """Return base_from_camera of a camera 1.5 m above the base."""
    pose = at(0.0, 0.0, 1.5, yaw)
    pose[:3, :3] = pose[:3, :3] @ _OPTICAL
    return pose


def picture(frame: int, frame_id: str) -> Any:
    buffer = io.BytesIO()
    Image.new('RGB', (320, 240), (brightness(frame),) * 3).save(buffer, 'jpeg', quality=95)
    return messages.compressed_image(buffer.getvalue(), 'jpeg', frame_id, stamp(frame))


def cloud(frame: int) -> Any:
    """Return a ring of ground 8 m away and a post 12 m ahead, as the sensor 2 m up sees them."""
    turn = np.linspace(-np.pi, np.pi, 360, endpoint=False)
    ring = np.column_stack([8 * np.cos(turn), 8 * np.sin(turn), np.full(360, -2.0)])
    post = np.column_stack([np.full(40, 12.0), np.zeros(40), np.linspace(-2.0, 1.0, 40)])
    points = np.zeros(400, [(name, '<f4') for name in ('x', 'y', 'z', 'intensity')])
    for column, name in enumerate('xyz'):
        points[name] = np.concatenate([ring, post])[:, column]
    return messages.point_cloud(points, 'lidar_top', stamp(frame))


def marker(frame_id: str, stamp_ns: int, pose: np.ndarray, kind: str = 'car',
           **given: Any) -> Any:
    """Return a marker of a box 4 x 2 x 1.5 m."""
    fields = {
        'header': messages.header(frame_id, stamp_ns), 'ns': kind, 'id': 0, 'type': 1,
        'action': 0, 'pose': messages.pose(pose), 'scale': messages.vector((4.0, 2.0, 1.5)),
        'color': messages.new('std_msgs/msg/ColorRGBA', r=0.0, g=0.0, b=0.0, a=0.0),
        'lifetime': messages.new('builtin_interfaces/msg/Duration', sec=0, nanosec=0),
        'frame_locked': False, 'points': [], 'colors': [], 'texture_resource': '',
        'texture': messages.compressed_image(b'', '', '', 0), 'uv_coordinates': [], 'text': '',
        'mesh_resource': '', 'mesh_file': messages.new(
            'visualization_msgs/msg/MeshFile', filename='', data=np.zeros(0, np.uint8)),
        'mesh_use_embedded_materials': False}
    return messages.new(_MARKER, **(fields | given))


def markers(*given: Any) -> Any:
    return messages.new('visualization_msgs/msg/MarkerArray', markers=list(given))


def write_staged_bag(folder: Path, frames: int = 5, broken: tuple[tuple[str, int], ...] = (),
                     *, mounts: bool = True, poses: bool = True, boxes_in: str = 'map') -> Path:
    """Write a drive past a car that stands at x = 30, y = 3 of the map.

    The messages of `broken`, (topic, frame), have no content.
    """
    with BagWriter(folder, latched=('/tf_static',)) as bag:
        def write(topic: str, kind: str, frame: int, message: Any) -> None:
            if (topic, frame) in broken:
                message.data = message.data[:0]
            bag.write_message(topic, kind, stamp(frame), message)

        write('/tf_static', 'tf2_msgs/msg/TFMessage', 0, messages.transforms(stamp(0), [
            ('base_link', 'camera_front', looking(0.0)),
            ('base_link', 'camera_left', looking(math.pi / 2)),
            ('base_link', 'lidar_top', at(0.0, 0.0, 2.0))] if mounts else []))
        for frame in range(frames):
            if poses:
                write('/tf', 'tf2_msgs/msg/TFMessage', frame, messages.transforms(
                    stamp(frame), [('map', 'base_link', at(STEP_M * frame, 0.0, 0.0))]))
            for topic, frame_id in ((FRONT, 'camera_front'), (LEFT, 'camera_left')):
                write(topic.replace('image_raw/compressed', 'camera_info'),
                      'sensor_msgs/msg/CameraInfo', frame, messages.camera_info(
                          frame_id, stamp(frame), (320, 240),
                          np.array([[160.0, 0.0, 159.5], [0.0, 160.0, 119.5], [0.0, 0.0, 1.0]])))
                write(topic, 'sensor_msgs/msg/CompressedImage', frame, picture(frame, frame_id))
            write(CLOUD, 'sensor_msgs/msg/PointCloud2', frame, cloud(frame))
            write(ANNOTATIONS, 'visualization_msgs/msg/MarkerArray', frame, markers(
                marker(boxes_in, stamp(frame), at(30.0, 3.0, 0.75))))
    return folder
