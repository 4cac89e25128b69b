# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The background of a scene: road, lane marks, kerbs, pavements, houses, trees, lamps, sky.

World frame: x along the street, y left, z up; y = 0 is the middle of the ego's lane.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from mpnp_ros.world.parts import Color, Parts

LANE_WIDTH = 3.5
PARKING_WIDTH = 2.3
PAVEMENT_WIDTH = 3.2
EGO_LANE = 0.0
ONCOMING_LANE = LANE_WIDTH
PARKING_RIGHT = -(LANE_WIDTH + PARKING_WIDTH) / 2.0
PARKING_LEFT = ONCOMING_LANE - PARKING_RIGHT
KERB_RIGHT = -LANE_WIDTH / 2.0 - PARKING_WIDTH
KERB_LEFT = ONCOMING_LANE - KERB_RIGHT
_KERB_HEIGHT = 0.10
SUN = 'sun'  # name of the mocap body with the light
_BEHIND = 45.0  # the street goes on for this long behind x = 0, and past `length`

_WALLS: tuple[Color, ...] = (
    (0.62, 0.50, 0.42), (0.72, 0.68, 0.60), (0.52, 0.35, 0.29), (0.58, 0.60, 0.62),
    (0.76, 0.70, 0.55), (0.45, 0.47, 0.50),
)
_MARK: Color = (0.88, 0.88, 0.86)


@dataclass(frozen=True)
class Street:
    """A straight two-lane street with parking strips, from one seed; `length` in metres."""

    seed: int
    length: float

    def build(self, spec: mujoco.MjSpec) -> None:
        """Add the light, the sky and the fixed background to a MuJoCo model specification."""
        rng = np.random.default_rng([self.seed, 1])
        _sky(spec, rng)
        body = spec.worldbody
        parts = Parts(spec, body)
        start, end = -_BEHIND, self.length + _BEHIND + 30.0
        _asphalt(spec, rng)
        self._marks(parts, start, end)
        for side, kerb in ((-1.0, KERB_RIGHT), (1.0, KERB_LEFT)):
            middle, span = (start + end) / 2.0, end - start
            shade = 0.55 + 0.1 * rng.random()
            parts.box((middle, kerb + side * 0.09, 0.0), (span, 0.18, 2 * _KERB_HEIGHT),
                      (0.72, 0.72, 0.70))
            parts.box(
                (middle, kerb + side * (0.18 + PAVEMENT_WIDTH / 2.0), 0.0),
                (span, PAVEMENT_WIDTH, 2 * _KERB_HEIGHT - 0.02), (shade, shade, 0.96 * shade),
            )
            self._furniture(parts, side, kerb, start, end, rng)
            _houses(spec, side, kerb + side * (0.3 + PAVEMENT_WIDTH), start, end, rng)

    @staticmethod
    def _marks(parts: Parts, start: float, end: float) -> None:
        centre = (EGO_LANE + ONCOMING_LANE) / 2.0
        for x in np.arange(start, end, 6.0):
            parts.box((x, centre, 0.0), (3.0, 0.14, 0.012), _MARK)
        for edge in (-LANE_WIDTH / 2.0, ONCOMING_LANE + LANE_WIDTH / 2.0):
            parts.box(((start + end) / 2.0, edge, 0.0), (end - start, 0.12, 0.012), _MARK)

    @staticmethod
    def _furniture(
        parts: Parts, side: float, kerb: float, start: float, end: float, rng: np.random.Generator
    ) -> None:
        x = start + 4.0 + 8.0 * rng.random()
        while x < end:
            y = kerb + side * 0.7
            if rng.random() < 0.6:
                crown = 2.2 + 1.4 * rng.random()
                top = 4.2 + 1.5 * rng.random()
                leaf = (0.10 + 0.12 * rng.random(), 0.28 + 0.12 * rng.random(), 0.08)
                parts.cylinder((x, y, 0.0), (x, y, top - crown / 3.0), 0.14, (0.28, 0.2, 0.13))
                parts.ellipsoid((x, y, top), (crown, crown, 1.2 * crown), leaf)
            else:
                post = (0.20, 0.22, 0.22)
                parts.cylinder((x, y, 0.0), (x, y, 5.2), 0.06, post)
                parts.capsule((x, y, 5.2), (x, y - side * 1.3, 5.5), 0.05, post)
                parts.box((x, y - side * 1.4, 5.45), (0.3, 0.6, 0.12), (0.8, 0.8, 0.75))
            x += 9.0 + 10.0 * rng.random()


