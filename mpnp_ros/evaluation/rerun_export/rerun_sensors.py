# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Write what the sensors of a bag gave into a Rerun recording: pictures, points, boxes, poses."""

from __future__ import annotations

from dataclasses import dataclass
import io
import math
from typing import Any

import numpy as np
from PIL import Image

from mpnp_ros.core.transforms import quaternion_from
from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.point_cloud import decode_point_cloud
from mpnp_ros.evaluation.bags.bag import Bag, BagMessage, MessageError
from mpnp_ros.evaluation.pictures.annotation import Annotation, read_annotations
from mpnp_ros.evaluation.pictures.camera_topic import decode_picture, intrinsics_of
from mpnp_ros.evaluation.pictures.drive_topics import CLOUD, COMPRESSED, DriveTopics, SensorTopic
from mpnp_ros.evaluation.pictures.mount import from_left_to_right
from mpnp_ros.evaluation.pictures.moving_frames import move_points, MovingFrames, STATIC
from mpnp_ros.evaluation.pictures.palette import color_of, height_colors, kind_of
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.stamp import nanoseconds

TIMELINE = 'stamp'
WORLD, ROBOT, PROBLEMS = 'world', 'world/robot', 'problems'
PICTURE, BOXES = 'picture', 'boxes'   # below a camera; below the world or the robot
_FIXED_FRAMES = ('map', 'odom', 'world', 'earth')   # REP 105; the first that is known is taken
_JPEG_QUALITY = 85
_POINT_PX = 1.5
_IMAGE_PLANE_M = 2.0   # how far from a camera its picture hangs in the 3D view


@dataclass(frozen=True)
class Seen:
    """A camera that gave pictures, and whether what is around can be drawn into them."""

    camera: SensorTopic
    pinhole: bool


@dataclass(frozen=True)
class SensorOptions:
    """What keeps a recording small; see `write_rrd`."""

    every: int = 1
    max_width: int = 0
    max_points: int = 0


