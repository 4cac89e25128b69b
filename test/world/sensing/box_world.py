# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A world of a ground and boxes whose rays are cast by formulas, and what moves in it."""

from __future__ import annotations

from collections.abc import Mapping
import math

import numpy as np

from mpnp_ros.world.geometry import apply, Array, Box, invert, Pose
from mpnp_ros.world.hits import Hits
from mpnp_ros.world.sensing.casting import Caster
from mpnp_ros.world.truth import EgoMotion, Seen

GROUND_REFLECTIVITY, BOX_REFLECTIVITY = 0.25, 0.5
SIZES = {'car': (4.5, 1.8, 1.5), 'truck': (8.0, 2.5, 3.2), 'pedestrian': (0.6, 0.6, 1.75)}


def seen(kind: str, x: float, y: float, velocity: tuple[float, float] = (0.0, 0.0),
         sound: str = '', actor: int = 0, yaw: float = 0.0) -> Seen:
    """Return an actor of usual size in base_link."""
    return Seen(actor, kind, '', '', Box(Pose(x, y, yaw), SIZES[kind]), velocity, sound=sound)


def standing(_: float = 0.0) -> EgoMotion:
    """Return an ego that stands at the world's origin."""
    return EgoMotion(Pose(0.0, 0.0))


def world(boxes: Mapping[int, Box], ground: bool = True,
          reflectivity: float = BOX_REFLECTIVITY) -> Caster:
    """Return a caster: boxes in the world by the index of their actor (-1: a house)."""
    def cast(origin: Array, directions: Array, max_range_m: float) -> Hits:
        count = len(directions)
        distance, cosine, light = np.full(count, np.inf), np.zeros(count), np.zeros(count)
        actor = np.full(count, -1, np.int16)
        with np.errstate(divide='ignore', invalid='ignore'):
            if ground:
                down = directions[:, 2] < 0.0
                distance[down] = -origin[2] / directions[down, 2]
                cosine[down], light[down] = -directions[down, 2], GROUND_REFLECTIVITY
            for index, box in boxes.items():
                met, at, facing = _cast_at(box, origin, directions)
                nearer = met & (at < distance)
                distance[nearer], cosine[nearer] = at[nearer], facing[nearer]
                light[nearer], actor[nearer] = reflectivity, index
        there = distance <= max_range_m
        return Hits(np.where(there, distance, np.nan),
                    np.where(there, actor, -1).astype(np.int16),
                    np.where(there, cosine, 0.0), np.where(there, light, 0.0))
    return cast


def _cast_at(box: Box, origin: Array, directions: Array) -> tuple[Array, Array, Array]:
    """Return which rays meet a box from outside, at what distance, at what cosine."""
    box_from_world = invert(box.pose.matrix())
    start, way = apply(box_from_world, origin[None])[0], directions @ box_from_world[:3, :3].T
    low = np.array([-box.size[0] / 2.0, -box.size[1] / 2.0, 0.0])
    high = np.array([box.size[0] / 2.0, box.size[1] / 2.0, box.size[2]])
    one, other = (low - start) / way, (high - start) / way
    near, far = np.fmin(one, other), np.fmax(one, other)
    enters = near.max(axis=1)
    met = (enters <= far.min(axis=1)) & (enters > 0.0)
    return met, enters, np.abs(way[np.arange(len(way)), near.argmax(axis=1)])


def around(objects: tuple[Seen, ...], **options: bool) -> Caster:
    """Return the caster of objects around an ego at the world's origin."""
    return world({one.actor: one.box for one in objects}, **options)


def wall_ahead(x: float) -> Box:
    """Return a house whose front is a plane at x metres."""
    return Box(Pose(x + 1.0, 0.0), (2.0, 400.0, 40.0))


def turned(yaw_deg: float) -> Array:
    """Return a transform [4, 4] about z."""
    return Pose(0.0, 0.0, math.radians(yaw_deg)).matrix()
