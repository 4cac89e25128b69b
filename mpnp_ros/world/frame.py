# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the demo's camera and lidar give at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.sensors import Lidar, Rig
from mpnp_ros.world.simulator import Simulator
from mpnp_ros.world.truth import Seen

POINT_FIELDS = ('x', 'y', 'z', 'intensity', 'ring')


@dataclass(frozen=True)
class Frame:
    """What the sensors gave at one moment, and the truth."""

    time_s: float
    ego: Pose  # base_link in the world
    image: NDArray[np.uint8]  # [height, width, 3] RGB
    segments: NDArray[np.int16]  # [height, width] actor index, -1 for the background
    points: NDArray[np.float32]  # [P, 5] x, y, z (m, lidar frame), intensity 0..255, ring
    owners: NDArray[np.int16]  # [P] actor index, -1 for the background
    sightings: tuple[Seen, ...]  # one per actor, in the scene's order


def take_frame(
    simulator: Simulator, rig: Rig, ego: Pose, time_s: float = 0.0, noise_seed: int = 0
) -> Frame:
    """Take a picture and a sweep at one moment; `noise_seed` is that of the lidar's noise."""
    simulator.move(ego, time_s)
    picture = simulator.look()[rig.camera.name]
    points, owners = _sweep(simulator, rig.lidar, ego, np.random.default_rng([noise_seed, 3]))
    actors = simulator.scene.actors
    pixels = np.bincount(picture.segments[picture.segments >= 0], minlength=len(actors))
    hits = np.bincount(owners[owners >= 0], minlength=len(actors))
    sightings = tuple(
        Seen(
            actor=index, kind=actor.kind, color=actor.color, status=actor.status(time_s),
            box=Box(ego.to_local(actor.at(time_s)), actor.size),
            pixels={rig.camera.name: int(pixels[index])}, hits=int(hits[index]))
        for index, actor in enumerate(actors))
    return Frame(time_s, ego, picture.image, picture.segments, points, owners, sightings)


def _sweep(
    simulator: Simulator, lidar: Lidar, ego: Pose, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    world_from_lidar = ego.matrix() @ lidar.base_from_sensor
    directions = lidar.directions  # [S, 3]
    hits = simulator.cast(
        world_from_lidar[:3, 3], directions @ world_from_lidar[:3, :3].T, lidar.max_range)
    distances = hits.distance + lidar.noise * rng.standard_normal(len(directions))
    hit = hits.met & (distances > 0.0) & (distances <= lidar.max_range)
    intensity = np.round(255.0 * hits.reflectivity[hit] * hits.cosine[hit]**0.5)
    places = directions[hit] * distances[hit, None]
    places = np.round(places / lidar.resolution) * lidar.resolution
    points = np.column_stack([places, intensity, lidar.rings[hit]]).astype(np.float32)
    return points, hits.actor[hit]
