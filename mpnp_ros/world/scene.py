# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A street scene from a seed: the background and who stands, parks, walks and drives in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import mujoco
import numpy as np

from mpnp_ros.world.actor import Actor
from mpnp_ros.world.geometry import Array, Box, Pose
from mpnp_ros.world.objects import KINDS, PAINTS
from mpnp_ros.world.parts import Parts
from mpnp_ros.world.placement import populate, Stretch
from mpnp_ros.world.street import Street

EGO_SIZE = (4.6, 1.9, 1.7)  # m
EGO_REAR_OVERHANG = 0.9  # base_link is on the ground under the middle of the rear axle
EGO_FRONT = EGO_SIZE[0] - EGO_REAR_OVERHANG  # of the bumper ahead of base_link, m


class Background(Protocol):
    """What does not move in a scene."""

    @property
    def lamps(self) -> Array:
        """Return where street lamps shine from [L, 3], m."""

    def build(self, spec: mujoco.MjSpec) -> None:
        """Add it, the light and the sky to a MuJoCo model specification."""


@dataclass(frozen=True)
class Scene:
    """A street and its actors."""

    street: Background
    actors: tuple[Actor, ...]

    @classmethod
    def from_seed(cls, seed: int, length: float = 0.0, duration_s: float = 0.0) -> Scene:
        """Sample the demo's street: the ego has `length` metres of lane for `duration_s` seconds.

        It starts near x = 0 in the lane y = 0.
        The scene follows from the arguments alone.
        """
        rng = np.random.default_rng([seed, 0])
        actors = populate(rng, Stretch(length, duration_s), ego_box(Pose(0.0, 0.0)))
        return cls(Street(seed, length), tuple(actors))

    def spec(self) -> mujoco.MjSpec:
        """Describe the scene for MuJoCo: the mocap bodies `actor_<index>` can be moved."""
        spec = mujoco.MjSpec()
        spec.stat.extent = 1.0
        spec.stat.center = [0.0, 0.0, 0.0]
        spec.visual.map.znear = 0.2
        spec.visual.map.zfar = 160.0
        spec.visual.quality.shadowsize = 0
        spec.visual.quality.offsamples = 0
        spec.visual.quality.numslices = 14
        spec.visual.quality.numstacks = 8
        spec.visual.quality.numquads = 1
        self.street.build(spec)
        for index, actor in enumerate(self.actors):
            body = spec.worldbody.add_body(name=f'actor_{index}', mocap=True)
            KINDS[actor.kind].build(
                Parts(spec, body), actor.size, PAINTS[actor.color],
                np.random.default_rng([actor.look, 2]), actor.form)
        return spec


def ego_box(pose: Pose) -> Box:
    """Return the ego's own box for a pose of base_link in the world."""
    return Box(pose.ahead(EGO_SIZE[0] / 2.0 - EGO_REAR_OVERHANG), EGO_SIZE)
