# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Made-up moments of drives, lopsided as streets are: mostly cars, mostly parked or far off."""

from __future__ import annotations

import math
from random import Random

from mpnp_ros.evaluation.nuscenes_qa.scene import possible_statuses_of
from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.truth import EgoMotion, Seen, Truth

SIZES = {
    'car': (4.4, 1.9, 1.5), 'truck': (7.5, 2.4, 3.2), 'bus': (11.0, 2.6, 3.2),
    'trailer': (9.0, 2.4, 3.4), 'construction vehicle': (6.0, 2.6, 3.0),
    'motorcycle': (2.1, 0.8, 1.4), 'bicycle': (1.7, 0.6, 1.3), 'pedestrian': (0.6, 0.6, 1.75),
    'traffic cone': (0.4, 0.4, 0.7), 'barrier': (2.2, 0.5, 1.0)}
COMMON = {'car': 10, 'pedestrian': 6, 'barrier': 4, 'traffic cone': 4, 'truck': 3, 'bicycle': 2,
          'motorcycle': 1, 'bus': 1, 'trailer': 1, 'construction vehicle': 1}
COLORS = ('white', 'black', 'gray', 'gray', 'white', 'red', 'blue', 'green', 'yellow', 'orange')
CAMERAS = {'front': 0.0, 'front left': 55.0, 'front right': -55.0, 'back': 180.0,
           'back left': 110.0, 'back right': -110.0}
CONDITIONS = (
    ('day',), ('day',), ('day',), ('night',), ('dusk', 'fog'), ('night', 'dirty lens front'),
    ('day', 'dead lidar_top'), ('day', 'dead camera front'), ('day', 'dead camera', 'rain'),
    ('day', 'dead radar_front'), ('day', 'dead microphones', 'dead imu'))


def random_truth(seed: int, conditions: bool = True) -> Truth:
    rng = Random(seed)
    kinds = rng.choices(list(COMMON), list(COMMON.values()), k=rng.choice((4, 10, 20, 30)))
    return Truth(
        time_s=seed * 0.5,
        ego=EgoMotion(
            Pose(0.0, 0.0), rng.uniform(0.0, 14.0), rng.choice((0.0, 0.1, -2.0, 1.5, -0.5)),
            rng.choice((0.0, 0.01, 0.3, -0.2, 0.05, 0.0))),
        objects=tuple(_seen(rng, actor, kind) for actor, kind in enumerate(kinds)),
        conditions=rng.choice(CONDITIONS) if conditions else ())


def _seen(rng: Random, actor: int, kind: str) -> Seen:
    distance = rng.uniform(4.0, 60.0)
    bearing = math.radians(rng.gauss(0.0, 60.0))
    x, y = distance * math.cos(bearing), distance * math.sin(bearing)
    statuses = possible_statuses_of(kind)
    status = rng.choices(statuses, [1, 1, 3][:len(statuses)])[0] if statuses else ''
    speed = {'moving': rng.uniform(1.0, 13.0), 'with rider': 4.0}.get(status, 0.0)
    yaw = rng.choice((0.0, math.pi, math.pi / 2.0)) + rng.gauss(0.0, 0.1)
    hidden = rng.random() < 0.15
    there = 0.0 if hidden else rng.choice((0.02, 0.3, 1.0))
    area = SIZES[kind][1] * SIZES[kind][2]
    sound = 'siren' if kind in ('car', 'truck') and rng.random() < 0.05 else (
        'horn' if rng.random() < 0.02 else 'engine' if status in ('moving', 'stopped') else '')
    loud = {'siren': 118.0, 'horn': 105.0, 'engine': 75.0, '': 0.0}[sound]
    pixels = int(there * 40_000.0 * area / distance ** 2)
    return Seen(
        actor, kind, rng.choice(COLORS) if kind != 'traffic cone' else 'orange', status,
        Box(Pose(x, y, yaw), SIZES[kind]), (speed * math.cos(yaw), speed * math.sin(yaw)),
        pixels={name: pixels for name, at in CAMERAS.items() if pixels and abs(
            math.remainder(math.degrees(bearing) - at, 360.0)) < 35.0},
        hits=int(there * 4000.0 * area / distance ** 2),
        echoes=0 if hidden or kind in ('traffic cone',) else rng.choice((0, 1, 3, 6)),
        sound=sound, level_db=loud - 20.0 * math.log10(distance) if sound else 0.0)
