# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""'How fast is the nearest car ahead moving?': the radar must see it, and along its motion."""

from __future__ import annotations

from collections.abc import Iterator
import math

from mpnp_ros.world.asking.approach import towards_m_s
from mpnp_ros.world.asking.asker import Asker, Decided
from mpnp_ros.world.asking.moment import Moment, PLACES
from mpnp_ros.world.truth import Seen

MOVERS = ('car', 'truck', 'bus', 'trailer', 'construction vehicle', 'motorcycle', 'bicycle',
          'pedestrian')
# From and to which speed over ground, m/s; in between nothing is asked.
SPEEDS_M_S = {'still': (0.0, 0.3), 'slow': (1.0, 5.0), 'fast': (7.0, math.inf)}


class Speed(Asker):
    """Ask how fast the nearest object of a kind is, anywhere or in a direction.

    A radar measures only the part of a speed that points to it or away: what moves across is not
    asked about.
    """

    type = 'speed'
    modality = 'radar'

    def decide(self, moment: Moment) -> Iterator[Decided]:
        """Return a question for each kind and place with a sure answer."""
        for kind in MOVERS:
            for place in PLACES:
                answer = moment.nearest(kind, place, 'radar', speed_of)
                if answer:
                    yield Decided((
                        f'How fast is the nearest {kind}{place} moving: still, slow or fast?',
                        f'Is the closest {kind}{place} still, slow or fast?'),
                        answer, tuple(SPEEDS_M_S))


def speed_of(one: Seen) -> str:
    """Return the name of an object's speed, '' where the part along the line of sight differs."""
    whole, along = _name(math.hypot(*one.velocity)), _name(abs(towards_m_s(one)))
    return whole if whole == along else ''


def _name(speed_m_s: float) -> str:
    return next((name for name, (low, high) in SPEEDS_M_S.items() if low <= speed_m_s <= high), '')
