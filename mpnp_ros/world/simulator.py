# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Look at a scene through the ego's sensors, with ground truth of what each of them saw.

Pictures come from MuJoCo's renderer (OpenGL, off screen), sweeps from its ray caster.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
from types import TracebackType

import mujoco
import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import Array, Box, Pose
from mpnp_ros.world.hits import Hits
from mpnp_ros.world.renderer import Renderer
from mpnp_ros.world.scene import Scene
from mpnp_ros.world.sensors import RIG, Rig
from mpnp_ros.world.street import SUN

POINT_FIELDS = ('x', 'y', 'z', 'intensity', 'ring')
_LUMINANCE = np.array([0.30, 0.59, 0.11])


@dataclass(frozen=True)
class Sighting:
    """One actor as the ego meets it: its box in base_link and how much each sensor saw of it."""

    actor: int  # index in the scene
    kind: str
    color: str
    box: Box
    speed: float  # m/s along its heading
    pixels: int  # of the camera picture that show it
    hits: int  # lidar returns from it


@dataclass(frozen=True)
class Frame:
    """What the sensors gave at one moment, and the truth."""

    time_s: float
    ego: Pose  # base_link in the world
    image: NDArray[np.uint8]  # [height, width, 3] RGB
    segments: NDArray[np.int16]  # [height, width] actor index, -1 for the background
    points: NDArray[np.float32]  # [P, 5] x, y, z (m, lidar frame), intensity 0..255, ring
    owners: NDArray[np.int16]  # [P] actor index, -1 for the background
    sightings: tuple[Sighting, ...]  # one per actor, in the scene's order


