# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Annotated objects of any data set, and what questions make of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import math
from typing import Any, Literal

import numpy as np

from mpnp_ros import messages
from mpnp_ros.evaluation.nuscenes_qa.scene import (
    DIRECTIONS, possible_statuses_of, Scene, SceneObject)

# An object counts as clear to see with this many returns inside its box, up to this distance.
_CLEAR_POINTS = 5
_CLEAR_RANGE_M = 60.0
# Further off nothing is sure: data sets stop annotating at about this distance.
_FAINT_RANGE_M = 80.0
# Slower than the first an object stands, faster than the second it moves; annotated centres shift
# by some centimetres between two moments.
_STANDS_M_S = 0.2
_MOVES_M_S = 0.5

_DELETE_ALL, _ADD, _CUBE = 3, 0, 1   # visualization_msgs/msg/Marker
_COLORS = {
    'car': (0.2, 0.5, 1.0), 'truck': (0.1, 0.3, 0.8), 'bus': (0.0, 0.7, 0.9),
    'trailer': (0.3, 0.3, 0.6), 'construction vehicle': (0.9, 0.7, 0.1),
    'motorcycle': (0.8, 0.2, 0.8), 'bicycle': (0.9, 0.4, 0.9), 'pedestrian': (1.0, 0.3, 0.3),
    'traffic cone': (1.0, 0.55, 0.0), 'barrier': (0.6, 0.6, 0.6)}
_OTHER_COLOR = (0.9, 0.9, 0.9)


@dataclass(frozen=True)
class Box:
    """One annotated object in the base frame.

    :ivar label: what the data set calls it.
    :ivar categories: those of nuScenes-QA's ten that it may be; none: none of them.
    :ivar base_from_box: [4, 4] metres; the box's origin is its centre, x points ahead.
    :ivar size: length, width, height, metres; zero where only the direction is known.
    :ivar statuses: those it may have; None: not known.
    :ivar points: returns inside the box; None: not known.
    """

    label: str
    categories: tuple[str, ...]
    base_from_box: np.ndarray
    size: tuple[float, float, float]
    statuses: tuple[str, ...] | None = None
    points: int | None = None

    @property
    def sight(self) -> Literal['clear', 'faint', 'doubtful']:
        """Return how well the sensors show it, in the words of `SceneObject`."""
        distance = math.hypot(*self.base_from_box[:2, 3])
        points = _CLEAR_POINTS if self.points is None else self.points
        if len(self.categories) != 1 or points < 1 or distance > _FAINT_RANGE_M:
            return 'doubtful'
        return 'clear' if points >= _CLEAR_POINTS and distance <= _CLEAR_RANGE_M else 'faint'


def scene_of(boxes: Iterable[Box], annotated: Sequence[str] = DIRECTIONS) -> Scene:
    """Return what can be asked about.

    :param annotated: the directions from the vehicle in which every object has a box.
    """
    objects = []
    for box in boxes:
        x, y = map(float, box.base_from_box[:2, 3])
        for category in box.categories:
            objects.append(SceneObject(
                category, x, y, box.statuses if len(box.categories) == 1 else None, box.sight))
    return Scene(tuple(objects), tuple(annotated))


def statuses_at(category: str, speed_m_s: float) -> tuple[str, ...] | None:
    """Return the statuses that a speed leaves open, None where it says nothing (or is NaN)."""
    possible = possible_statuses_of(category)
    if 'moving' not in possible or not math.isfinite(speed_m_s):
        return None
    if speed_m_s > _MOVES_M_S:
        return ('moving',)
    return tuple(s for s in possible if s != 'moving') if speed_m_s < _STANDS_M_S else None


def count_inside(points: np.ndarray, base_from_sensor: np.ndarray, box_pose: np.ndarray,
                 size: Sequence[float]) -> int:
    """Return how many points lie inside a box.

    :param points: structured [P] with x, y and z in the sensor's frame.
    :param box_pose: [4, 4], base_from_box.
    """
    to_box = np.linalg.inv(box_pose) @ base_from_sensor
    xyz = np.stack([points['x'], points['y'], points['z']], axis=1)     # [P, 3]
    local = xyz @ to_box[:3, :3].T + to_box[:3, 3]
    return int((np.abs(local) <= np.asarray(size) / 2.0).all(axis=1).sum())


def upright(centre: Sequence[float] | np.ndarray, yaw: float) -> np.ndarray:
    """Return the pose [4, 4] of a box that stands upright; yaw in rad around z."""
    pose = np.eye(4)
    pose[:2, :2] = [[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]]
    pose[:3, 3] = centre
    return pose


def markers(boxes: Sequence[Box], frame_id: str, stamp_ns: int) -> Any:
    """Return boxes as visualization_msgs/msg/MarkerArray; the first marker clears the last ones.

    `ns` is the label, `text` the label with the status, where it is known.
    """
    return messages.new('visualization_msgs/msg/MarkerArray', markers=[
        _marker(frame_id, stamp_ns, action=_DELETE_ALL),
        *(_box_marker(box, index, frame_id, stamp_ns) for index, box in enumerate(boxes)
          if any(box.size))])


def _box_marker(box: Box, index: int, frame_id: str, stamp_ns: int) -> Any:
    category = box.categories[0] if len(box.categories) == 1 else ''
    red, green, blue = _COLORS.get(category, _OTHER_COLOR)
    known = box.statuses[0] if box.statuses and len(box.statuses) == 1 else ''
    return _marker(
        frame_id, stamp_ns, ns=box.label, id=index, type=_CUBE, action=_ADD,
        pose=messages.pose(box.base_from_box), scale=messages.vector(box.size),
        color=messages.new('std_msgs/msg/ColorRGBA', r=red, g=green, b=blue, a=0.5),
        text=f'{box.label} {known}'.rstrip())


def _marker(frame_id: str, stamp_ns: int, **fields: Any) -> Any:
    none = np.zeros(0, dtype=np.uint8)
    defaults: dict[str, Any] = {
        'ns': '', 'id': 0, 'type': _CUBE, 'action': _ADD, 'pose': messages.pose(np.eye(4)),
        'scale': messages.vector((0.0, 0.0, 0.0)),
        'color': messages.new('std_msgs/msg/ColorRGBA', r=0.0, g=0.0, b=0.0, a=0.0),
        'lifetime': messages.new('builtin_interfaces/msg/Duration', sec=0, nanosec=0),
        'frame_locked': False, 'points': [], 'colors': [], 'texture_resource': '',
        'texture': messages.compressed_image(b'', '', '', 0), 'uv_coordinates': [], 'text': '',
        'mesh_resource': '', 'mesh_file': messages.new(
            'visualization_msgs/msg/MeshFile', filename='', data=none),
        'mesh_use_embedded_materials': False}
    return messages.new('visualization_msgs/msg/Marker',
                        header=messages.header(frame_id, stamp_ns), **{**defaults, **fields})
