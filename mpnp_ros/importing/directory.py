# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A folder of own data, described by its dataset.yaml, as a drive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
import json
import math
from pathlib import Path
import re
from typing import Any

import numpy as np

from mpnp_ros import messages
from mpnp_ros.core.transforms import matrix_from
from mpnp_ros.evaluation.nuscenes_qa.scene import possible_statuses_of
from mpnp_ros.evaluation.questions.question_nuscenes_qa import OBJECTS
from mpnp_ros.importing.box import Box, statuses_at, upright
from mpnp_ros.importing.channels import Channels
from mpnp_ros.importing.directory_layout import (
    DirectoryLayout,
    read_layout,
    SENSOR_TYPES,
    SensorLayout,
    stamp_ns,
)
from mpnp_ros.importing.drive import (
    Annotated,
    BASE_FRAME,
    Drive,
    MAP_FRAME,
    Recorded,
    TRANSFORMS_TOPIC,
)
from mpnp_ros.importing.error import DatasetError, read_text
from mpnp_ros.importing.image_file import image_message, read_image
from mpnp_ros.importing.point_file import read_points

_STAMP = re.compile(r'\d+(\.\d+)?$')


def directory_drive(folder: Path, channels: Channels) -> Drive:
    """Return the folder as a drive; raises DatasetError naming the file or the entry."""
    layout = read_layout(folder)
    channels.check(folder, {kind: [one.name for one in layout.sensors if one.type == kind]
                            for kind in SENSOR_TYPES})
    sensors = [one for one in layout.sensors if channels.has(one.type, one.name)]
    recorded = [message for sensor in sensors for stamp, path in _files(folder, sensor)
                for message in _messages(sensor, stamp, path)]
    if layout.poses is not None:
        recorded += _poses(layout.poses)
    return Drive(
        name=layout.name, recorded=recorded, condition=layout.condition,
        mounts={one.frame: one.base_from_sensor for one in sensors},
        moments=list(_moments(layout)) if layout.boxes is not None else [],
        annotated=layout.annotated, questions=layout.questions,
        modalities=tuple(sorted({one.type for one in sensors})))


def _files(folder: Path, sensor: SensorLayout) -> Iterator[tuple[int, Path]]:
    """Return the files of a sensor with their stamps, ns."""
    if sensor.stamps is None:
        found = sorted(folder.glob(sensor.files))
        if not found:
            raise DatasetError(folder / sensor.files, f'no file of the sensor {sensor.name}')
        for path in found:
            stamp = _STAMP.search(path.stem)
            yield stamp_ns(stamp[0] if stamp else path.stem, sensor.unit_ns, path), path
        return
    below = (folder / sensor.files).parent
    for number, line in enumerate(read_text(sensor.stamps).splitlines(), 1):
        name, comma, stamp_text = line.partition(',')
        if not line.strip() or (number == 1 and stamp_text.strip() == 'stamp'):
            continue
        place = f'{sensor.stamps}, line {number}'
        if not comma:
            raise DatasetError(place, f'{line.strip()[:40]!r}: expected a file name and a stamp')
        yield stamp_ns(stamp_text, sensor.unit_ns, place), below / name.strip()


def _messages(sensor: SensorLayout, stamp: int, path: Path) -> Iterator[Recorded]:
    if sensor.type == 'camera':
        yield Recorded(
            stamp, _info_topic(sensor.topic), 'sensor_msgs/msg/CameraInfo',
            lambda: messages.camera_info(
                sensor.frame, stamp, read_image(path).size, sensor.intrinsics,
                sensor.distortion, sensor.distortion_model))
        yield Recorded(stamp, sensor.topic, 'sensor_msgs/msg/CompressedImage',
                       partial(image_message, path, sensor.frame, stamp))
        return
    yield Recorded(
        stamp, sensor.topic, 'sensor_msgs/msg/PointCloud2', lambda: messages.point_cloud(
            read_points(path, sensor.columns), sensor.frame, stamp))


def _info_topic(image_topic: str) -> str:
    """Return the topic of the intrinsics: beside that of the picture."""
    base = image_topic.removesuffix('/compressed')
    return f'{base.rpartition("/")[0]}/camera_info'


def _poses(path: Path) -> Iterator[Recorded]:
    """Return the poses: stamp in ns, x, y, z, and the quaternion x, y, z, w, map from base."""
    for number, line in enumerate(read_text(path).splitlines(), 1):
        words = line.split(',')
        if not line.strip() or (number == 1 and words[0].strip() == 'stamp_ns'):
            continue
        place = f'{path}, line {number}'
        try:
            numbers = [float(word) for word in words[1:]]
            if len(numbers) != 7 or not all(map(math.isfinite, numbers)):
                raise ValueError(f'expected a stamp and 7 finite numbers, got {len(words)} words')
            pose = matrix_from(np.array(numbers[:3]), np.array(numbers[3:]))
        except ValueError as error:
            raise DatasetError(place, str(error)) from error
        stamp = stamp_ns(words[0], 1, place)
        yield Recorded(stamp, TRANSFORMS_TOPIC, 'tf2_msgs/msg/TFMessage', partial(
            messages.transforms, stamp, [(MAP_FRAME, BASE_FRAME, pose)]))


def _moments(layout: DirectoryLayout) -> Iterator[Annotated]:
    """Return the moments of the boxes; a line without a category says that there is none."""
    assert layout.boxes is not None
    frames = {BASE_FRAME: np.eye(4), **{
        one.frame: one.base_from_sensor for one in layout.sensors}}
    by_stamp: dict[int, list[Box]] = {}
    for number, line in enumerate(read_text(layout.boxes).splitlines(), 1):
        if not line.strip():
            continue
        place = f'{layout.boxes}, line {number}'
        try:
            fields = json.loads(line)
            stamp = stamp_ns(str(fields['stamp_ns']), 1, place)
            boxes = by_stamp.setdefault(stamp, [])
            if 'category' in fields:
                boxes.append(_box(place, fields, frames))
        except DatasetError:
            raise
        except KeyError as error:
            raise DatasetError(place, f'no field {error}') from error
        except (TypeError, ValueError) as error:
            raise DatasetError(place, f'not a box: {error}') from error
    for stamp, boxes in sorted(by_stamp.items()):
        yield Annotated(stamp, partial(tuple, boxes))


def _box(place: str, fields: Mapping[str, Any], frames: Mapping[str, np.ndarray]) -> Box:
    label, frame = str(fields['category']), str(fields.get('frame', BASE_FRAME))
    if frame not in frames:
        raise DatasetError(place, f'a box in the frame {frame!r} of a sensor that is not there: '
                           f'expected one of {", ".join(frames)}')
    category = label.replace('_', ' ')
    pose = upright([float(one) for one in fields['centre']], float(fields['yaw']))
    length, width, height = (float(one) for one in fields['size'])
    if not np.isfinite(pose).all() or not all(
            0.0 < one < math.inf for one in (length, width, height)):
        raise DatasetError(place, 'centre, yaw and size: expected finite numbers, sizes above 0')
    status = fields.get('status')
    known = category in OBJECTS
    if status is not None and known and status not in possible_statuses_of(category):
        raise DatasetError(place, f'status {status!r} of a {category}: expected '
                           f'{", ".join(possible_statuses_of(category)) or "none"}')
    statuses = (str(status),) if status is not None else statuses_at(
        category, float(fields.get('speed', math.nan))) if known else None
    points = fields.get('points')
    return Box(label=label, categories=(category,) if known else (),
               base_from_box=frames[frame] @ pose, size=(length, width, height),
               statuses=statuses, points=None if points is None else int(points))
