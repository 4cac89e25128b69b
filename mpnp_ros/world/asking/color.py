# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""'What color is the nearest car?': a camera must see it."""

from __future__ import annotations

from collections.abc import Iterator

from mpnp_ros.world.asking.asker import Asker, Decided
from mpnp_ros.world.asking.moment import Moment, PLACES
from mpnp_ros.world.objects.paint import VEHICLE_COLORS

# What is painted in any of them; a cone is always orange.
PAINTED = ('car', 'truck', 'bus', 'trailer', 'construction vehicle', 'motorcycle', 'bicycle')


class Color(Asker):
    """Ask for the colour of the nearest vehicle of a kind, anywhere or in a direction."""

    type = 'color'
    modality = 'camera'

    def decide(self, moment: Moment) -> Iterator[Decided]:
        """Return a question for each kind and place where the answer is sure."""
        for kind in PAINTED:
            for place in PLACES:
                color = moment.nearest(kind, place, 'camera', lambda one: one.color)
                if color in VEHICLE_COLORS:
                    yield Decided((
                        f'What color is the nearest {kind}{place}?',
                        f'What is the color of the closest {kind}{place}?',
                        f'The nearest {kind}{place} has what color?'), color, VEHICLE_COLORS)
