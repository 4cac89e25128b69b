# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What stands beside the roads: houses, trees, street lamps, traffic lights."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from mpnp_ros.world.geometry import Array, Box, Pose
from mpnp_ros.world.parts import Color, Parts
from mpnp_ros.world.roads import Roads

LAMP_HEIGHT_M = 5.4
SIGNAL_RED: Color = (1.0, 0.08, 0.05)
SIGNAL_GREEN: Color = (0.1, 0.95, 0.3)
_STEM: Color = (0.28, 0.20, 0.13)
_POST: Color = (0.20, 0.22, 0.22)
_SHADE: Color = (0.80, 0.80, 0.75)


@dataclass(frozen=True)
class House:
    """A box on the ground; `look` is the seed of its walls."""

    box: Box
    look: int


@dataclass(frozen=True)
class Tree:
    """A ball on a stem: where it stands, how high its middle is, its width, m, and its colour."""

    pose: Pose
    middle: float
    crown: float
    leaf: Color


@dataclass(frozen=True)
class Signal:
    """A traffic light at a pose that looks against its heading."""

    pose: Pose
    go: bool


@dataclass(frozen=True)
class Backdrop:
    """Everything that stands along some roads."""

    houses: tuple[House, ...]
    trees: tuple[Tree, ...]
    lamps: tuple[Pose, ...]
    signals: tuple[Signal, ...]

    @property
    def shining(self) -> Array:
        """Return where the street lamps shine from [L, 3], m."""
        heads = [pose.ahead(1.4) for pose in self.lamps]
        return np.array([[h.x, h.y, LAMP_HEIGHT_M] for h in heads]).reshape(-1, 3)


def sample_backdrop(roads: Roads, rng: np.random.Generator) -> Backdrop:
    """Place them along both sides of each road, clear of all roads and of each other."""
    houses: list[House] = []
    trees: list[Tree] = []
    lamps: list[Pose] = []
    for index in range(len(roads.roads)):
        for side in (-1, 1):
            _line_with_houses(roads, index, side, rng, houses)
            _line_with_trees(roads, index, side, rng, trees, lamps)
    return Backdrop(tuple(houses), tuple(trees), tuple(lamps), tuple(_signals(roads)))


def _line_with_houses(
    roads: Roads, index: int, side: int, rng: np.random.Generator, houses: list[House]
) -> None:
    road = roads.roads[index]
    along = 0.0
    set_back = float(rng.choice([0.3, 3.0], p=[0.65, 0.35]))
    while along < road.middle.length:
        width, height = float(rng.uniform(9.0, 18.0)), float(rng.uniform(5.0, 14.0))
        depth, built = 9.0, rng.random() < 0.88
        look = int(rng.integers(2**31))
        out = road.outside(side) + set_back + depth / 2.0
        box = Box(road.place(along + width / 2.0, side * out), (width - 0.3, depth, height))
        clear = all(roads.corridor(x, y) > 0.2 for x, y in _outline(box))
        if built and clear and not any(box.overlaps(house.box) for house in houses):
            houses.append(House(box, look))
        along += width


def _outline(box: Box) -> list[tuple[float, float]]:
    corners = box.footprint()
    middles = (corners + np.roll(corners, 1, axis=0)) / 2.0
    return [(float(x), float(y)) for x, y in np.concatenate([corners, middles])]


def _line_with_trees(
    roads: Roads, index: int, side: int, rng: np.random.Generator, trees: list[Tree],
    lamps: list[Pose],
) -> None:
    road = roads.roads[index]
    for begin, end in road.stretches(side, 0.0, road.middle.length):
        along = begin + 3.0 + 6.0 * float(rng.random())
        while along < end - 7.0:
            pose = road.place(along, side * (road.kerb(side) + 0.7), -side * math.pi / 2.0)
            lit = rng.random() < 0.45
            crown = 1.8 + 1.2 * float(rng.random())
            leaf = (0.10 + 0.12 * float(rng.random()), 0.28 + 0.12 * float(rng.random()), 0.08)
            middle = 4.2 + 1.3 * float(rng.random())
            if roads.corridor(pose.x, pose.y, index) > -1.0:
                if lit:
                    lamps.append(pose)
                else:
                    trees.append(Tree(pose, middle, crown, leaf))
            along += 9.0 + 9.0 * float(rng.random())


def _signals(roads: Roads) -> list[Signal]:
    found = []
    for index, road in enumerate(roads.roads):
        for along, direction in road.stops:
            side = -direction
            pose = road.place(along, side * (road.kerb(side) + 0.4),
                              0.0 if direction > 0 else math.pi)
            found.append(Signal(pose, index == roads.flowing))
    return found


def add_tree(parts: Parts, tree: Tree) -> None:
    """Add a tree to the model."""
    x, y, crown = tree.pose.x, tree.pose.y, tree.crown
    parts.cylinder((x, y, 0.0), (x, y, tree.middle - crown / 3.0), 0.14, _STEM)
    parts.ellipsoid((x, y, tree.middle), (crown, crown, 1.2 * crown), tree.leaf)
    dark = (0.8 * tree.leaf[0], 0.8 * tree.leaf[1], tree.leaf[2])
    parts.ellipsoid((x + 0.3 * crown, y + 0.2 * crown, tree.middle - 0.25 * crown),
                    (0.75 * crown, 0.75 * crown, 0.7 * crown), dark)


def add_lamp(parts: Parts, pose: Pose, head: Color) -> None:
    """Add a street lamp whose arm points along the heading."""
    arm = pose.ahead(1.2)
    end = pose.ahead(1.4)
    parts.cylinder((pose.x, pose.y, 0.0), (pose.x, pose.y, 5.2), 0.06, _POST)
    parts.capsule((pose.x, pose.y, 5.2), (arm.x, arm.y, LAMP_HEIGHT_M + 0.08), 0.05, _POST)
    parts.box((end.x, end.y, LAMP_HEIGHT_M + 0.06), (0.6, 0.3, 0.10), _SHADE, pose.yaw)
    parts.box((end.x, end.y, LAMP_HEIGHT_M), (0.5, 0.24, 0.05), head, pose.yaw)


def add_signal(parts: Parts, signal: Signal) -> None:
    """Add a post with three lights, of which one is lit."""
    pose = signal.pose
    front = pose.ahead(-0.12)
    parts.cylinder((pose.x, pose.y, 0.0), (pose.x, pose.y, 2.4), 0.06, _POST)
    parts.box((pose.x, pose.y, 2.85), (0.22, 0.30, 0.95), (0.05, 0.05, 0.05), pose.yaw)
    for row, (z, color) in enumerate((
            (3.14, SIGNAL_RED), (2.85, (0.9, 0.6, 0.05)), (2.56, SIGNAL_GREEN))):
        lit = row == (2 if signal.go else 0)
        shown = color if lit else (0.18 * color[0], 0.18 * color[1], 0.18 * color[2])
        parts.ellipsoid((front.x, front.y, z), (0.1, 0.2, 0.2), shown)
