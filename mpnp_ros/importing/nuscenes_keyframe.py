# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A folder with one nuScenes keyframe (frame.json, pictures, a sweep) as a drive of one moment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
import math
from pathlib import Path

from mpnp_ros import messages
from mpnp_ros.evaluation.nuscenes_frame import Camera, FrameError, NuscenesFrame, read_frame
from mpnp_ros.evaluation.questions.question_nuscenes_qa import OBJECTS
from mpnp_ros.importing.box import Box, statuses_at, upright
from mpnp_ros.importing.channels import Channels
from mpnp_ros.importing.drive import (
    Annotated,
    BASE_FRAME,
    Drive,
    MAP_FRAME,
    Recorded,
    TRANSFORMS_TOPIC,
)
from mpnp_ros.importing.error import DatasetError
from mpnp_ros.importing.image_file import image_of
from mpnp_ros.importing.point_file import columns_of

FRAME = 'frame.json'
_LIDAR = 'LIDAR_TOP'


def keyframe_drive(folder: Path, channels: Channels) -> Drive:
    """Return the keyframe as a drive named after its folder.

    It has no attributes: whether a vehicle that stands is parked is not asked.

    Raises DatasetError naming the file.
    """
    try:
        frame = read_frame(folder)
    except FrameError as error:
        raise DatasetError(folder, str(error)) from error
    channels.check(folder / FRAME, {
        'camera': [camera.name for camera in frame.cameras], 'lidar': [_LIDAR]})
    cameras = [camera for camera in frame.cameras if channels.has('camera', camera.name)]
    recorded = [one for camera in cameras for one in _camera_messages(folder, camera)]
    modalities = ['camera'] if cameras else []
    mounts = {camera.name: camera.base_from_camera for camera in cameras}
    if channels.has('lidar', _LIDAR):
        modalities.append('lidar')
        lidar = frame.lidar
        mounts[_LIDAR] = lidar.base_from_lidar
        recorded.append(Recorded(
            lidar.stamp_ns, f'/{_LIDAR}/points', 'sensor_msgs/msg/PointCloud2',
            lambda: messages.point_cloud(
                columns_of(f'{folder}, {_LIDAR}', lidar.points, lidar.columns),
                _LIDAR, lidar.stamp_ns)))
    for stamp_ns in sorted({one.stamp_ns for one in recorded}):
        recorded.append(Recorded(
            stamp_ns, TRANSFORMS_TOPIC, 'tf2_msgs/msg/TFMessage', partial(
                messages.transforms, stamp_ns, [(MAP_FRAME, BASE_FRAME, frame.map_from_base)])))
    return Drive(
        name=folder.resolve().name, mounts=mounts, recorded=recorded, modalities=modalities,
        moments=[Annotated(frame.stamp_ns, lambda: _boxes(frame), frame.sample_token)],
        notes=('one pose of the vehicle stands for those of all sensors',))


def _camera_messages(folder: Path, camera: Camera) -> Sequence[Recorded]:
    image = image_of(camera.jpeg, f'{folder}, {camera.name}')
    return (
        Recorded(camera.stamp_ns, f'/{camera.name}/camera_info', 'sensor_msgs/msg/CameraInfo',
                 partial(messages.camera_info, camera.name, camera.stamp_ns, image.size,
                         camera.intrinsics)),
        Recorded(camera.stamp_ns, f'/{camera.name}/image_raw/compressed',
                 'sensor_msgs/msg/CompressedImage', partial(
                     messages.compressed_image, image.data, image.format, camera.name,
                     camera.stamp_ns)))


def _boxes(frame: NuscenesFrame) -> list[Box]:
    found = []
    for box in frame.boxes:
        category = box.category.replace('_', ' ')
        known = category in OBJECTS
        found.append(Box(
            label=box.category, categories=(category,) if known else (),
            base_from_box=upright(box.centre, box.yaw), size=box.size,
            statuses=statuses_at(category, math.hypot(*box.velocity)) if known else None,
            points=box.lidar_points + box.radar_points if box.valid else 0))
    return found
