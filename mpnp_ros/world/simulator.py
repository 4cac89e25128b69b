# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Look at a scene from the ego: pictures of its cameras, and rays for every other sensor.

Pictures come from MuJoCo's renderer (OpenGL, off screen), rays from its ray caster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from types import TracebackType

import mujoco
import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.backdrop import SIGNAL_GREEN, SIGNAL_RED
from mpnp_ros.world.conditions import CLEAR, Conditions
from mpnp_ros.world.geometry import Array, invert, Pose
from mpnp_ros.world.hits import Hits
from mpnp_ros.world.lamplight import Lamps, lit_by
from mpnp_ros.world.objects.paint import BRAKING, Color, SHINING, TAIL
from mpnp_ros.world.optics import expose, Exposure
from mpnp_ros.world.ray_caster import RayCaster
from mpnp_ros.world.renderer import Drawn, FINE, Renderer
from mpnp_ros.world.scene import Scene
from mpnp_ros.world.sensors import Camera
from mpnp_ros.world.shadows import places_of, ShadowMap, softened
from mpnp_ros.world.sky import SHADOW_PIXELS, SUN, sun_direction

_SHINES = 1.6  # how bright lamps are, 1 being white by day
_WINDOW = 0.55
_SAME = 1e-3  # how far two values of one colour may be apart


@dataclass(frozen=True)
class Picture:
    """What a camera gave: `image` [height, width, 3] RGB and of which actor each pixel is.

    :ivar segments: [height, width] actor index, -1 for the background.
    :ivar seen: [height, width] whether a pixel shows what is there, and not fog, dirt or night.
    """

    image: NDArray[np.uint8]
    segments: NDArray[np.int16]
    seen: NDArray[np.bool_]


class Simulator:
    """A compiled scene that can be looked at; use it as a context manager.

    Raises NoGraphics where the machine has no off-screen OpenGL.
    """

    def __init__(
        self, scene: Scene, cameras: Sequence[Camera], conditions: Conditions = CLEAR
    ) -> None:
        self.scene = scene
        self.cameras = tuple(cameras)
        self._conditions = conditions
        spec = scene.spec()
        _mount(spec, self.cameras)
        self._model = spec.compile()
        self._data = mujoco.MjData(self._model)
        self._owner = _owners(self._model, len(scene.actors))  # [geoms + 1]
        self._rays = RayCaster(self._model, self._data, self._owner)
        self._glow = _glow(self._model, scene, self._owner)  # [geoms + 1, 3]
        self._tails = [_painted(self._model, self._owner, index, TAIL)
                       for index in range(len(scene.actors))]
        self._house = np.append(self._model.geom_matid >= 0, False)  # [geoms + 1]
        self._renderer = Renderer(self._model)
        self._ego, self._time_s = Pose(0.0, 0.0), 0.0
        self.move(self._ego, 0.0)

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

    def move(self, ego: Pose, time_s: float) -> None:
        """Put the ego at a pose of base_link and all others where they are at a time."""
        self._ego, self._time_s = ego, time_s
        self._put('ego', ego)
        if self._conditions.light == 'day':
            self._put(SUN, Pose(ego.x, ego.y))
        for index, actor in enumerate(self.scene.actors):
            self._put(f'actor_{index}', actor.at(time_s))
            red = np.array(BRAKING if actor.brakes(time_s) else TAIL)
            self._model.geom_rgba[self._tails[index], :3] = red
            if actor.drives:
                self._glow[self._tails[index]] = _SHINES * red ** 2.2
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)

    def look(self, seed: int = 0, noise_seed: int = 0) -> dict[str, Picture]:
        """Return what each camera gives where all was last moved to; a dead one nothing.

        :param seed: of the drive, from which the blotches on a lens follow.
        :param noise_seed: of the pictures' noise.
        """
        shadows = self._shadows() if self._conditions.light == 'day' else None
        pictures = {}
        for number, camera in enumerate(self.cameras):
            if f'camera {camera.name}' not in self._conditions.dead:
                rng = np.random.default_rng([noise_seed, 31, number])
                pictures[camera.name] = self._exposed(camera, shadows, seed, rng)
        return pictures

    def cast(self, origin: Array, directions: Array, max_range_m: float) -> Hits:
        """Return what rays meet where all was last moved to.

        :param origin: [3] where they all begin, in the world; the ego itself is not met.
        :param directions: [S, 3] unit vectors in the world.
        """
        return self._rays.cast(origin, directions, max_range_m)

    def _exposed(
        self, camera: Camera, shadows: ShadowMap | None, seed: int, rng: np.random.Generator
    ) -> Picture:
        drawn = self._renderer.draw(self._data, camera.name)
        world_from_camera = self._ego.matrix() @ camera.base_from_sensor
        shining = sun = None
        if shadows is not None:
            places = places_of(drawn.depth, world_from_camera, camera.intrinsics)
            lit = shadows.lit(places)[..., None]
        else:
            # Lamps light softly: every second row and column is enough.
            places = places_of(drawn.depth, world_from_camera, camera.intrinsics, step=2)
            coarse = lit_by(self._lamps(), places, world_from_camera[:3, 3])
            lit = coarse.repeat(2, axis=0).repeat(2, axis=1)[:camera.height, :camera.width]
            shining = self._shining(drawn)
        if self._conditions.glare > 0.0:
            sun = _in_picture(camera, invert(world_from_camera)[:3, :3] @ sun_direction(seed))
        image, seen = expose(
            Exposure(drawn.image, drawn.depth, lit, shining, sun), self._conditions, camera.name,
            seed, rng)
        return Picture(image, self._owner[drawn.geoms], seen)

    def _shadows(self) -> ShadowMap:
        number = self._model.camera(SUN).id
        return ShadowMap(
            softened(self._renderer.depth(self._data, SUN)), self._data.cam_xpos[number].copy(),
            self._data.cam_xmat[number].reshape(3, 3).copy())

    def _lamps(self) -> Lamps:
        """Return what shines: street lamps, and headlights of all that do not just park."""
        noses = [(self._ego, 3.7)]
        for actor in self.scene.actors:
            if actor.drives:
                noses.append((actor.at(self._time_s), actor.size[0] / 2.0))
        return Lamps(self.scene.street.lamps, [pose.ahead(nose) for pose, nose in noses])

    def _shining(self, drawn: Drawn) -> NDArray[np.float32]:
        """Return the light [height, width, 3] of the pixels that show lamps and lit windows."""
        light: NDArray[np.float32] = self._glow[drawn.geoms]
        red, blue = drawn.image[..., 0], drawn.image[..., 2]
        window = (drawn.geoms >= 0) & (red > 175) & (blue < 0.62 * red) & self._house[drawn.geoms]
        light[window] += np.float32(_WINDOW) * (
            drawn.image[window].astype(np.float32) / 255.0) ** 2.2
        return light

    def _put(self, body: str, pose: Pose) -> None:
        slot = self._model.body(body).mocapid[0]
        self._data.mocap_pos[slot] = (pose.x, pose.y, 0.0)
        self._data.mocap_quat[slot] = _about_z(pose.yaw)