class Simulator:
    """A compiled scene that can be looked at; use it as a context manager.

    Raises NoGraphics where the machine has no off-screen OpenGL.
    """

    def __init__(self, scene: Scene, rig: Rig = RIG) -> None:
        self.scene = scene
        self.rig = rig
        spec = scene.spec()
        _mount(spec, rig)
        self._model = spec.compile()
        self._data = mujoco.MjData(self._model)
        self._owner = _owners(self._model, len(scene.actors))  # [geoms + 1]
        self._reflectivity = _reflectivity(self._model)  # [geoms]
        self._renderer = Renderer(self._model, rig.camera.width, rig.camera.height)

    def close(self) -> None:
        """Free what was uploaded for drawing."""
        self._renderer.close()

    def __enter__(self) -> Simulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def capture(self, ego: Pose, time_s: float = 0.0, noise_seed: int = 0) -> Frame:
        """Take a picture and a sweep at one moment; `noise_seed` is that of the lidar's noise."""
        self._move('ego', ego)
        self._move(SUN, Pose(ego.x, 0.0))
        for index, actor in enumerate(self.scene.actors):
            self._move(f'actor_{index}', actor.at(time_s))
        mujoco.mj_forward(self._model, self._data)
        image, geoms = self._renderer.draw(self._data, self.rig.camera.name)
        segments = self._owner[geoms]
        points, owners = self._sweep(ego, np.random.default_rng([noise_seed, 3]))
        return Frame(
            time_s=time_s, ego=ego, image=image, segments=segments, points=points, owners=owners,
            sightings=self._sightings(ego, time_s, segments, owners),
        )

    def _move(self, body: str, pose: Pose) -> None:
        slot = self._model.body(body).mocapid[0]
        self._data.mocap_pos[slot] = (pose.x, pose.y, 0.0)
        self._data.mocap_quat[slot] = _about_z(pose.yaw)

    def cast(self, origin: Array, directions: Array, max_range_m: float) -> Hits:
        """Return what rays meet in the state that was last moved to.

        :param origin: [3] where they all begin, in the world; the ego itself is not met.
        :param directions: [S, 3] unit vectors in the world.
        """
        rays = len(directions)
        geoms = np.empty(rays, np.int32)
        distances = np.empty(rays)
        normals = np.empty(3 * rays)
        mujoco.mj_multiRay(
            self._model, self._data, np.asarray(origin, float),
            np.ascontiguousarray(directions, float).ravel(), None, 1, -1, geoms, distances,
            normals, rays, max_range_m)
        met = (geoms >= 0) & (distances <= max_range_m)
        cosine = np.abs(np.sum(normals.reshape(-1, 3) * directions, axis=1))
        return Hits(
            distance=np.where(met, distances, np.nan),
            actor=np.where(met, self._owner[geoms], np.int16(-1)),
            cosine=np.where(met, np.minimum(cosine, 1.0), 0.0),
            reflectivity=np.where(met, self._reflectivity[geoms], 0.0))

    def _sweep(
        self, ego: Pose, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
        lidar = self.rig.lidar
        world_from_lidar = ego.matrix() @ lidar.base_from_sensor
        directions = lidar.directions  # [S, 3]
        hits = self.cast(
            world_from_lidar[:3, 3], directions @ world_from_lidar[:3, :3].T, lidar.max_range)
        distances = hits.distance + lidar.noise * rng.standard_normal(len(directions))
        hit = hits.met & (distances > 0.0) & (distances <= lidar.max_range)
        intensity = np.round(255.0 * hits.reflectivity[hit] * hits.cosine[hit]**0.5)
        places = directions[hit] * distances[hit, None]
        places = np.round(places / lidar.resolution) * lidar.resolution
        points = np.column_stack([places, intensity, lidar.rings[hit]]).astype(np.float32)
        return points, hits.actor[hit]

    def _sightings(
        self, ego: Pose, time_s: float, segments: NDArray[np.int16], owners: NDArray[np.int16]
    ) -> tuple[Sighting, ...]:
        count = len(self.scene.actors)
        pixels = np.bincount(segments[segments >= 0], minlength=count)
        hits = np.bincount(owners[owners >= 0], minlength=count)
        return tuple(
            Sighting(
                actor=index, kind=actor.kind, color=actor.color,
                box=Box(ego.to_local(actor.at(time_s)), actor.size), speed=actor.speed,
                pixels=int(pixels[index]), hits=int(hits[index]),
            )
            for index, actor in enumerate(self.scene.actors)
        )


def _mount(spec: mujoco.MjSpec, rig: Rig) -> None:
    """Add the ego: a body at base_link with the camera on it."""
    body = spec.worldbody.add_body(name='ego', mocap=True)
    camera = rig.camera
    spec.visual.global_.offwidth = camera.width
    spec.visual.global_.offheight = camera.height
    # MuJoCo's cameras look along -z with y up; optical frames (REP 103) along z with y down.
    axes = camera.base_from_sensor[:3, :3] * np.array([1.0, -1.0, -1.0])
    quat = np.empty(4)
    mujoco.mju_mat2Quat(quat, axes.ravel())
    body.add_camera(
        name=camera.name, pos=list(camera.position), quat=quat.tolist(),
        fovy=math.degrees(camera.vfov), resolution=[camera.width, camera.height],
    )


def _owners(model: mujoco.MjModel, actors: int) -> NDArray[np.int16]:
    """Return the actor of each geom [geoms + 1], -1 for the background, and for geom -1 too."""
    owners = np.full(model.ngeom + 1, -1, np.int16)
    for index in range(actors):
        owners[:-1][model.geom_bodyid == model.body(f'actor_{index}').id] = index
    return owners


def _reflectivity(model: mujoco.MjModel) -> Array:
    """Return how much light each geom gives back [geoms], in [0, 1], from its colour."""
    shown: Array = model.geom_rgba[:, :3] @ _LUMINANCE
    return np.clip(0.05 + 0.75 * shown, 0.0, 1.0)


def _about_z(yaw: float) -> tuple[float, float, float, float]:
    return (math.cos(yaw / 2.0), 0.0, 0.0, math.sin(yaw / 2.0))
