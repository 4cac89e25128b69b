# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Sensor messages of the rosbags library, built without ROS from numbers and bytes.

Stamps are nanoseconds, lengths metres, transforms 4x4 matrices that take points of the child frame
to the parent frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mpnp_ros.core.transforms import quaternion_from
from mpnp_ros.evaluation.bags.typestore import typestore

_NS = 1_000_000_000
# sensor_msgs/msg/PointField by numpy's kind and size.
_DATATYPES = {'i1': 1, 'u1': 2, 'i2': 3, 'u2': 4, 'i4': 5, 'u4': 6, 'f4': 7, 'f8': 8}
_COVARIANCE_KNOWN_DIAGONAL, _COVARIANCE_UNKNOWN = 2, 0   # sensor_msgs/msg/NavSatFix


def new(message_type: str, /, **fields: Any) -> Any:
    """Return a message of a type with all its fields."""
    return typestore().types[message_type](**fields)


def header(frame_id: str, stamp_ns: int) -> Any:
    """Return a std_msgs/msg/Header."""
    return new('std_msgs/msg/Header', frame_id=frame_id, stamp=_time(stamp_ns))


def compressed_image(data: bytes, image_format: str, frame_id: str, stamp_ns: int) -> Any:
    """Return an encoded picture as sensor_msgs/msg/CompressedImage, its bytes untouched."""
    return new('sensor_msgs/msg/CompressedImage', header=header(frame_id, stamp_ns),
               format=image_format, data=np.frombuffer(data, np.uint8))


def camera_info(
    frame_id: str, stamp_ns: int, size: tuple[int, int], intrinsics: np.ndarray,
    distortion: Sequence[float] = (0.0,) * 5, model: str = 'plumb_bob',
) -> Any:
    """Return a sensor_msgs/msg/CameraInfo of a single camera.

    :param size: width and height of the picture, pixels.
    :param intrinsics: [3, 3], pixels.
    :param distortion: coefficients of the model; all zero for a rectified picture.
    """
    k = np.asarray(intrinsics, dtype=np.float64)
    return new(
        'sensor_msgs/msg/CameraInfo', header=header(frame_id, stamp_ns),
        width=size[0], height=size[1], distortion_model=model,
        d=np.asarray(distortion, dtype=np.float64), k=k.ravel(), r=np.eye(3).ravel(),
        p=np.hstack([k, np.zeros((3, 1))]).ravel(), binning_x=0, binning_y=0,
        roi=new('sensor_msgs/msg/RegionOfInterest', x_offset=0, y_offset=0, height=0, width=0,
                do_rectify=False))


def point_cloud(points: np.ndarray, frame_id: str, stamp_ns: int) -> Any:
    """Return points as sensor_msgs/msg/PointCloud2.

    :param points: structured [P]; its fields, little-endian numbers, become those of the message.
    """
    fields, dtype = [], points.dtype
    for name, (kind, offset, *_) in (dtype.fields or {}).items():
        fields.append(new(
            'sensor_msgs/msg/PointField', name=name, offset=offset,
            datatype=_DATATYPES[kind.str[1:]], count=1))
    coordinates = [np.isfinite(points[name]).all() for name in ('x', 'y', 'z')]
    return new(
        'sensor_msgs/msg/PointCloud2', header=header(frame_id, stamp_ns), height=1,
        width=len(points), fields=fields, is_bigendian=False, point_step=dtype.itemsize,
        row_step=dtype.itemsize * len(points),
        data=np.ascontiguousarray(points).view(np.uint8).reshape(-1),
        is_dense=bool(all(coordinates)))


def transforms(stamp_ns: int, edges: Iterable[tuple[str, str, np.ndarray]]) -> Any:
    """Return a tf2_msgs/msg/TFMessage of edges (parent, child, parent_from_child [4, 4])."""
    return new('tf2_msgs/msg/TFMessage', transforms=[
        new('geometry_msgs/msg/TransformStamped', header=header(parent, stamp_ns),
            child_frame_id=child, transform=new(
                'geometry_msgs/msg/Transform', translation=vector(matrix[:3, 3]),
                rotation=_quaternion(matrix)))
        for parent, child, matrix in edges])


def pose(parent_from_child: np.ndarray) -> Any:
    """Return a [4, 4] matrix as geometry_msgs/msg/Pose."""
    x, y, z = map(float, parent_from_child[:3, 3])
    return new('geometry_msgs/msg/Pose', position=new('geometry_msgs/msg/Point', x=x, y=y, z=z),
               orientation=_quaternion(parent_from_child))


def vector(xyz: Sequence[float] | np.ndarray) -> Any:
    """Return a geometry_msgs/msg/Vector3."""
    x, y, z = map(float, xyz)
    return new('geometry_msgs/msg/Vector3', x=x, y=y, z=z)


def imu(frame_id: str, stamp_ns: int, map_from_sensor: np.ndarray,
        angular_velocity: Sequence[float], linear_acceleration: Sequence[float]) -> Any:
    """Return a sensor_msgs/msg/Imu; the covariances are not known.

    :param map_from_sensor: [3, 3] or [4, 4], the orientation in a map whose x points east.
    :param angular_velocity: rad/s around the sensor's axes.
    :param linear_acceleration: m/s^2 along the sensor's axes, gravity included.
    """
    unknown = np.zeros(9)
    return new(
        'sensor_msgs/msg/Imu', header=header(frame_id, stamp_ns),
        orientation=_quaternion(map_from_sensor), orientation_covariance=unknown,
        angular_velocity=vector(angular_velocity), angular_velocity_covariance=unknown,
        linear_acceleration=vector(linear_acceleration), linear_acceleration_covariance=unknown)


def nav_sat_fix(frame_id: str, stamp_ns: int, latitude_deg: float, longitude_deg: float,
                altitude_m: float, accuracy_m: float | None = None) -> Any:
    """Return a sensor_msgs/msg/NavSatFix.

    :param accuracy_m: standard deviation of the position, None where it is not known.
    """
    known = accuracy_m is not None
    return new(
        'sensor_msgs/msg/NavSatFix', header=header(frame_id, stamp_ns),
        status=new('sensor_msgs/msg/NavSatStatus', status=0, service=1),
        latitude=float(latitude_deg), longitude=float(longitude_deg), altitude=float(altitude_m),
        position_covariance=(np.eye(3) * (accuracy_m or 0.0) ** 2).ravel(),
        position_covariance_type=_COVARIANCE_KNOWN_DIAGONAL if known else _COVARIANCE_UNKNOWN)


def _quaternion(matrix: np.ndarray) -> Any:
    x, y, z, w = map(float, quaternion_from(matrix))
    return new('geometry_msgs/msg/Quaternion', x=x, y=y, z=z, w=w)


def _time(stamp_ns: int) -> Any:
    seconds, nanoseconds = divmod(stamp_ns, _NS)
    return new('builtin_interfaces/msg/Time', sec=seconds, nanosec=nanoseconds)
