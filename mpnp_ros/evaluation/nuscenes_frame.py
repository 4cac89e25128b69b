# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read one nuScenes keyframe from a folder: frame.json, a JPEG per camera, a lidar sweep.

Poses and stamps are those of the data set; boxes come out in the base frame. nuScenes calls the
base `ego`: it stands on the ground below the rear axle, x forward, y left, z up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import json
import math
from pathlib import Path
from typing import Any

import numpy as np


class FrameError(ValueError):
    """A frame folder that cannot be read; the text names the file and the cause."""


@dataclass(frozen=True)
class Camera:
    """One picture: JPEG bytes, intrinsics [3, 3] pixels, base_from_camera [4, 4] metres.

    The camera frame is the optical one: z forward, x right, y down.
    """

    name: str
    jpeg: bytes
    intrinsics: np.ndarray
    base_from_camera: np.ndarray
    stamp_ns: int


@dataclass(frozen=True)
class Lidar:
    """One sweep: points [P, C] float32 as stored, in the sensor frame (x right, y forward).

    `columns` names the C values of a point: x, y, z (metres), intensity (0 to 255), ring.
    """

    points: np.ndarray
    columns: tuple[str, ...]
    base_from_lidar: np.ndarray
    stamp_ns: int


@dataclass(frozen=True)
class Box:
    """One annotated object in the base frame.

    centre [3] m; size (length, width, height) m; yaw rad, counter-clockwise from base +x;
    velocity [2] m/s along base x and y, NaN where unknown; lidar_points and radar_points:
    returns inside the box; valid is False where there are none.
    """

    category: str
    centre: np.ndarray
    size: tuple[float, float, float]
    yaw: float
    velocity: np.ndarray
    lidar_points: int
    radar_points: int
    valid: bool

    @property
    def range(self) -> float:
        """Return the distance of the centre over ground from the base, metres."""
        return math.hypot(self.centre[0], self.centre[1])

    @property
    def azimuth(self) -> float:
        """Return the direction of the centre, rad counter-clockwise from base +x."""
        return math.atan2(self.centre[1], self.centre[0])

    def corners(self) -> np.ndarray:
        """Return the corners of the footprint [4, 2] in the base frame, metres."""
        along = np.array([math.cos(self.yaw), math.sin(self.yaw)]) * (self.size[0] / 2)
        across = np.array([-math.sin(self.yaw), math.cos(self.yaw)]) * (self.size[1] / 2)
        signs = ((1, 1), (1, -1), (-1, -1), (-1, 1))
        return self.centre[:2] + np.stack([a * along + b * across for a, b in signs])


@dataclass(frozen=True)
class NuscenesFrame:
    """One keyframe: `map_from_base` [4, 4] metres is the pose of the car."""

    sample_token: str
    stamp_ns: int
    map_from_base: np.ndarray
    cameras: tuple[Camera, ...]
    lidar: Lidar
    boxes: tuple[Box, ...]


def read_frame(folder: str | Path) -> NuscenesFrame:
    """Read a frame from its folder.

    Raises FrameError naming the file and the cause: a missing or truncated file, a missing
    entry of frame.json, a matrix of the wrong shape.
    """
    folder = Path(folder)
    path = folder / 'frame.json'
    text = _read(path)
    try:
        described = json.loads(text)
    except ValueError as error:
        raise FrameError(f'{path}: not complete JSON: {error}') from error
    try:
        stamp_ns = _nanoseconds(described['timestamp'])
        lidar = _lidar(folder, described['lidar'], stamp_ns)
        return NuscenesFrame(
            sample_token=str(described['sample_token']),
            stamp_ns=stamp_ns,
            map_from_base=_matrix(described['ego2global'], (4, 4), 'ego2global'),
            cameras=tuple(
                _camera(folder, name, camera) for name, camera in described['cameras'].items()),
            lidar=lidar,
            boxes=tuple(_box(box, lidar.base_from_lidar) for box in described['objects']),
        )
    except FrameError:
        raise
    except KeyError as error:
        raise FrameError(f'{path}: no entry {error}') from error
    except (TypeError, ValueError, AttributeError) as error:
        raise FrameError(f'{path}: an entry has the wrong type: {error}') from error


def _camera(folder: Path, name: str, described: Mapping[str, Any]) -> Camera:
    path = folder / described['file']
    jpeg = _read(path)
    if not jpeg.startswith(b'\xff\xd8') or not jpeg.rstrip(b'\0').endswith(b'\xff\xd9'):
        raise FrameError(f'{path}: {len(jpeg)} bytes that are no complete JPEG')
    return Camera(
        name=name,
        jpeg=jpeg,
        intrinsics=_matrix(described['cam2img'], (3, 3), f'{name} cam2img'),
        base_from_camera=_matrix(described['cam2ego'], (4, 4), f'{name} cam2ego'),
        stamp_ns=_nanoseconds(described['timestamp']),
    )


def _lidar(folder: Path, described: Mapping[str, Any], stamp_ns: int) -> Lidar:
    path = folder / described['file']
    columns = tuple(described['columns'])
    if described['dtype'] != 'float32':
        raise FrameError(f'lidar dtype {described["dtype"]!r}: expected float32')
    data = _read(path)
    if not data or len(data) % (4 * len(columns)):
        raise FrameError(
            f'{path}: {len(data)} bytes, expected whole points of {len(columns)} float32 values')
    return Lidar(
        points=np.frombuffer(data, dtype='<f4').reshape(-1, len(columns)).astype(np.float32),
        columns=columns,
        base_from_lidar=_matrix(described['lidar2ego'], (4, 4), 'lidar2ego'),
        stamp_ns=stamp_ns,  # a keyframe is stamped with its lidar sweep
    )


def _box(described: Mapping[str, Any], base_from_lidar: np.ndarray) -> Box:
    numbers = np.asarray(described['box_lidar_xyz_lwh_yaw'], dtype=np.float64)
    velocity = np.asarray(described['velocity_lidar_xy'], dtype=np.float64)
    if numbers.shape != (7,) or velocity.shape != (2,):
        raise FrameError(f'objects: expected boxes of 7 and velocities of 2 numbers: {described}')
    turn, shift = base_from_lidar[:3, :3], base_from_lidar[:3, 3]
    heading = turn @ [math.cos(numbers[6]), math.sin(numbers[6]), 0.0]
    return Box(
        category=str(described['category']),
        centre=turn @ numbers[:3] + shift,
        size=(float(numbers[3]), float(numbers[4]), float(numbers[5])),
        yaw=math.atan2(heading[1], heading[0]),
        velocity=(turn @ [*velocity, 0.0])[:2],
        lidar_points=int(described['num_lidar_points']),
        radar_points=int(described['num_radar_points']),
        valid=bool(described['valid']),
    )


def _matrix(rows: Any, shape: tuple[int, int], name: str) -> np.ndarray:
    try:
        matrix = np.asarray(rows, dtype=np.float64)
    except ValueError as error:
        raise FrameError(f'{name}: expected {shape[0]} x {shape[1]} numbers: {error}') from error
    if matrix.shape != shape or not np.isfinite(matrix).all():
        raise FrameError(
            f'{name}: expected {shape[0]} x {shape[1]} finite numbers, got shape {matrix.shape}')
    return matrix


def _nanoseconds(seconds: float) -> int:
    # The data set counts microseconds; as a float64 of seconds they are exact only when rounded.
    return round(float(seconds) * 1e6) * 1000


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FrameError(f'{path}: cannot be read: {error.strerror}') from error
