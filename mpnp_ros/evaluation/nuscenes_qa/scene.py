# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is asked about: the objects around a vehicle at one moment, whoever annotated them."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Literal

from mpnp_ros.evaluation.questions.question_nuscenes_qa import OBJECTS

DIRECTIONS = ('front', 'front left', 'front right', 'back left', 'back right', 'back')

VEHICLE_STATUSES = ('moving', 'stopped', 'parked')
PEDESTRIAN_STATUSES = ('moving', 'standing', 'not standing')   # the last: sits or lies
CYCLE_STATUSES = ('with rider', 'without rider')
_STATUSES_OF: dict[str, tuple[str, ...]] = {
    'barrier': (),
    'bicycle': CYCLE_STATUSES,
    'bus': VEHICLE_STATUSES,
    'car': VEHICLE_STATUSES,
    'construction vehicle': VEHICLE_STATUSES,
    'motorcycle': CYCLE_STATUSES,
    'pedestrian': PEDESTRIAN_STATUSES,
    'traffic cone': (),
    'trailer': VEHICLE_STATUSES,
    'truck': VEHICLE_STATUSES,
}


def possible_statuses_of(category: str) -> tuple[str, ...]:
    """Return the statuses that objects of a category may have; '': of any category."""
    if category:
        return _STATUSES_OF[category]
    return tuple(dict.fromkeys(s for statuses in _STATUSES_OF.values() for s in statuses))


@dataclass(frozen=True)
class SceneObject:
    """One object, with what is not known about it.

    :ivar category: one of nuScenes-QA's ten; '' where it may be any of them.
    :ivar x: of its centre ahead of the vehicle, metres (REP 103).
    :ivar y: of its centre to the left of the vehicle, metres.
    :ivar statuses: those it may have, one where it is known; of a barrier none. None: whatever
        the category may have.
    :ivar sight: how well the sensors show it. 'faint': it counts, but nothing is asked about it
        alone. 'doubtful': no answer depends on whether it is there.
    """

    category: str
    x: float
    y: float
    statuses: tuple[str, ...] | None = None
    sight: Literal['clear', 'faint', 'doubtful'] = 'clear'

    def __post_init__(self) -> None:
        if self.category and self.category not in OBJECTS:
            raise ValueError(f'category {self.category!r}: expected one of {", ".join(OBJECTS)}')
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise ValueError(f'{self.category} at ({self.x}, {self.y}): not a place')
        expected = possible_statuses_of(self.category)
        wrong = set(self.statuses or ()) - set(expected)
        if wrong:
            raise ValueError(
                f'{self.category or "object"} with status {", ".join(sorted(wrong))}: expected '
                f'{", ".join(expected) or "none"}')

    @property
    def possible_statuses(self) -> tuple[str, ...]:
        """Return the statuses that this object may have."""
        return possible_statuses_of(self.category) if self.statuses is None else self.statuses


@dataclass(frozen=True)
class Scene:
    """The objects around the vehicle, which stands at the origin and looks along +x.

    :ivar annotated: the directions from the vehicle in which every object is listed; elsewhere
        there may be others.
    """

    objects: tuple[SceneObject, ...]
    annotated: tuple[str, ...] = DIRECTIONS
