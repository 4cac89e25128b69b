# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""'Am I turning left?': what the gyroscope tells."""

from __future__ import annotations

from collections.abc import Iterator

from mpnp_ros.world.asking.asker import Asker, Decided, YES_NO, yes_no
from mpnp_ros.world.asking.moment import Moment

TURNING_RAD_S = 0.1     # surely turning: a bend of 100 m at 10 m/s
STRAIGHT_RAD_S = 0.03   # surely not
WAYS = ('left', 'right', 'neither')


class Turning(Asker):
    """Ask which way the ego vehicle turns."""

    type = 'turning'
    modality = 'imu'

    def decide(self, moment: Moment) -> Iterator[Decided]:
        """Return all questions, none where it turns only just."""
        rate = moment.ego.yaw_rate
        if STRAIGHT_RAD_S < abs(rate) < TURNING_RAD_S:
            return
        way = 'neither' if abs(rate) <= STRAIGHT_RAD_S else 'left' if rate > 0.0 else 'right'
        for asked in ('left', 'right'):
            yield Decided((f'Am I turning {asked}?', f'Am I going round a bend to the {asked}?'),
                          yes_no(way == asked), YES_NO)
        yield Decided(('Am I turning?', 'Am I going round a bend?'),
                      yes_no(way != 'neither'), YES_NO)
        yield Decided(('Am I turning left, right or neither?',
                       'Which way am I turning: left, right or neither?'), way, WAYS)
