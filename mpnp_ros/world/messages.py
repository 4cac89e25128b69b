# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the simulated sensors publish, as ROS 2 messages of the rosbags library."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mpnp_ros import messages
from mpnp_ros.evaluation.bags.typestore import typestore
from mpnp_ros.world.sensors import BASE_FRAME, Camera, Lidar, Rig

__all__ = ['camera_info', 'compressed_image', 'point_cloud', 'static_transforms', 'typestore']

_JPEG_QUALITY = 90
_FIELDS = (('x', '<f4'), ('y', '<f4'), ('z', '<f4'), ('intensity', '<f4'), ('ring', '<u2'))
_POINT = np.dtype(list(_FIELDS))


def compressed_image(pixels: NDArray[np.uint8], camera: Camera, stamp_ns: int) -> Any:
    """Return a picture [height, width, 3] as sensor_msgs/msg/CompressedImage, JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, 'jpeg', quality=_JPEG_QUALITY)
    return messages.compressed_image(buffer.getvalue(), 'jpeg', camera.frame_id, stamp_ns)


def camera_info(camera: Camera, stamp_ns: int) -> Any:
    """Return the camera's sensor_msgs/msg/CameraInfo: a pinhole without distortion."""
    return messages.camera_info(
        camera.frame_id, stamp_ns, (camera.width, camera.height), camera.intrinsics)


def point_cloud(points: NDArray[np.float32], lidar: Lidar, stamp_ns: int) -> Any:
    """Return a sweep [P, 5] (x, y, z, intensity, ring) as sensor_msgs/msg/PointCloud2."""
    packed = np.empty(len(points), _POINT)
    for column, (name, _) in enumerate(_FIELDS):
        packed[name] = points[:, column]
    return messages.point_cloud(packed, lidar.frame_id, stamp_ns)


def static_transforms(rig: Rig, stamp_ns: int) -> Any:
    """Return where the sensors sit on the vehicle, as tf2_msgs/msg/TFMessage."""
    return messages.transforms(stamp_ns, [
        (BASE_FRAME, sensor.frame_id, sensor.base_from_sensor)
        for sensor in (rig.camera, rig.lidar)])
