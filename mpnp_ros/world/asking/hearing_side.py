# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""'From which side does the siren come?': what several microphones tell together."""

from __future__ import annotations

from collections.abc import Iterator
import math

from mpnp_ros.world.asking.asker import Asker, Decided
from mpnp_ros.world.asking.hearing import is_heard, perhaps_heard, SOUNDS
from mpnp_ros.world.asking.moment import Moment
from mpnp_ros.world.truth import Seen

SIDES = ('front', 'left', 'back', 'right')   # counter-clockwise, a quarter each
_MARGIN_DEG = 12.0   # nearer to the border of two sides, nothing is asked


class HearingSide(Asker):
    """Ask from which side a sound comes."""

    type = 'hearing side'
    modality = 'microphone'

    def decide(self, moment: Moment) -> Iterator[Decided]:
        """Return a question about each sound that is heard from one side only."""
        for sound in SOUNDS:
            if is_heard(moment, sound):
                sides = {side(one) for one in perhaps_heard(moment, sound)}
                if len(sides) == 1 and '' not in sides:
                    yield Decided((
                        f'From which side does the {sound} come: front, left, back or right?',
                        f'Is the {sound} to the front, left, back or right?'),
                        sides.pop(), SIDES)


def side(one: Seen) -> str:
    """Return one of SIDES, '' near a border of two."""
    bearing = math.degrees(math.atan2(one.box.pose.y, one.box.pose.x)) % 360.0
    quarter = round(bearing / 90.0)
    off = abs(bearing - 90.0 * quarter)
    return SIDES[quarter % 4] if off <= 45.0 - _MARGIN_DEG else ''
