# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of the simulated sensors as a rosbag2 bag (mcap), written and read without ROS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.rosbag2 import Reader

from mpnp_ros.encoders.base import View
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.world import messages
from mpnp_ros.world.frame import Frame
from mpnp_ros.world.geometry import Array
from mpnp_ros.world.sensors import BASE_FRAME, Rig

IMAGE_TOPIC = '/camera_front/image_raw/compressed'
INFO_TOPIC = '/camera_front/camera_info'
CLOUD_TOPIC = '/lidar_top/points'
TRANSFORMS_TOPIC = '/tf_static'
TYPES = {
    IMAGE_TOPIC: 'sensor_msgs/msg/CompressedImage',
    INFO_TOPIC: 'sensor_msgs/msg/CameraInfo',
    CLOUD_TOPIC: 'sensor_msgs/msg/PointCloud2',
    TRANSFORMS_TOPIC: 'tf2_msgs/msg/TFMessage',
}


@dataclass(frozen=True)
class Moment:
    """The messages of one stamp, deserialised: nanoseconds, CompressedImage and PointCloud2."""

    stamp_ns: int
    image: Any
    cloud: Any


@dataclass(frozen=True)
class Recording:
    """A bag that was read: where the sensors look, and what they gave in the order of time."""

    camera: View
    lidar: View
    moments: tuple[Moment, ...]


def write_bag(directory: Path, rig: Rig, frames: Iterable[Frame], start_ns: int) -> list[int]:
    """Write frames as a new bag and return their stamps in nanoseconds.

    A frame's stamp is `start_ns` plus its time. Raises FileExistsError where the directory
    exists.
    """
    stamps = []
    with BagWriter(directory, latched=[TRANSFORMS_TOPIC]) as bag:

        def write(topic: str, stamp_ns: int, message: Any) -> None:
            bag.write_message(topic, TYPES[topic], stamp_ns, message)

        write(TRANSFORMS_TOPIC, start_ns, messages.static_transforms(rig, start_ns))
        for frame in frames:
            stamp_ns = start_ns + round(frame.time_s * 1e9)
            stamps.append(stamp_ns)
            write(INFO_TOPIC, stamp_ns, messages.camera_info(rig.camera, stamp_ns))
            write(IMAGE_TOPIC, stamp_ns,
                  messages.compressed_image(frame.image, rig.camera, stamp_ns))
            write(CLOUD_TOPIC, stamp_ns, messages.point_cloud(frame.points, rig.lidar, stamp_ns))
    return stamps


def read_bag(directory: Path) -> Recording:
    """Read a bag of `write_bag`.

    Raises rosbags.rosbag2.ReaderError where it cannot be read, ValueError where a topic or a
    transform is missing.
    """
    found: dict[str, dict[int, Any]] = {topic: {} for topic in TYPES}
    for topic, stamp_ns, message in _messages(directory):
        found[topic][stamp_ns] = message
    missing = [topic for topic, given in found.items() if not given]
    if missing:
        raise ValueError(f'the bag {directory} has no messages on {", ".join(missing)}')
    poses = _poses(directory, found[TRANSFORMS_TOPIC].values())
    images, clouds = found[IMAGE_TOPIC], found[CLOUD_TOPIC]
    info = next(iter(found[INFO_TOPIC].values()))
    return Recording(
        camera=View(
            'front', base_from_sensor=_pose_of(poses, info, directory),
            intrinsics=np.asarray(info.k, float).reshape(3, 3),
            image_size=(info.width, info.height)),
        lidar=View('top', base_from_sensor=_pose_of(
            poses, next(iter(clouds.values())), directory)),
        moments=tuple(
            Moment(stamp_ns, images[stamp_ns], clouds[stamp_ns])
            for stamp_ns in sorted(images.keys() & clouds.keys())),
    )


def _messages(directory: Path) -> Iterator[tuple[str, int, Any]]:
    with Reader(directory) as reader:
        wanted = [c for c in reader.connections if TYPES.get(c.topic) == c.msgtype]
        for connection, stamp_ns, data in reader.messages(connections=wanted):
            yield (connection.topic, stamp_ns,
                   messages.typestore().deserialize_cdr(data, connection.msgtype))


def _poses(directory: Path, given: Iterable[Any]) -> dict[str, Array]:
    """Return the transform [4, 4] to base_link of each frame directly below it."""
    poses = {}
    for message in given:
        for stamped in message.transforms:
            if stamped.header.frame_id != BASE_FRAME:
                raise ValueError(
                    f'the bag {directory} has a transform below {stamped.header.frame_id!r}, '
                    f'expected {BASE_FRAME!r}')
            poses[stamped.child_frame_id] = _matrix(stamped.transform)
    return poses


def _pose_of(poses: dict[str, Array], message: Any, directory: Path) -> Array:
    frame = message.header.frame_id
    if frame not in poses:
        raise ValueError(f'the bag {directory} has no transform of frame {frame!r}')
    return poses[frame]


def _matrix(transform: Any) -> Array:
    q, t = transform.rotation, transform.translation
    x, y, z, w = q.x, q.y, q.z, q.w
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w), t.x],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w), t.y],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y), t.z],
        [0.0, 0.0, 0.0, 1.0],
    ])
