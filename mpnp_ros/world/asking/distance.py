# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""'About how many meters away is the nearest bus?': the lidar must see it."""

from __future__ import annotations

from collections.abc import Iterator
import math

from mpnp_ros.evaluation.questions.question_nuscenes_qa import OBJECTS
from mpnp_ros.world.asking.asker import Asker, Decided
from mpnp_ros.world.asking.moment import Moment, PLACES
from mpnp_ros.world.truth import Seen

# Each twice the one before it: a distance is 'about' the number to which its ratio is smallest.
METERS = {'five': 5.0, 'ten': 10.0, 'twenty': 20.0, 'forty': 40.0}

_MARGIN = 0.08   # relative distance to the border between two numbers; nearer, nothing is asked
_HALF_STEP = math.sqrt(2.0)


class Distance(Asker):
    """Ask how far it is to the nearest object of a kind, anywhere or in a direction."""

    type = 'distance'
    modality = 'lidar'

    def decide(self, moment: Moment) -> Iterator[Decided]:
        """Return a question for each kind and place with a sure answer."""
        gaps = {id(one): float(gap) for one, gap in zip(moment.objects, moment.gaps)}

        def meters(one: Seen) -> str:
            return about(gaps[id(one)])

        for kind in OBJECTS:
            for place in PLACES:
                answer = moment.nearest(kind, place, 'lidar', meters)
                if answer:
                    yield Decided((
                        f'About how many meters away is the nearest {kind}{place}: five, ten, '
                        'twenty or forty?',
                        f'Is the closest {kind}{place} about five, ten, twenty or forty meters '
                        'away?'), answer, tuple(METERS))


def about(gap_m: float) -> str:
    """Return the number of METERS that is nearest, '' near a border and beyond the last one."""
    for name, meters in METERS.items():
        if (meters / _HALF_STEP * (1 + _MARGIN) <= gap_m
                <= meters * _HALF_STEP * (1 - _MARGIN)):
            return name
    return ''