def _in_picture(camera: Camera, direction: Array) -> tuple[float, float] | None:
    """Return the pixel of a direction in the camera's frame, None for one behind it."""
    if direction[2] < 0.05:
        return None
    pixel = camera.intrinsics @ (direction / direction[2])
    return float(pixel[0]), float(pixel[1])


def _mount(spec: mujoco.MjSpec, cameras: Sequence[Camera]) -> None:
    """Add the ego: a body at base_link with the cameras on it."""
    body = spec.worldbody.add_body(name='ego', mocap=True)
    sizes = [(FINE * camera.width, FINE * camera.height) for camera in cameras]
    spec.visual.global_.offwidth = max(SHADOW_PIXELS, *(width for width, _ in sizes))
    spec.visual.global_.offheight = max(SHADOW_PIXELS, *(height for _, height in sizes))
    for camera in cameras:
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


def _painted(
    model: mujoco.MjModel, owner: NDArray[np.int16], actor: int, color: Color
) -> NDArray[np.int64]:
    """Return the geoms of an actor that have a colour."""
    same = np.all(np.abs(model.geom_rgba[:, :3] - np.array(color)) < _SAME, axis=1)
    return np.flatnonzero(same & (owner[:-1] == actor))


def _glow(model: mujoco.MjModel, scene: Scene, owner: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return the light that each geom gives itself [geoms + 1, 3]; parked vehicles give none."""
    glow = np.zeros((model.ngeom + 1, 3), np.float32)
    colors = model.geom_rgba[:, :3]
    on = np.array([actor.drives for actor in scene.actors] + [True])[owner[:-1]]
    for shining in (*SHINING, SIGNAL_RED, SIGNAL_GREEN):
        same = on & np.all(np.abs(colors - np.array(shining)) < _SAME, axis=1)
        glow[:-1][same] = _SHINES * np.array(shining) ** 2.2
    return glow


def _about_z(yaw: float) -> tuple[float, float, float, float]:
    return (math.cos(yaw / 2.0), 0.0, 0.0, math.sin(yaw / 2.0))
