# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a MuJoCo model through one of its cameras, drawn off screen with OpenGL.

One OpenGL context serves every model of a process: software OpenGL compiles its shaders once per
context, which costs as much as the pictures of a whole scene.
"""

from __future__ import annotations

from dataclasses import dataclass
import functools
import os
import sys

import mujoco
import numpy as np
from numpy.typing import NDArray


class NoGraphics(RuntimeError):
    """Raised where no off-screen OpenGL context can be made; the text says what to install."""


FINE = 2  # colours are drawn this much larger and averaged, so that edges are smooth
_ORTHOGRAPHIC = mujoco.mjtProjection.mjPROJ_ORTHOGRAPHIC


@dataclass(frozen=True)
class Drawn:
    """What a camera sees: every array [height, width, ...].

    :ivar image: colours, 3 of uint8.
    :ivar geoms: the geom id, -1 for the sky.
    :ivar depth: metres along the optical axis, inf for the sky.
    """

    image: NDArray[np.uint8]
    geoms: NDArray[np.int32]
    depth: NDArray[np.float32]


class Renderer:
    """Draw one model through its cameras; not to be shared between threads.

    Raises NoGraphics where the machine has no off-screen OpenGL.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        self._model = model
        self._option = mujoco.MjvOption()
        self._perturb = mujoco.MjvPerturb()
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._scene = mujoco.MjvScene(model, maxgeom=model.ngeom + 16)
        context = _opengl()
        try:
            context.make_current()
            self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
        except mujoco.FatalError as error:
            raise NoGraphics(_advice(error)) from error
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)

    def close(self) -> None:
        """Free what was uploaded for this model."""
        self._context.free()

    def draw(self, data: mujoco.MjData, camera: str) -> Drawn:
        """Return what the camera of that name sees in the state that `data` holds."""
        width, height = self._aim(data, camera)
        image, _ = self._pixels(FINE * width, FINE * height)
        total = np.full((height, width, 3), FINE, np.uint16)
        for row in range(FINE):
            for column in range(FINE):
                total += image[row::FINE, column::FINE]
        smooth = (total // FINE**2).astype(np.uint8)
        flags = self._scene.flags
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 1
        coded, depth = self._pixels(width, height, with_depth=True)
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 0
        codes = coded.astype(np.int32) @ np.array([1, 1 << 8, 1 << 16], np.int32)
        return Drawn(smooth, self._geoms()[codes], self._metres(depth))

    def depth(self, data: mujoco.MjData, camera: str) -> NDArray[np.float32]:
        """Return the distances [height, width] along the axis of a camera, inf for the sky."""
        width, height = self._aim(data, camera)
        return self._metres(self._pixels(width, height, with_depth=True)[1])

    def _aim(self, data: mujoco.MjData, camera: str) -> tuple[int, int]:
        """Gather what a camera may see; return the width and the height of its picture."""
        number = self._model.camera(camera).id
        self._camera.fixedcamid = number
        opacity = self._model.geom_rgba[:, 3].copy()
        # What is nowhere near the picture costs nothing when it is clear as glass.
        self._model.geom_rgba[_outside(self._model, data, number), 3] = 0.0
        mujoco.mjv_updateScene(
            self._model, data, self._option, self._perturb, self._camera,
            mujoco.mjtCatBit.mjCAT_ALL.value, self._scene,
        )
        self._model.geom_rgba[:, 3] = opacity
        width, height = self._model.cam_resolution[number]
        return int(width), int(height)

    def _pixels(
        self, width: int, height: int, with_depth: bool = False
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Return the colours and the depth buffer; without depth that one means nothing."""
        viewport = mujoco.MjrRect(0, 0, width, height)
        pixels = np.empty((height, width, 3), np.uint8)
        depth = np.empty((height, width), np.float32)
        mujoco.mjr_render(viewport, self._scene, self._context)
        mujoco.mjr_readPixels(pixels, depth if with_depth else None, viewport, self._context)
        return pixels[::-1], depth[::-1]  # OpenGL's first row is the lowest

    def _metres(self, buffer: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the distances that the depth buffer's values stand for."""
        extent, planes = self._model.stat.extent, self._model.vis.map
        near, far = np.float32(planes.znear * extent), np.float32(planes.zfar * extent)
        if self._model.cam_projection[self._camera.fixedcamid] == _ORTHOGRAPHIC:
            metres = near + buffer * (far - near)
        else:
            metres = near / (np.float32(1.0) - buffer * (np.float32(1.0) - near / far))
        return np.where(buffer >= 1.0, np.float32(np.inf), metres)

    def _geoms(self) -> NDArray[np.int32]:
        """Return the geom id that each id colour stands for; code 0 is the background."""
        ids = np.full(self._scene.ngeom + 1, -1, np.int32)
        for drawn in self._scene.geoms[: self._scene.ngeom]:
            if drawn.segid >= 0 and drawn.objtype == mujoco.mjtObj.mjOBJ_GEOM:
                ids[drawn.segid + 1] = drawn.objid
        return ids


def _outside(model: mujoco.MjModel, data: mujoco.MjData, camera: int) -> NDArray[np.bool_]:
    """Return which geoms [geoms] lie wholly behind or beside what a camera sees.

    Those with a material are drawn always: their own opacity counts for nothing.
    """
    if model.cam_projection[camera] == _ORTHOGRAPHIC:
        return np.zeros(model.ngeom, bool)
    seen = (data.geom_xpos - data.cam_xpos[camera]) @ data.cam_xmat[camera].reshape(3, 3)
    depth, radius = -seen[:, 2], model.geom_rbound
    width, height = model.cam_resolution[camera]
    slope = np.tan(np.radians(model.cam_fovy[camera]) / 2.0) * width / height
    beside = (np.abs(seen[:, 0]) - slope * depth) / np.hypot(1.0, slope) > radius
    out: NDArray[np.bool_] = ((depth < -radius) | beside) & (model.geom_matid < 0)
    return out


@functools.cache
def _opengl() -> mujoco.GLContext:
    try:
        return mujoco.GLContext(64, 64)
    except Exception as error:  # ImportError, AttributeError or RuntimeError, by what is missing
        raise NoGraphics(_advice(error)) from error


def _advice(error: Exception) -> str:
    advice = ''
    if sys.platform == 'linux':
        advice = '. On Debian or Ubuntu: apt-get install libegl1 libgl1-mesa-dri libopengl0'
    return (
        'MuJoCo cannot make an off-screen OpenGL context '
        f'(MUJOCO_GL={os.environ.get("MUJOCO_GL", "")!r}): {error}{advice}'
    )
