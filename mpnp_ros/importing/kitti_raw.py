# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""KITTI's raw drives, synchronised and rectified (`<date>_drive_<number>_sync`), as drives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
import math
from pathlib import Path

import numpy as np

from mpnp_ros import messages
from mpnp_ros.importing.box import Box, count_inside, statuses_at
from mpnp_ros.importing.channels import Channels
from mpnp_ros.importing.drive import (
    Annotated, BASE_FRAME, Drive, MAP_FRAME, Recorded, TRANSFORMS_TOPIC)
from mpnp_ros.importing.error import DatasetError
from mpnp_ros.importing.image_file import image_message
from mpnp_ros.importing.kitti_calibration import (
    camera_frame, IMU, KittiCalibration, read_raw_calibration, VELODYNE)
from mpnp_ros.importing.kitti_oxts import mercator_scale, Oxts, read_oxts
from mpnp_ros.importing.kitti_tracklets import categories_of, read_tracklets, status_of, Track
from mpnp_ros.importing.point_file import read_bin
from mpnp_ros.importing.stamps_file import read_timestamps

COLUMNS = ('x', 'y', 'z', 'intensity')
LABELS = 'tracklet_labels.xml'
# Boxes stand only where the cameras look; they see all of this sector.
ANNOTATED = ('front',)
_SUFFIX = '_sync'


def raw_drive_folders(root: Path) -> list[Path]:
    """Return the folders of raw drives: the folder itself, or those below it."""
    if root.name.endswith(_SUFFIX):
        return [root]
    return sorted(path for depth in ('*', '*/*') for path in root.glob(depth + _SUFFIX)
                  if path.is_dir())


def raw_drive(folder: Path, channels: Channels) -> Drive:
    """Return one drive; its calibration lies in the folder above.

    Raises DatasetError naming the file.
    """
    calibration = read_raw_calibration(folder.parent)
    streams = {path.name: _Stream(path) for path in sorted(folder.iterdir())
               if (path / 'data').is_dir()}
    cameras = {digits: streams[f'image_{digits}'] for digits in calibration.cameras
               if f'image_{digits}' in streams}
    velodyne = streams.get('velodyne_points')
    channels.check(folder, {'camera': [camera_frame(digits) for digits in cameras],
                            'lidar': [VELODYNE] if velodyne else []})
    cameras = {digits: stream for digits, stream in cameras.items()
               if channels.has('camera', camera_frame(digits))}
    recorded = [one for digits, stream in cameras.items()
                for one in _camera_messages(digits, stream, calibration)]
    modalities = ['camera'] if cameras else []
    if velodyne is not None and channels.has('lidar', VELODYNE):
        modalities.append('lidar')
        recorded += [
            Recorded(stamp_ns, f'/{VELODYNE}/points', 'sensor_msgs/msg/PointCloud2',
                     partial(_cloud_message, path, stamp_ns))
            for stamp_ns, path in velodyne.files('bin')]
    track = _Vehicle(streams['oxts'], calibration) if 'oxts' in streams else None
    notes = []
    if track is not None:
        recorded += track.messages()
    else:
        notes.append('without oxts: no pose of the vehicle, no IMU, no GPS')
    moments: list[Annotated] = []
    if (folder / LABELS).exists():
        if velodyne is None:
            raise DatasetError(
                folder / LABELS, f'labels {VELODYNE}, which is not there: no velodyne_points')
        moments = _Labels(folder / LABELS, velodyne, calibration, track).moments()
    else:
        notes.append(f'without {LABELS}: no boxes, no questions')
    mounts = {frame: mount for frame, mount in calibration.mounts().items()
              if frame in (IMU, VELODYNE) or frame in map(camera_frame, cameras)}
    return Drive(name=folder.name, mounts=mounts, recorded=recorded, moments=moments,
                 condition='day', annotated=ANNOTATED, modalities=modalities, notes=notes)


