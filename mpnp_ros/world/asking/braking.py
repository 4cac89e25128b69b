# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""'Am I braking?': what the accelerometer tells."""

from __future__ import annotations

from collections.abc import Iterator

from mpnp_ros.world.asking.asker import Asker, Decided, YES_NO, yes_no
from mpnp_ros.world.asking.moment import Moment

CHANGING_M_S2 = 0.8   # surely speeding up or braking
STEADY_M_S2 = 0.3     # surely not
CHANGES = ('braking', 'speeding up', 'neither')


class Braking(Asker):
    """Ask whether the ego vehicle brakes or speeds up."""

    type = 'braking'
    modality = 'imu'

    def decide(self, moment: Moment) -> Iterator[Decided]:
        """Return all questions, none where the speed changes only just."""
        rate = moment.ego.acceleration
        if STEADY_M_S2 < abs(rate) < CHANGING_M_S2:
            return
        change = 'neither' if abs(rate) <= STEADY_M_S2 else \
            'speeding up' if rate > 0.0 else 'braking'
        yield Decided(('Am I braking?', 'Am I slowing down?'),
                      yes_no(change == 'braking'), YES_NO)
        yield Decided(('Am I speeding up?', 'Am I getting faster?'),
                      yes_no(change == 'speeding up'), YES_NO)
        yield Decided(('Am I braking, speeding up or neither?',
                       'What am I doing: braking, speeding up or neither?'), change, CHANGES)
