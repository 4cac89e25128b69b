# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Hand-made scenes and sightings for the tests of the simulated world."""

from mpnp_ros.world.actor import Actor
from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.scene import Scene
from mpnp_ros.world.street import Street
from mpnp_ros.world.truth import Seen

SIZES = {
    'car': (4.2, 1.85, 1.5), 'truck': (7.0, 2.4, 3.1), 'pedestrian': (0.7, 0.6, 1.75),
    'traffic cone': (0.45, 0.45, 0.85), 'barrier': (0.46, 2.2, 1.05),
}


def actor(kind, x, y, color=None, yaw=0.0):
    """Return a standing actor of usual size."""
    colors = {'car': 'red', 'truck': 'white', 'pedestrian': 'navy', 'traffic cone': 'orange',
              'barrier': 'red'}
    return Actor(kind, color or colors[kind], SIZES[kind], Pose(x, y, yaw))


def scene(*actors):
    """Return a scene with just these actors."""
    return Scene(Street(seed=5, length=0.0), tuple(actors))


def sighting(kind, x, y, color='red', pixels=1000, hits=50):
    """Return what the sensors saw of an actor, in base_link."""
    return Seen(actor=0, kind=kind, color=color, status='', box=Box(Pose(x, y), SIZES[kind]),
                pixels={'front': pixels}, hits=hits)