class _Stream:
    """The files of a sensor, numbered as the lines of its timestamps.txt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        stamps_file = folder / 'timestamps.txt'
        self.stamps = read_timestamps(stamps_file)
        for path in (folder / 'data').iterdir():
            if path.stem.isdigit() and int(path.stem) >= len(self.stamps):
                raise DatasetError(path, f'has no stamp: {stamps_file.name} has '
                                   f'{len(self.stamps)} lines')

    def path(self, index: int, ending: str) -> Path:
        """Return the file of a line; whether it is there shows when it is read."""
        return self.folder / 'data' / f'{index:010d}.{ending}'

    def files(self, ending: str) -> Iterator[tuple[int, Path]]:
        """Return the stamp and the file of each line."""
        for index, stamp_ns in enumerate(self.stamps):
            yield stamp_ns, self.path(index, ending)


def _camera_messages(
    digits: str, stream: _Stream, calibration: KittiCalibration
) -> Iterator[Recorded]:
    camera, frame = calibration.cameras[digits], camera_frame(digits)
    assert camera.size is not None
    for stamp_ns, path in stream.files('png'):
        yield Recorded(
            stamp_ns, f'/{frame}/camera_info', 'sensor_msgs/msg/CameraInfo', partial(
                messages.camera_info, frame, stamp_ns, camera.size, camera.intrinsics))
        yield Recorded(
            stamp_ns, f'/{frame}/image_raw/compressed', 'sensor_msgs/msg/CompressedImage',
            partial(image_message, path, frame, stamp_ns, camera.size))


def _cloud_message(path: Path, stamp_ns: int) -> object:
    return messages.point_cloud(read_bin(path, COLUMNS), VELODYNE, stamp_ns)


class _Vehicle:
    """Where the vehicle was: the map's origin is the base at the first packet."""

    def __init__(self, stream: _Stream, calibration: KittiCalibration) -> None:
        self._stream = stream
        self._imu_from_base = np.linalg.inv(calibration.base_from_imu)
        self._packets: dict[int, Oxts] = {}
        self._scale: float | None = None
        self._origin = np.zeros(3)

    def messages(self) -> Iterator[Recorded]:
        """Return its pose, its IMU's and its GPS's messages."""
        for index, stamp_ns in enumerate(self._stream.stamps):
            yield Recorded(stamp_ns, TRANSFORMS_TOPIC, 'tf2_msgs/msg/TFMessage',
                           partial(self._transform, index, stamp_ns))
            yield Recorded(stamp_ns, '/oxts/imu', 'sensor_msgs/msg/Imu',
                           partial(self._imu, index, stamp_ns))
            yield Recorded(stamp_ns, '/oxts/fix', 'sensor_msgs/msg/NavSatFix',
                           partial(self._fix, index, stamp_ns))

    def map_from_base(self, index: int) -> np.ndarray:
        """Return the pose at a packet; raises DatasetError naming its file."""
        packet = self._packet(index)
        if self._scale is None:
            first = self._packet(0)
            self._scale = mercator_scale(first.latitude_deg)
            self._origin = self._base(first, self._scale)[:3, 3]
        pose = self._base(packet, self._scale)
        pose[:3, 3] -= self._origin
        return pose

    def _base(self, packet: Oxts, scale: float) -> np.ndarray:
        map_from_imu = np.eye(4)
        map_from_imu[:3, :3] = packet.rotation
        map_from_imu[:3, 3] = packet.position(scale)
        return map_from_imu @ self._imu_from_base

    def _packet(self, index: int) -> Oxts:
        if index not in self._packets:
            self._packets[index] = read_oxts(self._stream.path(index, 'txt'))
        return self._packets[index]

    def _transform(self, index: int, stamp_ns: int) -> object:
        return messages.transforms(
            stamp_ns, [(MAP_FRAME, BASE_FRAME, self.map_from_base(index))])

    def _imu(self, index: int, stamp_ns: int) -> object:
        packet = self._packet(index)
        return messages.imu(
            IMU, stamp_ns, packet.rotation, packet.angular_rate, packet.acceleration)

    def _fix(self, index: int, stamp_ns: int) -> object:
        packet = self._packet(index)
        return messages.nav_sat_fix(
            IMU, stamp_ns, packet.latitude_deg, packet.longitude_deg, packet.altitude_m,
            packet.accuracy_m)


class _Labels:
    """The boxes of a drive, frame by frame of the lidar."""

    def __init__(self, path: Path, velodyne: _Stream, calibration: KittiCalibration,
                 vehicle: _Vehicle | None) -> None:
        self._path = path
        self._velodyne = velodyne
        self._base_from_velodyne = calibration.base_from_velodyne
        self._vehicle = vehicle
        self._tracks = read_tracklets(path)
        last = max((frame for track in self._tracks for frame in track.poses), default=-1)
        if last >= len(velodyne.stamps):
            raise DatasetError(path, f'labels frame {last} of {VELODYNE}, which has '
                               f'{len(velodyne.stamps)} frames')

    def moments(self) -> list[Annotated]:
        """Return every frame as an annotated moment."""
        return [Annotated(stamp_ns, partial(self._boxes, index), f'{index:010d}')
                for index, stamp_ns in enumerate(self._velodyne.stamps)]

    def _boxes(self, frame: int) -> Sequence[Box]:
        tracks = [track for track in self._tracks if frame in track.poses]
        if not tracks:
            return ()
        points = read_bin(self._velodyne.path(frame, 'bin'), COLUMNS)
        return [self._box(track, frame, points) for track in tracks]

    def _box(self, track: Track, frame: int, points: np.ndarray) -> Box:
        categories = categories_of(track.label, self._path)
        pose = self._base_from_velodyne @ track.poses[frame]
        statuses = None
        if len(categories) == 1:
            known = status_of(track.label)
            statuses = (known,) if known else statuses_at(
                categories[0], self._speed(track, frame))
        return Box(
            label=track.label, categories=categories, base_from_box=pose, size=track.size,
            statuses=statuses, points=0 if frame in track.hidden else count_inside(
                points, self._base_from_velodyne, pose, track.size))

    def _speed(self, track: Track, frame: int) -> float:
        """Return the speed over ground between the neighbouring frames, m/s, or NaN."""
        around = [index for index in (frame - 1, frame, frame + 1) if index in track.poses]
        if self._vehicle is None or len(around) < 2:
            return math.nan
        first, last = (
            self._vehicle.map_from_base(index) @ self._base_from_velodyne @ track.poses[index]
            for index in (around[0], around[-1]))
        step_s = (self._velodyne.stamps[around[-1]] - self._velodyne.stamps[around[0]]) / 1e9
        return float(np.hypot(*(last - first)[:2, 3])) / step_s if step_s > 0.0 else math.nan
