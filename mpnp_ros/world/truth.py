# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is true of one moment of a simulated drive, whatever the sensors made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mpnp_ros.world.geometry import Box, Pose


@dataclass(frozen=True)
class EgoMotion:
    """Where the ego is and how it moves."""

    pose: Pose  # base_link in the world
    speed: float = 0.0  # m/s along its heading
    acceleration: float = 0.0  # m/s^2 along its heading, negative while braking
    yaw_rate: float = 0.0  # rad/s, positive to the left


@dataclass(frozen=True)
class Seen:
    """One actor as the ego meets it, and how much each sensor got of it.

    :ivar kind: one of nuScenes-QA's ten objects, e.g. 'traffic cone'.
    :ivar color: in one word, '' where no single one fits.
    :ivar status: in nuScenes-QA's words, e.g. 'parked', '' for what has none.
    :ivar box: in base_link.
    :ivar velocity: (x, y) m/s over ground, along the axes of base_link.
    :ivar pixels: how many pixels of each camera show it, by name of the camera.
    :ivar hits: lidar returns from it.
    :ivar echoes: radar returns from it.
    :ivar sound: 'siren', 'horn', 'engine' or '' for what is silent.
    :ivar level_db: of its sound at the microphone, dB(A); 0 for what is silent.
    """

    actor: int  # index in the scene
    kind: str
    color: str
    status: str
    box: Box
    velocity: tuple[float, float] = (0.0, 0.0)
    pixels: Mapping[str, int] = field(default_factory=dict)
    hits: int = 0
    echoes: int = 0
    sound: str = ''
    level_db: float = 0.0


@dataclass(frozen=True)
class Truth:
    """One moment.

    :ivar time_s: since the drive's beginning.
    :ivar objects: every actor near enough to matter, in the order of the scene.
    :ivar conditions: of light, weather and sensors, e.g. ('night', 'dirty lens front').
    """

    time_s: float
    ego: EgoMotion
    objects: tuple[Seen, ...]
    conditions: tuple[str, ...] = ()
