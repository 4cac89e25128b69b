# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Sensor messages as plain data: the fields of the .msg definitions, without ROS."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Image:
    """sensor_msgs/msg/Image, without its header."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


@dataclass
class CompressedImage:
    """sensor_msgs/msg/CompressedImage, without its header."""

    format: str
    data: Any


@dataclass
class PointField:
    """sensor_msgs/msg/PointField."""

    name: str
    offset: int
    datatype: int
    count: int = 1


@dataclass
class PointCloud2:
    """sensor_msgs/msg/PointCloud2, without its header."""

    height: int
    width: int
    fields: Sequence[PointField]
    point_step: int
    row_step: int
    data: Any
    is_bigendian: bool = False
    is_dense: bool = True


@dataclass
class Time:
    """builtin_interfaces/msg/Time."""

    sec: int
    nanosec: int


@dataclass
class Header:
    """std_msgs/msg/Header."""

    stamp: Time
    frame_id: str = ''


@dataclass
class Vector3:
    """geometry_msgs/msg/Vector3."""

    x: float
    y: float
    z: float


@dataclass
class Imu:
    """sensor_msgs/msg/Imu, without its orientation."""

    header: Header
    angular_velocity: Vector3
    linear_acceleration: Vector3
    angular_velocity_covariance: Sequence[float] = (0.0,) * 9
    linear_acceleration_covariance: Sequence[float] = (0.0,) * 9


@dataclass
class Audio:
    """mpnp_ros/msg/Audio."""

    sample_rate: int
    channels: int
    data: Any
    header: Header


@dataclass
class AudioData:
    """audio_common_msgs/msg/AudioData."""

    data: Any


@dataclass
class AudioDataStamped:
    """audio_common_msgs/msg/AudioDataStamped, without its header."""

    audio: AudioData


def image(pixels: np.ndarray, encoding: str, padding: int = 0, big_endian: bool = False) -> Image:
    """Make an Image of pixels [H, W(, C)] with `padding` bytes of 0xA5 after every row."""
    stored = pixels.astype(pixels.dtype.newbyteorder('>' if big_endian else '<'))
    height, width = pixels.shape[:2]
    rows = np.frombuffer(stored.tobytes(), np.uint8).reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xA5)
    return Image(
        height, width, encoding, int(big_endian), rows.shape[1], array('B', rows.tobytes()))


def cloud(points: np.ndarray) -> PointCloud2:
    """Make a PointCloud2 of points [P, 4] float32: x, y, z, intensity."""
    points = np.asarray(points, dtype='<f4')
    return PointCloud2(
        height=1, width=len(points), point_step=16, row_step=16 * len(points),
        fields=[PointField(name, 4 * k, 7) for k, name in enumerate(['x', 'y', 'z', 'intensity'])],
        data=array('B', points.tobytes()))


def radar_cloud(echoes: np.ndarray) -> PointCloud2:
    """Make a PointCloud2 of echoes [P, 8]: x, y, z, rcs, vx, vy, vx_comp, vy_comp."""
    echoes = np.asarray(echoes, dtype='<f4')
    names = ['x', 'y', 'z', 'rcs', 'vx', 'vy', 'vx_comp', 'vy_comp']
    return PointCloud2(
        height=1, width=len(echoes), point_step=32, row_step=32 * len(echoes),
        fields=[PointField(name, 4 * k, 7) for k, name in enumerate(names)],
        data=array('B', echoes.tobytes()))


def header(time_s: float) -> Header:
    """Make a Header of seconds."""
    sec, nanosec = divmod(round(time_s * 1e9), 10**9)
    return Header(Time(sec, nanosec))


def imu(
    time_s: float, turning: Sequence[float] = (0.0, 0.0, 0.0),
    acceleration: Sequence[float] = (0.0, 0.0, 9.81),
) -> Imu:
    """Make an Imu of rad/s and m/s^2."""
    return Imu(header(time_s), Vector3(*turning), Vector3(*acceleration))


def audio(samples: np.ndarray, sample_rate: int = 16000, end_s: float = 0.0) -> Audio:
    """Make an Audio of samples [n, channels] in [-1, 1], the last of which was taken at end_s."""
    pcm = np.round(32767.0 * samples).astype(np.int16)
    return Audio(sample_rate, samples.shape[1], pcm.ravel(), header(end_s))