class SensorLog:
    """Write one bag into a recording, in one pass."""

    def __init__(self, rerun: Any, recording: Any, bag: Bag, topics: DriveTopics,
                 problems: Problems, options: SensorOptions) -> None:
        self._rr, self._recording = rerun, recording
        self._bag, self._topics, self._problems = bag, topics, problems
        self._options = options
        self._sensors = {sensor.topic: sensor for sensor in topics.sensors}
        self._frames = MovingFrames()
        self._fixed = ''
        self._infos: dict[str, Any] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        self._mounts: dict[str, np.ndarray] = {}
        self._pinholes: set[str] = set()
        self._taken: dict[str, int] = {}
        self._written: dict[str, bytes] = {}

    @property
    def seen(self) -> list[Seen]:
        """Return the cameras that gave pictures: the front from left to right, then the back."""
        cameras = [camera for camera in self._topics.cameras if camera.topic in self._sizes]
        cameras.sort(key=lambda camera: from_left_to_right(self._mounts.get(camera.topic)))
        return [Seen(camera, camera.topic in self._pinholes) for camera in cameras]

    def write(self) -> None:
        """Write all messages."""
        self._recording.log(WORLD, self._rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
        # A latched message holds for those who come before it too.
        for message in self._bag.messages({STATIC} & set(self._topics.transforms)):
            self._try(message)
        for message in self._bag.messages(self._topics.all() - {STATIC}):
            self._try(message)

    def _try(self, message: BagMessage) -> None:
        set_stamp(self._recording, message.stamp_ns)
        try:
            self._take(message)
        except MessageError as error:
            self._refuse(message, str(error))
        except InputError as error:
            self._refuse(message, f'{message.topic}: {error}')

    def _take(self, message: BagMessage) -> None:
        topic = message.topic
        if topic in self._sensors:
            count = self._taken[topic] = self._taken.get(topic, -1) + 1
            if count % self._options.every == 0:
                self._take_sensor(self._sensors[topic], self._bag.decode(message))
        elif topic in self._topics.infos:
            self._infos[topic] = self._bag.decode(message)
            self._write_pinhole(self._topics.infos[topic])
        elif topic in self._topics.transforms:
            for ignored in self._frames.take(topic, self._bag.decode(message)):
                self._refuse(message, f'{topic}: {ignored}')
            self._place_robot(message.stamp_ns)
        else:
            self._write_boxes(read_annotations(self._bag.decode(message)))

    def _take_sensor(self, sensor: SensorTopic, message: Any) -> None:
        entity = entity_of(sensor)
        stamp_ns = nanoseconds(message.header.stamp)
        mount = self._frames.lookup(self._topics.base_frame, message.header.frame_id, stamp_ns)
        if mount is not None:
            self._mounts[sensor.topic] = mount
            self._write_once(entity, self._transform(mount), mount)
        if sensor.type == CLOUD:
            self._write_points(entity, message, mount)
        else:
            self._write_picture(entity, sensor, message)

    def _write_picture(self, entity: str, camera: SensorTopic, message: Any) -> None:
        data, media_type, self._sizes[camera.topic] = self._encoded(camera, message)
        self._write_pinhole(camera)
        self._recording.log(f'{entity}/{PICTURE}', self._rr.EncodedImage(
            contents=data, media_type=media_type))

    def _write_pinhole(self, camera: SensorTopic) -> None:
        """Write the lens of a camera as soon as that and the size of its pictures are known."""
        size = self._sizes.get(camera.topic)
        if size is None:
            return
        intrinsics = intrinsics_of(camera, self._infos.get(camera.info_topic), size[0])
        if intrinsics is not None:
            self._pinholes.add(camera.topic)
            self._write_once(f'{entity_of(camera)}/{PICTURE}', self._rr.Pinhole(
                image_from_camera=intrinsics, resolution=size,
                camera_xyz=self._rr.ViewCoordinates.RDF,
                image_plane_distance=_IMAGE_PLANE_M), np.append(intrinsics, size))

    def _encoded(
        self, camera: SensorTopic, message: Any
    ) -> tuple[bytes, str | None, tuple[int, int]]:
        """Return a picture as a file, its media type, width and height; raises InputError."""
        max_width = self._options.max_width
        if camera.type == COMPRESSED and ';' not in str(message.format):
            data = bytes(message.data)
            # The smallest that can be decoded shows whether the file is whole.
            decode_picture(camera, message, min_side=1)
            with Image.open(io.BytesIO(data)) as image:
                if not max_width or image.width <= max_width:
                    return data, image.get_format_mimetype(), image.size
        picture = Image.fromarray(decode_picture(camera, message))
        if max_width and picture.width > max_width:
            picture = picture.resize(
                (max_width, max(round(picture.height * max_width / picture.width), 1)),
                Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        picture.save(buffer, 'jpeg', quality=_JPEG_QUALITY)
        return buffer.getvalue(), 'image/jpeg', picture.size

    def _write_points(self, entity: str, message: Any, mount: np.ndarray | None) -> None:
        points = decode_point_cloud(message)
        if self._options.max_points:
            points = points[::math.ceil(len(points) / self._options.max_points)]
        heights = points if mount is None else move_points(points, mount)
        self._recording.log(f'{entity}/points', self._rr.Points3D(
            points[:, :3], colors=height_colors(heights[:, 2]),
            radii=self._rr.Radius.ui_points(_POINT_PX)))

    def _write_boxes(self, boxes: list[Annotation]) -> None:
        """Write boxes into the frame that stands still, or into the robot's."""
        for entity, frame in ((f'{WORLD}/{BOXES}', self._fixed),
                              (f'{ROBOT}/{BOXES}', self._topics.base_frame)):
            placed = [box.moved(matrix, frame) for box in boxes if frame and (
                matrix := self._frames.lookup(frame, box.frame_id, box.stamp_ns)) is not None]
            if placed or not boxes:
                self._recording.log(entity, self._boxes(placed))
            if placed:
                return

    def _boxes(self, boxes: list[Annotation]) -> Any:
        return self._rr.Boxes3D(
            centers=np.array([box.pose[:3, 3] for box in boxes]).reshape(-1, 3),
            half_sizes=np.array([box.size for box in boxes]).reshape(-1, 3) / 2.0,
            quaternions=[self._rr.Quaternion(xyzw=quaternion_from(box.pose)) for box in boxes],
            colors=np.array([color_of(box) for box in boxes], np.uint8).reshape(-1, 3),
            labels=[box.label or kind_of(box) for box in boxes], show_labels=False)

    def _place_robot(self, stamp_ns: int) -> None:
        if not self._fixed:
            self._fixed = next((frame for frame in _FIXED_FRAMES if self._frames.lookup(
                frame, self._topics.base_frame, stamp_ns) is not None), '')
        pose = self._frames.lookup(self._fixed, self._topics.base_frame, stamp_ns)
        if self._fixed and pose is not None:
            self._write_once(ROBOT, self._transform(pose), pose)

    def _transform(self, parent_from_child: np.ndarray) -> Any:
        return self._rr.Transform3D(
            translation=parent_from_child[:3, 3], mat3x3=parent_from_child[:3, :3])

    def _write_once(self, entity: str, archetype: Any, value: np.ndarray) -> None:
        """Write what stays until it changes."""
        if self._written.get(entity) != value.tobytes():
            self._written[entity] = value.tobytes()
            self._recording.log(entity, archetype)

    def _refuse(self, message: BagMessage, text: str) -> None:
        self._problems.add(f'not shown: {text}', f'{self._bag.name}, stamp {message.stamp_ns}')
        self._recording.log(PROBLEMS, self._rr.TextLog(text, level=self._rr.TextLogLevel.WARN))


def entity_of(sensor: SensorTopic) -> str:
    """Return where a sensor hangs in the recording."""
    return f'{ROBOT}/{sensor.name}'


def set_stamp(recording: Any, stamp_ns: int) -> None:
    """Go to a time of the bag."""
    recording.set_time(TIMELINE, timestamp=np.datetime64(stamp_ns, 'ns'))
