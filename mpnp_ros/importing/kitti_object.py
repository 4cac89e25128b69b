# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""KITTI's object benchmark (`training`, `testing`) as drives.

Its frames are single moments of many drives, without stamps and without poses: stamps are made up,
ten a second, and the frames of one calibration become one bag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
import math
from pathlib import Path

import numpy as np

from mpnp_ros import messages
from mpnp_ros.importing.box import Box, count_inside
from mpnp_ros.importing.channels import Channels
from mpnp_ros.importing.drive import Annotated, Drive, Recorded
from mpnp_ros.importing.error import DatasetError, read_bytes, read_text
from mpnp_ros.importing.image_file import image_message, read_image
from mpnp_ros.importing.kitti_calibration import (
    camera_frame, KittiCalibration, read_object_calibration, VELODYNE)
from mpnp_ros.importing.kitti_raw import ANNOTATED, COLUMNS
from mpnp_ros.importing.kitti_tracklets import categories_of, status_of
from mpnp_ros.importing.point_file import read_bin

SPLITS = ('training', 'testing')
_PERIOD_NS = 100_000_000
_UNLABELLED = 'DontCare'
_FAR_M = 100.0   # objects that were not labelled are known by their direction alone
_CAMERAS = {'image_2': '02', 'image_3': '03'}


@dataclass(frozen=True)
class ObjectDrive:
    """The frames of one calibration, not yet read."""

    name: str
    folder: Path
    frames: tuple[str, ...]
    calibration: KittiCalibration


def object_drives(folder: Path) -> list[ObjectDrive]:
    """Return the frames of a split by calibration; raises DatasetError naming the file."""
    names = sorted(path.stem for path in (folder / 'calib').glob('*.txt'))
    labelled = {path.stem for path in (folder / 'label_2').glob('*.txt')}
    for name in sorted(labelled - set(names)):
        raise DatasetError(
            folder / 'label_2' / f'{name}.txt', f'labels frame {name}, which has no calibration')
    by_calibration: dict[bytes, list[str]] = {}
    for name in names:
        by_calibration.setdefault(
            read_bytes(folder / 'calib' / f'{name}.txt'), []).append(name)
    return [
        ObjectDrive(f'{folder.name}_{frames[0]}', folder, tuple(frames),
                    read_object_calibration(folder / 'calib' / f'{frames[0]}.txt'))
        for frames in by_calibration.values()]


def object_drive(found: ObjectDrive, channels: Channels) -> Drive:
    """Return the frames as a drive; raises DatasetError naming the file."""
    folder, calibration = found.folder, found.calibration
    cameras = {name: digits for name, digits in _CAMERAS.items() if (folder / name).is_dir()}
    has_lidar = (folder / VELODYNE).is_dir()
    channels.check(folder, {
        'camera': [camera_frame(digits) for digits in cameras.values()],
        'lidar': [VELODYNE] if has_lidar else []})
    cameras = {name: digits for name, digits in cameras.items()
               if channels.has('camera', camera_frame(digits))}
    sweeps = has_lidar and channels.has('lidar', VELODYNE)
    recorded: list[Recorded] = []
    moments: list[Annotated] = []
    for name in found.frames:
        if not name.isdigit():
            raise DatasetError(folder / 'calib' / f'{name}.txt', 'expected a number as its name')
        stamp_ns = (int(name) + 1) * _PERIOD_NS   # a stamp of 0 means none
        for images, digits in cameras.items():
            recorded += _camera_messages(folder / images / f'{name}.png', camera_frame(digits),
                                         stamp_ns, calibration.cameras[digits].intrinsics)
        sweep = folder / VELODYNE / f'{name}.bin'
        if sweeps:
            recorded.append(Recorded(
                stamp_ns, f'/{VELODYNE}/points', 'sensor_msgs/msg/PointCloud2',
                partial(_cloud_message, sweep, stamp_ns)))
        labels = folder / 'label_2' / f'{name}.txt'
        if labels.exists():
            moments.append(Annotated(stamp_ns, partial(
                _boxes, labels, calibration, sweep if has_lidar else None), name))
    frames = [VELODYNE, *map(camera_frame, cameras.values())]
    notes = ['its stamps are made up, ten a second; there is no pose of the vehicle']
    if not moments:
        notes.append('without label_2: no boxes, no questions')
    return Drive(
        name=found.name, recorded=recorded, moments=moments, condition='day',
        modalities=[kind for kind, there in (('camera', cameras), ('lidar', sweeps)) if there],
        mounts={frame: mount for frame, mount in calibration.mounts().items()
                if frame in frames},
        annotated=ANNOTATED, notes=notes)


def _camera_messages(
    path: Path, frame: str, stamp_ns: int, intrinsics: np.ndarray
) -> Sequence[Recorded]:
    return (
        Recorded(stamp_ns, f'/{frame}/camera_info', 'sensor_msgs/msg/CameraInfo',
                 lambda: messages.camera_info(frame, stamp_ns, read_image(path).size, intrinsics)),
        Recorded(stamp_ns, f'/{frame}/image_raw/compressed', 'sensor_msgs/msg/CompressedImage',
                 partial(image_message, path, frame, stamp_ns)))


def _cloud_message(path: Path, stamp_ns: int) -> object:
    return messages.point_cloud(read_bin(path, COLUMNS), VELODYNE, stamp_ns)


def _boxes(path: Path, calibration: KittiCalibration, sweep: Path | None) -> list[Box]:
    points = read_bin(sweep, COLUMNS) if sweep is not None else None
    return [_box(f'{path}, line {number}', line.split(), calibration, points)
            for number, line in enumerate(read_text(path).splitlines(), 1) if line.strip()]


def _box(place: str, words: list[str], calibration: KittiCalibration,
         points: np.ndarray | None) -> Box:
    """Return the box of a line: label, truncation, occlusion, alpha, 2D box, h w l, x y z, ry."""
    try:
        numbers = [float(word) for word in words[1:15]]
    except ValueError as error:
        raise DatasetError(place, f'not numbers: {error}') from error
    if len(words) not in (15, 16) or not np.isfinite(numbers).all():
        raise DatasetError(place, f'{len(words)} words: expected a label and 14 finite numbers')
    label = words[0]
    categories = categories_of(label, place)
    if label == _UNLABELLED:
        pose = _along((numbers[3] + numbers[5]) / 2.0, calibration)
        return Box(label, categories, pose, (0.0, 0.0, 0.0))
    height, width, length, x, y, z, turn = numbers[7:14]
    # The camera's axes: x right, y down, z ahead; the box turns around y and stands on (x, y, z).
    ahead = np.array([math.cos(turn), 0.0, -math.sin(turn)])
    up = np.array([0.0, -1.0, 0.0])
    pose = np.eye(4)
    pose[:3, :3] = np.stack([ahead, np.cross(up, ahead), up], axis=1)
    pose[:3, 3] = x, y - height / 2.0, z
    pose = calibration.base_from_rectified @ pose
    size = (length, width, height)
    status = status_of(label)
    return Box(
        label=label, categories=categories, base_from_box=pose, size=size,
        statuses=(status,) if status else None,
        points=None if points is None else count_inside(
            points, calibration.base_from_velodyne, pose, size))


def _along(column: float, calibration: KittiCalibration) -> np.ndarray:
    """Return a pose far off in the direction of a column of image 2."""
    camera = calibration.cameras['02']
    right = (column - camera.intrinsics[0, 2]) / camera.intrinsics[0, 0]
    pose = np.eye(4)
    pose[:3, 3] = np.array([right, 0.0, 1.0]) * _FAR_M
    return camera.base_from_camera @ pose
