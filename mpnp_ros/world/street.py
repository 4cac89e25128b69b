# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The background of a scene: road, lane marks, kerbs, pavements, houses, trees, lamps, sky.

World frame: x along the street, y left, z up; y = 0 is the middle of the ego's lane.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from mpnp_ros.world.geometry import Array
from mpnp_ros.world.parts import Color, Parts
from mpnp_ros.world.sky import add_sky
from mpnp_ros.world.textures import add_asphalt, add_texture, facade

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
_BEHIND = 45.0  # the street goes on for this long behind x = 0, and past `length`

_MARK: Color = (0.88, 0.88, 0.86)


@dataclass(frozen=True)
class Street:
    """A straight two-lane street with parking strips, from one seed; `length` in metres."""

    seed: int
    length: float

    @property
    def lamps(self) -> Array:
        """Return where street lamps shine from [0, 3]: it is always day here."""
        return np.empty((0, 3))

    def build(self, spec: mujoco.MjSpec) -> None:
        """Add the light, the sky and the fixed background to a MuJoCo model specification."""
        rng = np.random.default_rng([self.seed, 1])
        add_sky(spec, rng)
        body = spec.worldbody
        parts = Parts(spec, body)
        start, end = -_BEHIND, self.length + _BEHIND + 30.0
        add_asphalt(spec, rng)
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


def _houses(
    spec: mujoco.MjSpec, side: float, front: float, start: float, end: float,
    rng: np.random.Generator,
) -> None:
    x = start
    while x < end:
        width, height = rng.uniform(9.0, 18.0), rng.uniform(6.0, 13.0)
        if rng.random() < 0.85:
            name = f'house_{len(spec.materials)}'
            add_texture(spec, name, facade(rng), (1.0 / 3.2, 1.0 / 3.2))
            depth = 8.0
            spec.worldbody.add_geom(
                type=mujoco.mjtGeom.mjGEOM_BOX, material=name, contype=0, conaffinity=0,
                pos=[x + width / 2.0, front + side * depth / 2.0, height / 2.0],
                size=[width / 2.0 - 0.2, depth / 2.0, height / 2.0],
            )
        x += width
