# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Publish one keyframe of a data set as a robot would: images, points, intrinsics, transforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geometry_msgs.msg import TransformStamped
import numpy as np
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2, PointField
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from mpnp_ros.core.transforms import quaternion_from
from mpnp_ros.encoders.compressed_image import decode_compressed_image
from mpnp_ros.evaluation.nuscenes_frame import Camera, Lidar, read_frame
from mpnp_ros.nodes.managed import autostart_parameter, ManagedNode, run
from mpnp_ros.nodes.parameters import parameter
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.nodes.stamps import stamp_from


@dataclass(frozen=True)
class FramePublisherParameters:
    """Parameters of `frame_publisher_node`."""

    frame: str = parameter('', 'Directory of the keyframe: frame.json with its images and sweep.')
    rate_hz: float = parameter(2.0, 'How often the frame is published, Hz.',
                               minimum=0.05, maximum=100.0)
    stamps: str = parameter('original', "Stamps: 'original' with /clock standing at the frame's "
                            "time, or 'now', shifted as a whole so that the newest is now.",
                            choices=('original', 'now'))
    transport: str = parameter('compressed', 'Images as CompressedImage or as raw Image.',
                               choices=('compressed', 'raw'))
    base_frame: str = parameter('base_link', 'Name of the frame of the vehicle.')
    autostart: bool = autostart_parameter()


class FramePublisherNode(ManagedNode):
    """Publish a keyframe over and over with its true stamps, intrinsics and transforms.

    Per camera NAME: /NAME/image_raw (raw) or /NAME/image_raw/compressed, and /NAME/camera_info;
    the sweep on /LIDAR_TOP/points; mounts on /tf_static and the pose of the vehicle on /tf.
    """

    Parameters = FramePublisherParameters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__('frame_publisher', **kwargs)
        self._outputs: list[tuple[Any, Any, int]] = []
        self._published = 0

    def _setup(self) -> None:
        given = self.parameters
        if not given.frame:
            raise ValueError("parameter 'frame' is empty: name the directory of a keyframe")
        frame = read_frame(given.frame)
        self._frame = frame
        self._outputs = []
        for camera in frame.cameras:
            raw = given.transport == 'raw'
            image = image_message(camera) if raw else compressed_message(camera)
            width, height = (image.width, image.height) if raw else size_of(camera)
            topic = f'/{camera.name}/image_raw' + ('' if raw else '/compressed')
            self._add_output(topic, image, camera.stamp_ns)
            self._add_output(f'/{camera.name}/camera_info',
                             camera_info(camera, width, height), camera.stamp_ns)
        self._add_output('/LIDAR_TOP/points', cloud_message(frame.lidar), frame.lidar.stamp_ns)
        self._add_output('/tf', TFMessage(transforms=[transform(
            'map', given.base_frame, frame.map_from_base)]), frame.lidar.stamp_ns)
        self._mounts = self.own(self.create_lifecycle_publisher(
            TFMessage, '/tf_static', latched_qos()), self.destroy_lifecycle_publisher)
        self._clock_publisher = self.own(
            self.create_lifecycle_publisher(Clock, '/clock', 10), self.destroy_lifecycle_publisher)
        self._newest_ns = max(stamp_ns for _, _, stamp_ns in self._outputs)

    def _start(self) -> None:
        base = self.parameters.base_frame
        self._mounts.publish(TFMessage(transforms=[
            *(transform(base, camera.name, camera.base_from_camera)
              for camera in self._frame.cameras),
            transform(base, 'LIDAR_TOP', self._frame.lidar.base_from_lidar)]))
        if self.parameters.stamps == 'original':
            self.steady_timer(0.02, self._publish_clock)
        self.steady_timer(1.0 / self.parameters.rate_hz, self._publish)

    def _add_output(self, topic: str, message: Any, stamp_ns: int) -> None:
        publisher = self.own(self.create_lifecycle_publisher(type(message), topic, 5),
                             self.destroy_lifecycle_publisher)
        self._outputs.append((publisher, message, stamp_ns))

    def _publish_clock(self) -> None:
        self._clock_publisher.publish(Clock(clock=stamp_from(self._newest_ns)))

    def _publish(self) -> None:
        shift_ns = 0
        if self.parameters.stamps == 'now':
            shift_ns = self.get_clock().now().nanoseconds - self._newest_ns
        for publisher, message, stamp_ns in self._outputs:
            stamp = stamp_from(stamp_ns + shift_ns)
            for stamped in getattr(message, 'transforms', [message]):
                stamped.header.stamp = stamp
            publisher.publish(message)
        self._published += 1


def compressed_message(camera: Camera) -> CompressedImage:
    """Return the camera's JPEG as it is in the data set."""
    message = CompressedImage(header=Header(frame_id=camera.name), format='jpeg')
    message.data.frombytes(camera.jpeg)
    return message


def image_message(camera: Camera) -> Image:
    """Return the camera's picture as rgb8."""
    pixels = decode_compressed_image(compressed_message(camera))
    height, width, _ = pixels.shape
    message = Image(header=Header(frame_id=camera.name), height=height, width=width,
                    encoding='rgb8', step=3 * width)
    message.data.frombytes(pixels.reshape(-1))
    return message


def size_of(camera: Camera) -> tuple[int, int]:
    """Return the picture's (width, height) in pixels."""
    height, width, _ = decode_compressed_image(compressed_message(camera)).shape
    return width, height


def camera_info(camera: Camera, width: int, height: int) -> CameraInfo:
    """Return the intrinsics of a rectified picture (REP 104)."""
    k = camera.intrinsics
    return CameraInfo(
        header=Header(frame_id=camera.name), width=width, height=height,
        distortion_model='plumb_bob', d=[0.0] * 5, k=k.reshape(-1).tolist(),
        r=np.eye(3).reshape(-1).tolist(),
        p=np.hstack([k, np.zeros((3, 1))]).reshape(-1).tolist())


def cloud_message(lidar: Lidar) -> PointCloud2:
    """Return the sweep with every column of the data set as a float32 field."""
    points = np.ascontiguousarray(lidar.points, dtype='<f4')
    count, columns = points.shape
    message = PointCloud2(
        header=Header(frame_id='LIDAR_TOP'), height=1, width=count,
        point_step=4 * columns, row_step=4 * columns * count, is_dense=True,
        fields=[PointField(name=name, offset=4 * index, datatype=PointField.FLOAT32, count=1)
                for index, name in enumerate(lidar.columns)])
    message.data.frombytes(points.reshape(-1).view(np.uint8))
    return message


def transform(parent: str, child: str, parent_from_child: np.ndarray) -> TransformStamped:
    """Return a [4, 4] matrix as a transform message."""
    message = TransformStamped(header=Header(frame_id=parent), child_frame_id=child)
    move, turn = message.transform.translation, message.transform.rotation
    move.x, move.y, move.z = map(float, parent_from_child[:3, 3])
    turn.x, turn.y, turn.z, turn.w = map(float, quaternion_from(parent_from_child))
    return message


def main(args: list[str] | None = None) -> None:
    """Run the frame publisher."""
    run(FramePublisherNode, args)


if __name__ == '__main__':
    main()
