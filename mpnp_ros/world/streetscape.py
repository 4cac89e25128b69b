# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Roads and what stands beside them, as the fixed background of a scene."""

from __future__ import annotations

from dataclasses import dataclass
import math

import mujoco
import numpy as np

from mpnp_ros.world.backdrop import (
    add_lamp, add_signal, add_tree, Backdrop, House, sample_backdrop)
from mpnp_ros.world.geometry import Array
from mpnp_ros.world.objects.paint import LAMP
from mpnp_ros.world.parts import Color, Parts
from mpnp_ros.world.roads import LANE_M, PAVEMENT_M, Road, Roads, sample_roads
from mpnp_ros.world.sky import add_sky
from mpnp_ros.world.surfaces import add_band, Paint
from mpnp_ros.world.textures import (
    add_asphalt, add_texture, facade, facade_at_night, STOREY_M)

KERB_M = 0.12
_KERB_WIDTH_M = 0.20
_LAWN_M, _LAWN_IN_BEND_M = 45.0, 16.0
_MARK: Color = (0.88, 0.88, 0.86)
_KERB: Color = (0.72, 0.72, 0.70)
_FACADES = 6
_DASH_M, _DASHES_EVERY_M = 3.0, 6.0
_ZEBRA_M, _ZEBRA_AHEAD_M = 3.0, 2.4  # length of its bars; its middle past the stop line


@dataclass(frozen=True)
class Streetscape:
    """The roads of a seed with all that stands along them; `light` is that of the conditions."""

    seed: int
    roads: Roads
    backdrop: Backdrop
    light: str = 'day'

    @classmethod
    def from_seed(cls, seed: int, light: str = 'day', layout: str = '') -> Streetscape:
        """Sample roads, of a given layout or of any, and what stands beside them."""
        rng = np.random.default_rng([seed, 20])
        roads = sample_roads(rng, layout)
        return cls(seed, roads, sample_backdrop(roads, rng), light)

    @property
    def lamps(self) -> Array:
        """Return where the street lamps shine from [L, 3], m."""
        return self.backdrop.shining

    def build(self, spec: mujoco.MjSpec) -> None:
        """Add light, sky and everything that does not move to a MuJoCo model specification."""
        rng = np.random.default_rng([self.seed, 21])
        add_sky(spec, rng, self.light)
        add_asphalt(spec, rng)
        parts = Parts(spec, spec.worldbody)
        shade = 0.52 + 0.12 * float(rng.random())
        slab = (shade, shade, 0.96 * shade)
        lawn = (0.20 + 0.08 * float(rng.random()), 0.34 + 0.08 * float(rng.random()), 0.14)
        paint = Paint()
        for index, road in enumerate(self.roads.roads):
            for side in (-1, 1):
                for span in road.stretches(side, 0.0, road.middle.length):
                    _pavement(parts, road, side, span, slab)
                    wide = _LAWN_IN_BEND_M if road.bends else _LAWN_M
                    add_band(parts, road, side, span,
                             (road.outside(side), road.outside(side) + wide),
                             0.04 + 0.01 * index, lawn)
            _mark(paint, road)
        paint.put(parts, _MARK)
        for tree in self.backdrop.trees:
            add_tree(parts, tree)
        for pose in self.backdrop.lamps:
            add_lamp(parts, pose, LAMP)
        for signal in self.backdrop.signals:
            add_signal(parts, signal)
        self._houses(spec, rng)

    def _houses(self, spec: mujoco.MjSpec, rng: np.random.Generator) -> None:
        night = self.light != 'day'
        for number in range(_FACADES):
            pixels = facade_at_night(rng) if night else facade(rng)
            add_texture(spec, f'facade_{number}', pixels,
                        (1.0 / STOREY_M * 48 / pixels.shape[1], 1.0 / STOREY_M))
        for house in self.backdrop.houses:
            _house(spec, house)


def _house(spec: mujoco.MjSpec, house: House) -> None:
    pose, (width, depth, height) = house.box.pose, house.box.size
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX, material=f'facade_{house.look % _FACADES}', contype=0,
        conaffinity=0, pos=[pose.x, pose.y, height / 2.0],
        quat=[math.cos(pose.yaw / 2.0), 0.0, 0.0, math.sin(pose.yaw / 2.0)],
        size=[width / 2.0, depth / 2.0, height / 2.0])


def _pavement(
    parts: Parts, road: Road, side: int, span: tuple[float, float], slab: Color
) -> None:
    kerb = road.kerb(side)
    add_band(parts, road, side, span, (kerb, kerb + _KERB_WIDTH_M), KERB_M + 0.01, _KERB)
    add_band(parts, road, side, span, (kerb + _KERB_WIDTH_M, kerb + PAVEMENT_M), KERB_M, slab)


def _mark(paint: Paint, road: Road) -> None:
    """Paint lanes, stop lines and zebras, but not where roads meet."""
    spans = _between(road) if road.stops else [(0.0, road.middle.length)]
    for begin, end in spans:
        for index in range(1 - road.lanes, road.lanes):
            for start in np.arange(begin, end - _DASH_M, _DASHES_EVERY_M):
                paint.line(road, (start, start + _DASH_M), index * LANE_M, 0.14)
        for side in (-1, 1):
            paint.line(road, (begin, end), side * road.lanes * LANE_M, 0.12)
    for along, direction in road.stops:
        middle = -direction * road.lanes * LANE_M / 2.0
        paint.bar(road.place(along + 0.2 * direction, middle), 0.4, road.lanes * LANE_M)
        across = road.lanes * LANE_M
        for left in np.arange(-across + 0.5, across, 1.0):
            paint.bar(road.place(along + _ZEBRA_AHEAD_M * direction, float(left)), _ZEBRA_M, 0.5)


def _between(road: Road) -> list[tuple[float, float]]:
    """Return the stretches up to the stop lines."""
    edges = sorted(along for along, _ in road.stops)
    if len(edges) == 1:
        return [(edges[0], road.middle.length)]
    return [(0.0, edges[0]), (edges[1], road.middle.length)]
