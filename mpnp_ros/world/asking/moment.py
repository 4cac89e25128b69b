# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A moment as questions look at it: what the sensors get, how far off, in which direction."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mpnp_ros.evaluation.nuscenes_qa.direction import directions
from mpnp_ros.evaluation.nuscenes_qa.scene import DIRECTIONS, Scene, SceneObject
from mpnp_ros.world.asking.equipment import Equipment, STANDARD
from mpnp_ros.world.asking.sensing import Sensing, Sight
from mpnp_ros.world.geometry import Array, Box, Pose
from mpnp_ros.world.scene import ego_box
from mpnp_ros.world.truth import EgoMotion, Seen, Truth

NEARER_BY_M = 1.5   # that the nearest is nearer than the next

# How a question says where, and the direction that it means.
PLACES = {
    '': '', ' ahead': 'front', ' behind me': 'back',
    **{f' to the {name} of me': name for name in DIRECTIONS if name not in ('front', 'back')}}


class Moment:
    """What is true, and what of it the sensors can tell.

    :ivar objects: those of which any sensor gets anything.
    :ivar gaps: of each to the outline of the ego vehicle, m, [N].
    :ivar sure: whether each surely lies in a direction, [6, N] in the order of DIRECTIONS; the
        same for `possible`.
    """

    def __init__(self, truth: Truth, equipment: Equipment = STANDARD) -> None:
        self.truth = truth
        self.sensing = Sensing(truth, equipment)
        sights = [(one, self.sensing.best(one)) for one in truth.objects]
        self.objects = [one for one, sight in sights if sight != 'unseen']
        self._sights: list[Sight] = [sight for _, sight in sights if sight != 'unseen']
        places = np.array([(one.box.pose.x, one.box.pose.y) for one in self.objects],
                          dtype=float).reshape(-1, 2)
        sure, possible = directions(np.zeros((1, 2)), places)
        self.sure, self.possible = sure[0], possible[0]
        self.gaps = gaps(ego_box(Pose(0.0, 0.0)), [one.box for one in self.objects])

    @property
    def ego(self) -> EgoMotion:
        """Return how the ego vehicle moves."""
        return self.truth.ego

    def sounding(self, sound: str = '') -> list[Seen]:
        """Return what makes a sound, or any sound; it need not be seen."""
        return [one for one in self.truth.objects
                if (one.sound == sound if sound else one.sound)]

    def scene(self) -> Scene:
        """Return what nuScenes-QA's questions are made from.

        Raises ValueError naming the object that nuScenes-QA has no words for.
        """
        found = []
        for one, sight in zip(self.objects, self._sights):
            try:
                found.append(SceneObject(
                    one.kind, one.box.pose.x, one.box.pose.y,
                    (one.status,) if one.status else None,
                    'doubtful' if sight == 'unseen' else sight))
            except ValueError as error:
                raise ValueError(f'actor {one.actor} at {self.truth.time_s:g} s: {error}') \
                    from error
        return Scene(tuple(found))

    def nearest(self, kind: str, place: str, modality: str,
                answer: Callable[[Seen], str]) -> str:
        """Return the answer about the nearest object of a kind, '' where it is not sure.

        A sensor of the modality must see the object clearly (a radar: have enough echoes).
        Another one may be about as near, or nearer and hardly seen, only with the same answer.

        :param place: one of PLACES.
        :param answer: '' where the object does not decide it.
        """
        direction = PLACES[place]
        row = DIRECTIONS.index(direction) if direction else -1
        there = [index for index, one in enumerate(self.objects) if one.kind == kind
                 and (row < 0 or self.possible[row, index])]
        if not there:
            return ''
        first = min(there, key=lambda index: self.gaps[index])
        enough = ('faint', 'clear') if modality == 'radar' else ('clear',)
        if (row >= 0 and not self.sure[row, first]
                or self.sensing.of(modality, self.objects[first]) not in enough):
            return ''
        answers = {answer(self.objects[index]) for index in there
                   if self.gaps[index] < self.gaps[first] + NEARER_BY_M}
        return answers.pop() if len(answers) == 1 else ''


def gaps(ego: Box, boxes: list[Box]) -> Array:
    """Return the distances between the outline of the ego vehicle and others, m, [N]."""
    if not boxes:
        return np.zeros(0)
    corners = np.array([box.footprint() for box in boxes])                  # [N, 4, 2]
    poses = np.array([(box.pose.x, box.pose.y, box.pose.yaw) for box in boxes])
    sizes = np.array([box.size[:2] for box in boxes])                       # [N, 2]
    here = np.array([(ego.pose.x, ego.pose.y)])
    to_ego = _outside(corners - here, np.full(len(boxes), ego.pose.yaw),
                      np.tile(ego.size[:2], (len(boxes), 1)))
    to_box = _outside(ego.footprint()[None] - poses[:, None, :2], poses[:, 2], sizes)
    nearest: Array = np.minimum(to_ego, to_box).min(axis=1)
    return nearest


def _outside(offsets: Array, yaws: Array, sizes: Array) -> Array:
    """Return how far points [N, 4, 2] around a middle are outside its rectangle, [N, 4]."""
    c, s = np.cos(yaws)[:, None], np.sin(yaws)[:, None]
    along = np.abs(c * offsets[..., 0] + s * offsets[..., 1]) - sizes[:, :1] / 2.0
    across = np.abs(c * offsets[..., 1] - s * offsets[..., 0]) - sizes[:, 1:] / 2.0
    outside: Array = np.hypot(np.maximum(along, 0.0), np.maximum(across, 0.0))
    return outside
