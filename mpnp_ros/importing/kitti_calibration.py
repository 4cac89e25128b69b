# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The calibration files of KITTI (Geiger et al., IJRR 2013), raw and object benchmark.

The base stands on the ground below the GPS/IMU unit, which is mounted above the rear axle, and has
its axes: x forward, y left, z up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mpnp_ros.importing.error import DatasetError, read_text

IMU, VELODYNE = 'imu', 'velodyne'
IMU_HEIGHT_M = 0.93   # of the sensor set-up's description
CAMERAS = ('00', '01', '02', '03')


@dataclass(frozen=True)
class CameraCalibration:
    """A rectified camera.

    :ivar intrinsics: [3, 3] pixels; base_from_camera: [4, 4] metres.
    :ivar size: width and height of its pictures, pixels; None where the file does not tell.
    """

    intrinsics: np.ndarray
    base_from_camera: np.ndarray
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class KittiCalibration:
    """Where the sensors sit; cameras by their two digits, all of them rectified to camera 0."""

    base_from_imu: np.ndarray
    base_from_velodyne: np.ndarray
    base_from_rectified: np.ndarray
    cameras: Mapping[str, CameraCalibration]

    def mounts(self) -> dict[str, np.ndarray]:
        """Return base_from_sensor [4, 4] by frame."""
        return {IMU: self.base_from_imu, VELODYNE: self.base_from_velodyne, **{
            camera_frame(digits): camera.base_from_camera
            for digits, camera in self.cameras.items()}}


def camera_frame(digits: str) -> str:
    """Return the frame of a camera; its topics begin with it."""
    return f'camera_{digits}'


def read_raw_calibration(folder: Path) -> KittiCalibration:
    """Read calib_imu_to_velo.txt, calib_velo_to_cam.txt and calib_cam_to_cam.txt of a date.

    Raises DatasetError naming file and entry.
    """
    velodyne_from_imu = _rigid(folder / 'calib_imu_to_velo.txt')
    camera0_from_velodyne = _rigid(folder / 'calib_velo_to_cam.txt')
    path = folder / 'calib_cam_to_cam.txt'
    entries = _entries(path)
    projections = {digits: _matrix(path, entries, f'P_rect_{digits}', 3, 4)
                   for digits in CAMERAS if f'P_rect_{digits}' in entries}
    sizes = {}
    for digits in projections:
        width, height = _matrix(path, entries, f'S_rect_{digits}', 2)
        sizes[digits] = round(width), round(height)
    return _calibration(velodyne_from_imu, camera0_from_velodyne,
                        _matrix(path, entries, 'R_rect_00', 3, 3), projections, sizes)


def read_object_calibration(path: Path) -> KittiCalibration:
    """Read the calibration of one frame of the object benchmark; raises DatasetError."""
    entries = _entries(path)
    return _calibration(
        _homogeneous(_matrix(path, entries, 'Tr_imu_to_velo', 3, 4)),
        _homogeneous(_matrix(path, entries, 'Tr_velo_to_cam', 3, 4)),
        _matrix(path, entries, 'R0_rect', 3, 3),
        {digits: _matrix(path, entries, f'P{int(digits)}', 3, 4) for digits in CAMERAS}, {})


def _calibration(
    velodyne_from_imu: np.ndarray, camera0_from_velodyne: np.ndarray, rectify: np.ndarray,
    projections: Mapping[str, np.ndarray], sizes: Mapping[str, tuple[int, int]],
) -> KittiCalibration:
    base_from_imu = np.eye(4)
    base_from_imu[2, 3] = IMU_HEIGHT_M
    base_from_velodyne = base_from_imu @ np.linalg.inv(velodyne_from_imu)
    base_from_rectified = base_from_velodyne @ np.linalg.inv(
        _homogeneous(rectify) @ camera0_from_velodyne)
    cameras = {}
    for digits, projection in projections.items():
        # P = K [I | t]: t takes points of the rectified camera 0 to this camera.
        intrinsics = projection[:, :3]
        camera_from_rectified = np.eye(4)
        camera_from_rectified[:3, 3] = np.linalg.solve(intrinsics, projection[:, 3])
        cameras[digits] = CameraCalibration(
            intrinsics, base_from_rectified @ np.linalg.inv(camera_from_rectified),
            sizes.get(digits))
    return KittiCalibration(base_from_imu, base_from_velodyne, base_from_rectified, cameras)


def _rigid(path: Path) -> np.ndarray:
    entries = _entries(path)
    matrix = _homogeneous(_matrix(path, entries, 'R', 3, 3))
    matrix[:3, 3] = _matrix(path, entries, 'T', 3)
    return matrix


def _homogeneous(matrix: np.ndarray) -> np.ndarray:
    full = np.eye(4)
    full[:3, :matrix.shape[1]] = matrix
    return full


def _entries(path: Path) -> dict[str, str]:
    lines = (line.partition(':') for line in read_text(path).splitlines())
    return {name.strip(): values for name, colon, values in lines if colon}


def _matrix(path: Path, entries: Mapping[str, str], name: str, *shape: int) -> np.ndarray:
    if name not in entries:
        raise DatasetError(path, f'no entry {name}')
    try:
        numbers = np.array(entries[name].split(), dtype=np.float64)
    except ValueError as error:
        raise DatasetError(path, f'{name}: not numbers') from error
    if numbers.size != np.prod(shape) or not np.isfinite(numbers).all():
        raise DatasetError(path, f'{name}: expected {np.prod(shape)} finite numbers, got '
                           f'{numbers.size}')
    return numbers.reshape(shape)
