# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The scenes of nuScenes, read from its tables and files, as drives.

nuScenes calls the base `ego`: it stands on the ground below the rear axle, x forward, y left, z
up. Each measurement has a pose of its own, at its own stamp.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from mpnp_ros import messages
from mpnp_ros.importing.channels import Channels
from mpnp_ros.importing.drive import (
    Annotated, BASE_FRAME, Drive, MAP_FRAME, Recorded, TRANSFORMS_TOPIC)
from mpnp_ros.importing.error import DatasetError
from mpnp_ros.importing.image_file import image_message
from mpnp_ros.importing.nuscenes_boxes import NuscenesBoxes
from mpnp_ros.importing.nuscenes_categories import condition_of
from mpnp_ros.importing.nuscenes_tables import NuscenesTables, SceneTables, TableRecord
from mpnp_ros.importing.pcd_file import read_pcd
from mpnp_ros.importing.point_file import read_bin

LIDAR_COLUMNS = ('x', 'y', 'z', 'intensity', 'ring')
MODALITIES = ('camera', 'lidar', 'radar')
_KEYFRAME_SENSOR = 'LIDAR_TOP'   # a keyframe has the stamp and the pose of its sweep


class NuscenesDataset:
    """nuScenes in its official layout: tables in a folder of the version, `samples`, `sweeps`."""

    def __init__(self, root: Path, version: str = '', *, channels: Channels | None = None,
                 keyframes_only: bool = False) -> None:
        self._root = root
        self._tables = NuscenesTables(root, version or _only_version(root))
        self._channels = channels or Channels()
        self._keyframes_only = keyframes_only
        known: dict[str, set[str]] = {}
        for sensor in self._tables.sensors.values():
            modality = sensor.text('modality')
            if modality not in MODALITIES:
                raise DatasetError(
                    sensor.place, f'sensor {sensor.text("channel")!r} of unknown modality '
                    f'{modality!r}: expected one of {", ".join(MODALITIES)}')
            known.setdefault(modality, set()).add(sensor.text('channel'))
        self._channels.check(self._tables.folder / 'sensor.json', known)

        self._by_name = {one.text('name'): one for one in self._tables.scenes.values()}
        self._read: tuple[SceneTables, NuscenesBoxes] | None = None
        self._wanted: list[str] = sorted(self._by_name)

    def names(self, scenes: Collection[str] = ()) -> list[str]:
        """Return the names of these scenes, all without names; `drive` gives only them.

        Raises DatasetError where there is no such scene.
        """
        for name in scenes:
            if name not in self._by_name:
                known = sorted(self._by_name)
                raise DatasetError(
                    self._tables.folder / 'scene.json', f'no scene {name!r}: there is '
                    f'{", ".join(known[:10])}{" ..." if len(known) > 10 else ""}')
        self._wanted = list(scenes) or sorted(self._by_name)
        self._read = None
        return self._wanted

    def drive(self, name: str) -> Drive:
        """Return a scene as a drive; raises DatasetError where a table is not as expected."""
        if self._read is None:
            read = SceneTables(
                self._tables, {self._by_name[one].token for one in self._wanted})
            self._read = read, NuscenesBoxes(self._tables, read)
        return self._drive(self._by_name[name], *self._read)

    def _drive(self, scene: TableRecord, read: SceneTables, boxes: NuscenesBoxes) -> Drive:
        recorded: list[Recorded] = []
        mounts: dict[str, np.ndarray] = {}
        modalities: set[str] = set()
        poses: dict[int, np.ndarray] = {}
        keyframe_poses: dict[str, np.ndarray] = {}
        for data in read.data.get(scene.token, ()):
            sample = data.text('sample_token')
            mount = self._tables.look_up(
                self._tables.calibrated_sensors, data.text('calibrated_sensor_token'), data)
            sensor = self._tables.look_up(
                self._tables.sensors, mount.text('sensor_token'), mount)
            channel = sensor.text('channel')
            pose = self._tables.look_up(read.poses, data.text('ego_pose_token'), data).pose()
            if data.flag('is_key_frame') and channel == _KEYFRAME_SENSOR:
                keyframe_poses[sample] = pose
            if not self._channels.has(sensor.text('modality'), channel) or (
                    self._keyframes_only and not data.flag('is_key_frame')):
                continue
            if not np.array_equal(mounts.setdefault(channel, mount.pose()), mount.pose()):
                raise DatasetError(mount.place, f'{channel} is mounted in two places of a scene')
            poses[data.stamp_ns()] = pose
            modalities.add(sensor.text('modality'))
            recorded += self._messages(sensor, mount, data)
        return Drive(
            name=scene.text('name'), mounts=mounts,
            recorded=[*(_pose_message(stamp_ns, pose) for stamp_ns, pose in poses.items()),
                      *recorded],
            moments=[Annotated(one.stamp_ns(), partial(
                boxes.boxes, one.token, keyframe_poses[one.token]), one.token)
                for one in read.samples.get(scene.token, ()) if one.token in keyframe_poses]
            if read.annotations else [],
            condition=condition_of(scene.text('description')), modalities=sorted(modalities),
            notes=() if read.annotations else ('without annotations: no boxes, no questions',))

    def _messages(self, sensor: TableRecord, mount: TableRecord, data: TableRecord
                  ) -> Iterator[Recorded]:
        channel, stamp_ns = sensor.text('channel'), data.stamp_ns()
        path = self._root / data.text('filename')
        if sensor.text('modality') == 'camera':
            size = data.number('width'), data.number('height')
            intrinsics = mount.numbers('camera_intrinsic', 3, 3)
            yield Recorded(
                stamp_ns, f'/{channel}/camera_info', 'sensor_msgs/msg/CameraInfo', partial(
                    messages.camera_info, channel, stamp_ns, size, intrinsics))
            yield Recorded(
                stamp_ns, f'/{channel}/image_raw/compressed', 'sensor_msgs/msg/CompressedImage',
                partial(image_message, path, channel, stamp_ns, size))
            return
        read = read_sweep if sensor.text('modality') == 'lidar' else _read_radar
        yield Recorded(
            stamp_ns, f'/{channel}/points', 'sensor_msgs/msg/PointCloud2',
            lambda: messages.point_cloud(read(path), channel, stamp_ns))


def read_sweep(path: Path) -> np.ndarray:
    """Return the points of a lidar file (.pcd.bin)."""
    return read_bin(path, LIDAR_COLUMNS)


def _read_radar(path: Path) -> np.ndarray:
    points = read_pcd(path)
    # Radars without a return leave one point of NaN.
    return points[:0] if len(points) and np.isnan(points['x'][0]) else points


def _pose_message(stamp_ns: int, pose: np.ndarray) -> Recorded:
    return Recorded(stamp_ns, TRANSFORMS_TOPIC, 'tf2_msgs/msg/TFMessage', partial(
        messages.transforms, stamp_ns, [(MAP_FRAME, BASE_FRAME, pose)]))


def _only_version(root: Path) -> str:
    found = sorted(path.parent.name for path in root.glob('*/scene.json'))
    if len(found) != 1:
        raise DatasetError(
            root, f'several versions: {", ".join(found)}; name one (--version)' if found
            else 'no nuScenes: expected a folder such as v1.0-mini with scene.json')
    return found[0]
