# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the simulated sensors publish, as ROS 2 messages of the rosbags library."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mpnp_ros.evaluation.typestore import typestore
from mpnp_ros.world.geometry import Array
from mpnp_ros.world.sensors import BASE_FRAME, Camera, Lidar, Rig

_JPEG_QUALITY = 90
_DATATYPES = {'<f4': 7, '<u2': 4}  # sensor_msgs/msg/PointField
_FIELDS = (('x', '<f4'), ('y', '<f4'), ('z', '<f4'), ('intensity', '<f4'), ('ring', '<u2'))
_POINT = np.dtype(list(_FIELDS))


def compressed_image(pixels: NDArray[np.uint8], camera: Camera, stamp_ns: int) -> Any:
    """Return a picture [height, width, 3] as sensor_msgs/msg/CompressedImage, JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, 'jpeg', quality=_JPEG_QUALITY)
    return _new(
        'sensor_msgs/msg/CompressedImage', header=_header(camera.frame_id, stamp_ns),
        format='jpeg', data=np.frombuffer(buffer.getvalue(), np.uint8))


def camera_info(camera: Camera, stamp_ns: int) -> Any:
    """Return the camera's sensor_msgs/msg/CameraInfo: a pinhole without distortion."""
    k = camera.intrinsics
    return _new(
        'sensor_msgs/msg/CameraInfo', header=_header(camera.frame_id, stamp_ns),
        height=camera.height, width=camera.width, distortion_model='plumb_bob', d=np.zeros(5),
        k=k.ravel(), r=np.eye(3).ravel(), p=np.hstack([k, np.zeros((3, 1))]).ravel(),
        binning_x=0, binning_y=0,
        roi=_new('sensor_msgs/msg/RegionOfInterest', x_offset=0, y_offset=0, height=0, width=0,
                 do_rectify=False))


def point_cloud(points: NDArray[np.float32], lidar: Lidar, stamp_ns: int) -> Any:
    """Return a sweep [P, 5] (x, y, z, intensity, ring) as sensor_msgs/msg/PointCloud2."""
    packed = np.empty(len(points), _POINT)
    fields, offset = [], 0
    for column, (name, kind) in enumerate(_FIELDS):
        packed[name] = points[:, column]
        fields.append(_new('sensor_msgs/msg/PointField', name=name, offset=offset,
                           datatype=_DATATYPES[kind], count=1))
        offset += np.dtype(kind).itemsize
    return _new(
        'sensor_msgs/msg/PointCloud2', header=_header(lidar.frame_id, stamp_ns), height=1,
        width=len(points), fields=fields, is_bigendian=False, point_step=_POINT.itemsize,
        row_step=_POINT.itemsize * len(points), data=packed.view(np.uint8), is_dense=True)


def static_transforms(rig: Rig, stamp_ns: int) -> Any:
    """Return where the sensors sit on the vehicle, as tf2_msgs/msg/TFMessage."""
    return _new('tf2_msgs/msg/TFMessage', transforms=[
        _transform(sensor.frame_id, sensor.base_from_sensor, stamp_ns)
        for sensor in (rig.camera, rig.lidar)])


def _transform(frame_id: str, base_from_sensor: Array, stamp_ns: int) -> Any:
    x, y, z = (float(value) for value in base_from_sensor[:3, 3])
    qx, qy, qz, qw = _quaternion(base_from_sensor[:3, :3])
    return _new(
        'geometry_msgs/msg/TransformStamped', header=_header(BASE_FRAME, stamp_ns),
        child_frame_id=frame_id,
        transform=_new(
            'geometry_msgs/msg/Transform',
            translation=_new('geometry_msgs/msg/Vector3', x=x, y=y, z=z),
            rotation=_new('geometry_msgs/msg/Quaternion', x=qx, y=qy, z=qz, w=qw)))


def _quaternion(rotation: Array) -> tuple[float, float, float, float]:
    """Return x, y, z, w of a rotation matrix [3, 3].

    The eigenvector of the largest eigenvalue of Bar-Itzhack's matrix (J. Guidance 23(6), 2000):
    it has no special cases.
    """
    r = rotation
    matrix = np.array([
        [r[0, 0] - r[1, 1] - r[2, 2], r[1, 0] + r[0, 1], r[2, 0] + r[0, 2], r[2, 1] - r[1, 2]],
        [r[1, 0] + r[0, 1], r[1, 1] - r[0, 0] - r[2, 2], r[2, 1] + r[1, 2], r[0, 2] - r[2, 0]],
        [r[2, 0] + r[0, 2], r[2, 1] + r[1, 2], r[2, 2] - r[0, 0] - r[1, 1], r[1, 0] - r[0, 1]],
        [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], r[0, 0] + r[1, 1] + r[2, 2]],
    ])
    largest = np.linalg.eigh(matrix)[1][:, -1]
    x, y, z, w = (float(value) for value in largest * (1.0 if largest[3] >= 0.0 else -1.0))
    return x, y, z, w


def _header(frame_id: str, stamp_ns: int) -> Any:
    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    return _new(
        'std_msgs/msg/Header', frame_id=frame_id,
        stamp=_new('builtin_interfaces/msg/Time', sec=seconds, nanosec=nanoseconds))


def _new(message_type: str, /, **fields: Any) -> Any:
    return typestore().types[message_type](**fields)
