# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Sky and sun by day, at dusk and at night."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

SUN = 'sun'  # name of the mocap body with the light
_TOP = {'day': (0.25, 0.45, 0.75), 'dusk': (0.24, 0.28, 0.45), 'night': (0.02, 0.03, 0.06)}
_HORIZON = {'day': (0.78, 0.84, 0.90), 'dusk': (0.95, 0.62, 0.42), 'night': (0.07, 0.07, 0.10)}


def sun_direction(seed: int) -> NDArray[np.float64]:
    """Return where the low sun that dazzles stands [3], from a drive's seed: ahead, mostly."""
    rng = np.random.default_rng([seed, 22])
    azimuth, elevation = rng.normal(0.0, 0.5), rng.uniform(0.06, 0.22)
    return np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation),
                     np.sin(elevation)])


def add_sky(spec: mujoco.MjSpec, rng: np.random.Generator, light: str = 'day') -> None:
    """Add the sky and, by day, a sun with shadows; without it all is lit evenly.

    `light` is one of mpnp_ros.world.conditions.LIGHTS. What lamps add comes after drawing
    (mpnp_ros.world.lamplight).
    """
    high = np.array(_TOP[light]) + (0.08 if light == 'day' else 0.01) * rng.standard_normal()
    spec.add_texture(
        name='sky', type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT, rgb1=np.clip(high, 0, 1).tolist(),
        rgb2=list(_HORIZON[light]), width=64, height=384,
    )
    brightness = rng.uniform(0.6, 0.8)
    slant = rng.uniform(-0.7, 0.7, 2)
    # Shadows are drawn around the light's place only: the body is moved along with the ego.
    sun = spec.worldbody.add_body(name=SUN, mocap=True)
    headlight = spec.visual.headlight
    headlight.specular = [0.0] * 3
    if light == 'day':
        sun.add_light(
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, mode=mujoco.mjtCamLight.mjCAMLIGHT_FIXED,
            pos=[18.0, 0.0, 40.0], dir=[*slant, -1.5], castshadow=True,
            diffuse=[brightness] * 3, ambient=[0.0] * 3, specular=[0.1] * 3,
        )
        headlight.ambient = [0.42, 0.43, 0.45]
        headlight.diffuse = [0.12] * 3
    else:
        headlight.ambient = [0.72] * 3
        headlight.diffuse = [0.28] * 3
