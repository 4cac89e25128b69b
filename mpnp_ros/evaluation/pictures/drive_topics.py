# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which topics of a bag can be looked at, what they are called, and which modality reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mpnp_ros.evaluation.pictures.moving_frames import MOVING, STATIC, TRANSFORMS_TYPE

COMPRESSED, IMAGE = 'sensor_msgs/msg/CompressedImage', 'sensor_msgs/msg/Image'
CLOUD, INFO = 'sensor_msgs/msg/PointCloud2', 'sensor_msgs/msg/CameraInfo'
_MARKERS = 'visualization_msgs/msg/MarkerArray'
_ANNOTATIONS = 'annotations'   # last part of the topic
# Parts of a topic that say what a message is rather than which sensor it comes from.
_PLAIN = ('image', 'image_raw', 'image_color', 'image_mono', 'image_rect', 'image_rect_color',
          'image_rect_compressed', 'image_rect_raw', 'compressed', 'compresseddepth',
          'theora', 'points', 'points_raw', 'points2', 'point_cloud', 'pointcloud')
_TRANSPORTS = ('compressed', 'compressedDepth', 'theora')
_DEFAULT_BASE = 'base_link'


@dataclass(frozen=True)
class SensorTopic:
    """One camera or lidar; `modality` reads it in the run ('': none does)."""

    name: str
    topic: str
    type: str
    info_topic: str = ''
    modality: str = ''
    max_skew_ns: int = 0


@dataclass(frozen=True)
class DriveTopics:
    """What of a bag can be drawn."""

    cameras: tuple[SensorTopic, ...]
    lidars: tuple[SensorTopic, ...]
    annotations: tuple[str, ...]
    transforms: tuple[str, ...]
    base_frame: str

    @property
    def sensors(self) -> tuple[SensorTopic, ...]:
        """Return cameras and lidars."""
        return self.cameras + self.lidars

    @property
    def infos(self) -> dict[str, SensorTopic]:
        """Return the camera of each CameraInfo topic."""
        return {camera.info_topic: camera for camera in self.cameras if camera.info_topic}

    def all(self) -> set[str]:
        """Return the names of all topics."""
        return {*(sensor.topic for sensor in self.sensors), *self.infos, *self.annotations,
                *self.transforms}


def drive_topics(types: Mapping[str, str], parameters: Mapping[str, Any]) -> DriveTopics:
    """Tell what can be drawn of a bag with topics of these types.

    `parameters` are those of the suite by node, as in run.json: they say which modality reads a
    topic. A camera that is there more than once is taken from the topic that a modality reads,
    otherwise from the compressed one.
    """
    read = _read_topics(parameters)
    found: dict[str, SensorTopic] = {}
    for topic in sorted(types, key=lambda name: (name not in read, types[name] != COMPRESSED,
                                                 'compressedDepth' in name, name)):
        if types[topic] in (COMPRESSED, IMAGE, CLOUD):
            sensor = _sensor(topic, types, read)
            found.setdefault(sensor.name, sensor)
    sensors = sorted(found.values(), key=lambda sensor: sensor.topic)
    return DriveTopics(
        cameras=tuple(one for one in sensors if one.type != CLOUD),
        lidars=tuple(one for one in sensors if one.type == CLOUD),
        annotations=tuple(sorted(topic for topic, kind in types.items() if kind == _MARKERS
                                 and topic.rsplit('/', 1)[-1] == _ANNOTATIONS)),
        transforms=tuple(topic for topic in (STATIC, MOVING)
                         if types.get(topic) == TRANSFORMS_TYPE),
        base_frame=next((str(node['base_frame']) for node in parameters.values()
                         if node.get('base_frame')), _DEFAULT_BASE))


def sensor_name(topic: str) -> str:
    """Return what a topic's sensor is called: '/camera/left/image_raw' is 'camera_left'."""
    parts = [part for part in topic.split('/') if part]
    telling = [part for part in parts if part.lower() not in _PLAIN]
    return '_'.join(telling or parts)


@dataclass(frozen=True)
class _Read:
    modality: str
    info_topic: str
    max_skew_ns: int


def _read_topics(parameters: Mapping[str, Any]) -> dict[str, _Read]:
    """Return what the encoders' parameters say of each topic."""
    read = {}
    for node in parameters.values():
        if 'encoder' not in node:
            continue
        for view in node['views']:
            topic = node.get(f'view.{view}.topic') or f'{node["modality"]}/{view}'
            info = node.get(f'view.{view}.camera_info_topic') or ''
            read[_absolute(topic)] = _Read(
                str(node['modality']), _absolute(info) if info else '',
                round(float(node.get('max_skew_s', 0.0)) * 1e9))
    return read


def _absolute(topic: str) -> str:
    return topic if topic.startswith('/') else f'/{topic}'


def _sensor(topic: str, types: Mapping[str, str], read: Mapping[str, _Read]) -> SensorTopic:
    given = read.get(topic, _Read('', '', 0))
    info = given.info_topic
    if types[topic] != CLOUD and types.get(info) != INFO:
        # As image_transport names them: beside the raw image's topic.
        parent, _, last = topic.rpartition('/')
        raw = parent if last in _TRANSPORTS else topic
        beside = f'{raw.rsplit("/", 1)[0]}/camera_info'
        info = beside if types.get(beside) == INFO else ''
    return SensorTopic(sensor_name(topic), topic, types[topic], info, given.modality,
                       given.max_skew_ns)
