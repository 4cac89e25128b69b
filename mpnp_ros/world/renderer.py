# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a MuJoCo model through one of its cameras, drawn off screen with OpenGL.

One OpenGL context serves every model of a process: software OpenGL compiles its shaders once per
context, which costs as much as the pictures of a whole scene.
"""

from __future__ import annotations

import functools
import os
import sys

import mujoco
import numpy as np
from numpy.typing import NDArray


class NoGraphics(RuntimeError):
    """Raised where no off-screen OpenGL context can be made; the text says what to install."""


class Renderer:
    """Draw colours and geom ids of one model at one size; not to be shared between threads.

    Raises NoGraphics where the machine has no off-screen OpenGL.
    """

    def __init__(self, model: mujoco.MjModel, width: int, height: int) -> None:
        self._model = model
        self._size = (height, width)
        self._viewport = mujoco.MjrRect(0, 0, width, height)
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

    def draw(
        self, data: mujoco.MjData, camera: str
    ) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Return the picture [height, width, 3] and the geom id [height, width], -1 for the sky.

        The pictures are seen through the camera of that name, in the state that `data` holds.
        """
        self._camera.fixedcamid = self._model.camera(camera).id
        mujoco.mjv_updateScene(
            self._model, data, self._option, self._perturb, self._camera,
            mujoco.mjtCatBit.mjCAT_ALL.value, self._scene,
        )
        image = self._pixels()
        flags = self._scene.flags
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 1
        codes = self._pixels().astype(np.int32) @ np.array([1, 1 << 8, 1 << 16], np.int32)
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 0
        return image, self._geoms()[codes]

    def _pixels(self) -> NDArray[np.uint8]:
        pixels = np.empty((*self._size, 3), np.uint8)
        mujoco.mjr_render(self._viewport, self._scene, self._context)
        mujoco.mjr_readPixels(pixels, None, self._viewport, self._context)
        return pixels[::-1].copy()  # OpenGL's first row is the lowest

    def _geoms(self) -> NDArray[np.int32]:
        """Return the geom id that each id colour stands for; code 0 is the background."""
        ids = np.full(self._scene.ngeom + 1, -1, np.int32)
        for drawn in self._scene.geoms[: self._scene.ngeom]:
            if drawn.segid >= 0 and drawn.objtype == mujoco.mjtObj.mjOBJ_GEOM:
                ids[drawn.segid + 1] = drawn.objid
        return ids


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