def _sky(spec: mujoco.MjSpec, rng: np.random.Generator) -> None:
    high = np.array([0.25, 0.45, 0.75]) + 0.08 * rng.standard_normal()
    low = np.array([0.78, 0.84, 0.90])
    spec.add_texture(
        name='sky', type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT, rgb1=np.clip(high, 0, 1).tolist(),
        rgb2=low.tolist(), width=64, height=384,
    )
    brightness = rng.uniform(0.6, 0.8)
    # Shadows are drawn around the light's place only: the body is moved along with the ego.
    sun = spec.worldbody.add_body(name=SUN, mocap=True)
    sun.add_light(
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, mode=mujoco.mjtCamLight.mjCAMLIGHT_FIXED,
        pos=[18.0, 0.0, 40.0], dir=[*rng.uniform(-0.7, 0.7, 2), -1.5], castshadow=True,
        diffuse=[brightness] * 3, ambient=[0.0] * 3, specular=[0.1] * 3,
    )
    headlight = spec.visual.headlight
    headlight.ambient = [0.42, 0.43, 0.45]
    headlight.diffuse = [0.12] * 3
    headlight.specular = [0.0] * 3


def _asphalt(spec: mujoco.MjSpec, rng: np.random.Generator) -> None:
    shade = rng.uniform(0.24, 0.36)
    grain = shade + 0.025 * rng.standard_normal((64, 64, 1)) + np.zeros((1, 1, 3))
    pixels = np.clip(255.0 * grain, 0, 255).astype(np.uint8)
    _texture(spec, 'asphalt', pixels, (0.5, 0.5))
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0.0, 0.0, 1.0], material='asphalt',
        contype=0, conaffinity=0,
    )


def _houses(
    spec: mujoco.MjSpec, side: float, front: float, start: float, end: float,
    rng: np.random.Generator,
) -> None:
    x = start
    while x < end:
        width, height = rng.uniform(9.0, 18.0), rng.uniform(6.0, 13.0)
        if rng.random() < 0.85:
            name = f'house_{len(spec.materials)}'
            _texture(spec, name, _facade(rng), (1.0 / 3.2, 1.0 / 3.2))
            depth = 8.0
            spec.worldbody.add_geom(
                type=mujoco.mjtGeom.mjGEOM_BOX, material=name, contype=0, conaffinity=0,
                pos=[x + width / 2.0, front + side * depth / 2.0, height / 2.0],
                size=[width / 2.0 - 0.2, depth / 2.0, height / 2.0],
            )
        x += width


def _facade(rng: np.random.Generator) -> np.ndarray:
    """Return one storey's texture [48, 48, 3]: a wall with a window in a frame."""
    wall = np.array(_WALLS[rng.integers(len(_WALLS))]) * rng.uniform(0.85, 1.1)
    pixels = wall + 0.015 * rng.standard_normal((48, 48, 1))
    pixels[12:40, 14:34] = np.clip(wall * 1.25, 0, 1)
    pixels[15:37, 17:31] = (0.20, 0.25, 0.31) if rng.random() < 0.8 else (0.75, 0.70, 0.5)
    pixels[15:37, 23:25] = np.clip(wall * 1.25, 0, 1)
    return np.clip(255.0 * pixels, 0, 255).astype(np.uint8)


def _texture(
    spec: mujoco.MjSpec, name: str, pixels: np.ndarray, repeat_per_m: tuple[float, float]
) -> None:
    height, width, channels = pixels.shape
    texture = spec.add_texture(
        name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, width=width, height=height,
        nchannel=channels,
    )
    texture.data = pixels.tobytes()
    material = spec.add_material(name=name, texuniform=True, texrepeat=list(repeat_per_m),
                                 specular=0.0, shininess=0.0)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
