# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""'Is the way ahead clear for 10 meters?': what the lidar sees in front of the bumper."""

from __future__ import annotations

from collections.abc import Iterator
import math

from mpnp_ros.world.asking.asker import Asker, Decided, YES_NO, yes_no
from mpnp_ros.world.asking.moment import Moment
from mpnp_ros.world.geometry import Box
from mpnp_ros.world.scene import EGO_FRONT

LENGTHS_M = (5, 10, 15, 20, 30)
# What comes nearer than the first to the middle line of the ego vehicle is in its way, and what
# stays further off than the second is not.
IN_THE_WAY_M, BESIDE_M = 1.2, 1.6
MARGIN = 0.1   # relative distance to a length; nearer, nothing is asked
TURNING_RAD_S = 0.1   # from here on the way does not lead straight on


class FreeWay(Asker):
    """Ask how far the ego vehicle could go straight on.

    Only objects are known here: walls and kerbs do not count, and nothing is asked in a bend.
    """

    type = 'free way'
    modality = 'lidar'

    def decide(self, moment: Moment) -> Iterator[Decided]:
        """Return a question for each of LENGTHS_M with a sure answer."""
        if abs(moment.ego.yaw_rate) > TURNING_RAD_S:
            return
        sure_m, doubtful_m = _free_way_m(moment)
        for length in LENGTHS_M:
            if sure_m < length * (1 - MARGIN):
                answer = False
            elif min(sure_m, doubtful_m) > length * (1 + MARGIN):
                answer = True
            else:
                continue
            yield Decided((
                f'Is the way ahead clear for {length} meters?',
                f'Is the way in front of me free for the next {length} meters?',
                f'Can I go straight on for {length} meters?'), yes_no(answer), YES_NO)


def _free_way_m(moment: Moment) -> tuple[float, float]:
    """Return how far it is to the first object that is surely, and possibly, in the way."""
    sure, doubtful = math.inf, math.inf
    for one in moment.objects:
        ahead_m, aside_m = in_front(one.box)
        if ahead_m < 0.0 or aside_m > BESIDE_M:
            continue
        if aside_m <= IN_THE_WAY_M and moment.sensing.of('lidar', one) == 'clear':
            sure = min(sure, ahead_m)
        else:
            doubtful = min(doubtful, ahead_m)
    return sure, doubtful


def in_front(box: Box) -> tuple[float, float]:
    """Return a box's distance ahead of the bumper and to the ego's middle line, m."""
    corners = box.footprint()
    low, high = float(corners[:, 1].min()), float(corners[:, 1].max())
    return float(corners[:, 0].min()) - EGO_FRONT, max(low, -high, 0.0)
