# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures on surfaces: asphalt and the walls of houses."""

from __future__ import annotations

import mujoco
import numpy as np

from mpnp_ros.world.parts import Color

STOREY_M = 3.2
# A lit window; nothing else is as red without being as blue, by which windows shine at night.
_LIT: tuple[Color, ...] = ((1.0, 0.80, 0.42), (1.0, 0.70, 0.30), (0.98, 0.85, 0.52))
_WALLS: tuple[Color, ...] = (
    (0.62, 0.50, 0.42), (0.72, 0.68, 0.60), (0.52, 0.35, 0.29), (0.58, 0.60, 0.62),
    (0.76, 0.70, 0.55), (0.45, 0.47, 0.50),
)


def add_asphalt(spec: mujoco.MjSpec, rng: np.random.Generator) -> None:
    """Add the ground: a plane of grained asphalt."""
    shade = rng.uniform(0.24, 0.36)
    grain = shade + 0.025 * rng.standard_normal((64, 64, 1)) + np.zeros((1, 1, 3))
    add_texture(spec, 'asphalt', _bytes(grain), (0.5, 0.5))
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0.0, 0.0, 1.0], material='asphalt',
        contype=0, conaffinity=0,
    )


def facade(rng: np.random.Generator) -> np.ndarray:
    """Return one storey's texture [48, 48, 3]: a wall with a window in a frame."""
    wall = np.array(_WALLS[rng.integers(len(_WALLS))]) * rng.uniform(0.85, 1.1)
    pixels = wall + 0.015 * rng.standard_normal((48, 48, 1))
    pixels[12:40, 14:34] = np.clip(wall * 1.25, 0, 1)
    pixels[15:37, 17:31] = (0.20, 0.25, 0.31) if rng.random() < 0.8 else (0.75, 0.70, 0.5)
    pixels[15:37, 23:25] = np.clip(wall * 1.25, 0, 1)
    return _bytes(pixels)


def facade_at_night(rng: np.random.Generator, windows: int = 4) -> np.ndarray:
    """Return the texture [48, 48 * windows, 3] of a storey in which some windows are lit."""
    wall = np.minimum(np.array(_WALLS[rng.integers(len(_WALLS))]), 0.72)
    pixels = np.broadcast_to(wall, (48, 48 * windows, 3)).copy()
    for index in range(windows):
        left = 48 * index
        pixels[12:40, left + 14:left + 34] = np.minimum(wall * 1.2, 0.8)
        lit = rng.random() < 0.4
        pane = _LIT[rng.integers(len(_LIT))] if lit else (0.10, 0.12, 0.16)
        pixels[15:37, left + 17:left + 31] = pane
        pixels[15:37, left + 23:left + 25] = np.minimum(wall, 0.6)
    return _bytes(pixels)


def add_texture(
    spec: mujoco.MjSpec, name: str, pixels: np.ndarray, repeat_per_m: tuple[float, float]
) -> None:
    """Add a texture [height, width, channels] and a material of the same name that bears it."""
    height, width, channels = pixels.shape
    texture = spec.add_texture(
        name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, width=width, height=height,
        nchannel=channels,
    )
    texture.data = pixels.tobytes()
    material = spec.add_material(name=name, texuniform=True, texrepeat=list(repeat_per_m),
                                 specular=0.0, shininess=0.0)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name


def _bytes(pixels: np.ndarray) -> np.ndarray:
    return np.clip(255.0 * pixels, 0, 255).astype(np.uint8)
