# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""'Is anything coming towards me?': what the radar tells of speeds along its line of sight."""

from __future__ import annotations

from collections.abc import Iterator
import math

from mpnp_ros.evaluation.nuscenes_qa.scene import DIRECTIONS
from mpnp_ros.world.asking.asker import Asker, Decided, YES_NO, yes_no
from mpnp_ros.world.asking.moment import Moment
from mpnp_ros.world.truth import Seen

COMING_M_S = 1.5       # towards the ego vehicle, over ground: surely coming
NOT_COMING_M_S = 0.5   # surely not
_ANYWHERE = ''


class Approach(Asker):
    """Ask whether anything comes towards the ego vehicle by its own motion."""

    type = 'approach'
    modality = 'radar'

    def decide(self, moment: Moment) -> Iterator[Decided]:
        """Return a question about all directions and one about each, where they are sure.

        Where one of several radars is dead nothing is asked: there something may come unseen.
        """
        if not moment.sensing.works.all('radar'):
            return
        for place in (_ANYWHERE, *DIRECTIONS):
            coming = _coming(moment, place)
            if coming is not None:
                where = f' from the {place}' if place else ''
                yield Decided((
                    f'Is anything coming towards me{where}?',
                    f'Does anything approach me{where}?',
                    f'Is something moving towards me{where}?'), yes_no(coming), YES_NO)


def towards_m_s(one: Seen) -> float:
    """Return how fast an object moves over ground towards the ego vehicle."""
    x, y = one.box.pose.x, one.box.pose.y
    return -(one.velocity[0] * x + one.velocity[1] * y) / max(math.hypot(x, y), 1e-6)


def _coming(moment: Moment, place: str) -> bool | None:
    row = DIRECTIONS.index(place) if place else -1
    perhaps = False
    for index, one in enumerate(moment.objects):
        if row >= 0 and not moment.possible[row, index]:
            continue
        speed = towards_m_s(one)
        if speed > COMING_M_S and moment.sensing.of('radar', one) == 'faint' and (
                row < 0 or moment.sure[row, index]):
            return True
        perhaps = perhaps or speed > NOT_COMING_M_S
    return None if perhaps else False
