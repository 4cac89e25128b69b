# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Sky and sun by day, at dusk and at night."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

SUN = 'sun'  # name of the mocap body and of the camera on it
SUN_AWAY_M = 60.0
SHADOWS_M = 36.0  # around the ego there are shadows
SHADOW_PIXELS = 640
_TOP = {'day': (0.25, 0.45, 0.75), 'dusk': (0.24, 0.28, 0.45), 'night': (0.02, 0.03, 0.06)}
_HORIZON = {'day': (0.78, 0.84, 0.90), 'dusk': (0.95, 0.62, 0.42), 'night': (0.07, 0.07, 0.10)}


def sun_direction(seed: int) -> NDArray[np.float64]:
    """Return where the low sun that dazzles stands [3], from a drive's seed: ahead, mostly."""
    rng = np.random.default_rng([seed, 22])
    azimuth, elevation = rng.normal(0.0, 0.5), rng.uniform(0.06, 0.22)
    return np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation),
                     np.sin(elevation)])


def add_sky(spec: mujoco.MjSpec, rng: np.random.Generator, light: str = 'day') -> None:
    """Add the sky and, by day, the sun as a camera that looks down its rays.

    All is lit evenly: shadows (mpnp_ros.world.shadows) and lamps (mpnp_ros.world.lamplight) are
    laid over what was drawn. `light` is one of mpnp_ros.world.conditions.LIGHTS.
    """
    high = np.array(_TOP[light]) + (0.08 if light == 'day' else 0.01) * rng.standard_normal()
    spec.add_texture(
        name='sky', type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT, rgb1=np.clip(high, 0, 1).tolist(),
        rgb2=list(_HORIZON[light]), width=64, height=384,
    )
    spec.visual.rgba.haze = [*_HORIZON[light], 1.0]  # where the ground ends
    headlight = spec.visual.headlight
    headlight.ambient = [0.70] * 3
    headlight.diffuse = [0.30] * 3
    headlight.specular = [0.0] * 3
    rays = np.array([*rng.uniform(-0.8, 0.8, 2), -1.0])
    if light == 'day':
        rays /= np.linalg.norm(rays)
        # The body is moved along with the ego.
        sun = spec.worldbody.add_body(name=SUN, mocap=True)
        place = -SUN_AWAY_M * rays
        side = np.cross([0.0, 1.0, 0.0], -rays)
        side /= np.linalg.norm(side)
        axes = np.column_stack([side, np.cross(-rays, side), -rays])
        quat = np.empty(4)
        mujoco.mju_mat2Quat(quat, axes.ravel())
        sun.add_camera(
            name=SUN, pos=place.tolist(), quat=quat.tolist(), fovy=2.0 * SHADOWS_M,
            resolution=[SHADOW_PIXELS] * 2, proj=mujoco.mjtProjection.mjPROJ_ORTHOGRAPHIC)
