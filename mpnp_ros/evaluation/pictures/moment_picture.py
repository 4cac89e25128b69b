# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Draw the pictures of one moment: every camera, the top view, the range image of each lidar."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

import numpy as np
from PIL import Image

from mpnp_ros.encoders.base import InputError
from mpnp_ros.encoders.point_cloud import decode_point_cloud
from mpnp_ros.evaluation.pictures.annotation import Annotation, read_annotations
from mpnp_ros.evaluation.pictures.camera_topic import decode_picture, intrinsics_of
from mpnp_ros.evaluation.pictures.camera_view import draw_camera_view, horizontal_field
from mpnp_ros.evaluation.pictures.drive_topics import DriveTopics, SensorTopic
from mpnp_ros.evaluation.pictures.frames_messages import MomentMessages
from mpnp_ros.evaluation.pictures.mount import azimuth_of, from_left_to_right
from mpnp_ros.evaluation.pictures.moving_frames import move_points, MovingFrames
from mpnp_ros.evaluation.pictures.range_picture import draw_range_image
from mpnp_ros.evaluation.pictures.top_view import draw_top_view, Sight
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.stamp import nanoseconds

TOP_VIEW = 'top_view'


@dataclass(frozen=True)
class Picture:
    """A picture and what it is called; `drawn` is False for a camera's."""

    name: str
    image: Image.Image
    drawn: bool = True


class MomentPictures:
    """Draw the moments of one bag; what cannot be drawn is left out and told to `problems`."""

    def __init__(self, bag: str, topics: DriveTopics, frames: MovingFrames, problems: Problems,
                 *, max_width: int = 640) -> None:
        self._bag, self._topics, self._frames = bag, topics, frames
        self._problems, self._max_width = problems, max_width

    def draw(self, messages: MomentMessages) -> list[Picture]:
        """Return cameras from left to right, front before back, then the lidars' pictures."""
        boxes = [box for message in messages.annotations for box in read_annotations(message)]
        cameras = [camera for camera in self._topics.cameras if camera.topic in messages.sensors]
        cameras.sort(key=lambda camera: from_left_to_right(
            self._base_from(messages.sensors[camera.topic])))
        sights: list[Sight] = []
        pictures = [self._camera(camera, messages, boxes, sights) for camera in cameras]
        clouds = [(lidar, message, points) for lidar in self._topics.lidars
                  if (message := messages.sensors.get(lidar.topic)) is not None
                  and (points := self._points(lidar, message)) is not None]
        if clouds:
            pictures.append(self._from_above(clouds, boxes, sights))
        pictures += [self._range(*cloud) for cloud in clouds]
        return [picture for picture in pictures if picture is not None]

    def _camera(self, camera: SensorTopic, messages: MomentMessages, boxes: list[Annotation],
                sights: list[Sight]) -> Picture | None:
        message = messages.sensors[camera.topic]
        info = messages.infos.get(camera.info_topic)
        try:
            # A fraction of its size will do; pictures are rarely wider than 16:9.
            pixels = decode_picture(camera, message, math.ceil(self._max_width * 9 / 16))
        except InputError as error:
            self._refuse(camera, message, error)
            return None
        intrinsics = intrinsics_of(camera, info, pixels.shape[1])
        seen = []
        if intrinsics is not None:
            seen = self._boxes_in(message.header.frame_id, message, boxes)
            sight = self._sight(camera, message, intrinsics, pixels.shape[1])
            if sight is not None:
                sights.append(sight)
        return Picture(camera.name, draw_camera_view(
            pixels, seen, intrinsics, max_width=self._max_width), drawn=False)

    def _from_above(self, clouds: list[tuple[SensorTopic, Any, np.ndarray]],
                    boxes: list[Annotation], sights: list[Sight]) -> Picture:
        newest = max(clouds, key=lambda cloud: nanoseconds(cloud[1].header.stamp))[1]
        base, note = self._topics.base_frame, ''
        if all(self._base_from(message) is None for _, message, _ in clouds):
            # Without mounts, one lidar's own frame is as good.
            base = clouds[0][1].header.frame_id
            note, sights = f'in {base}: no transform to {self._topics.base_frame}', []
        placed = []
        for _, message, points in clouds:
            matrix = self._frames.lookup(
                base, message.header.frame_id, nanoseconds(message.header.stamp))
            if matrix is not None:
                placed.append(move_points(points, matrix))
        return Picture(TOP_VIEW, draw_top_view(
            np.concatenate(placed), self._boxes_in(base, newest, boxes), sights=sights,
            size=self._max_width * 3 // 4, note=note))

    def _range(self, lidar: SensorTopic, message: Any, points: np.ndarray) -> Picture:
        return Picture(f'{lidar.name}_range', draw_range_image(
            points, self._base_from(message), width=self._max_width))

    def _points(self, lidar: SensorTopic, message: Any) -> np.ndarray | None:
        try:
            return decode_point_cloud(message)
        except InputError as error:
            self._refuse(lidar, message, error)
            return None

    def _base_from(self, message: Any) -> np.ndarray | None:
        return self._frames.lookup(self._topics.base_frame, message.header.frame_id,
                                   nanoseconds(message.header.stamp))

    def _boxes_in(self, frame_id: str, message: Any, boxes: list[Annotation]) -> list[Annotation]:
        """Return the boxes in a frame, where they were when a message was taken."""
        stamp_ns = nanoseconds(message.header.stamp)
        matrices = {source: self._frames.lookup(frame_id, source, stamp_ns)
                    for source in {box.frame_id for box in boxes}}
        return [box.moved(matrix, frame_id) for box in boxes
                if (matrix := matrices[box.frame_id]) is not None]

    def _sight(self, camera: SensorTopic, message: Any, intrinsics: np.ndarray,
               width: int) -> Sight | None:
        matrix = self._base_from(message)
        if matrix is None:
            return None
        x, y = matrix[:2, 3]
        return Sight(camera.name, float(x), float(y), azimuth_of(matrix),
                     horizontal_field(intrinsics, width))

    def _refuse(self, sensor: SensorTopic, message: Any, error: InputError) -> None:
        self._problems.add(f'not drawn: {sensor.topic}: {error}',
                           f'{self._bag}, stamp {nanoseconds(message.header.stamp)}')
