# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a kind of object is, and the list of all kinds.

Object frame: x forward, y left, z up, origin on the ground under the middle (REP 103).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mpnp_ros.world.objects.paint import Color
from mpnp_ros.world.parts import Parts

Size = tuple[float, float, float]
Sizes = tuple[Size, Size]
Builder = Callable[[Parts, Size, Color, np.random.Generator, str], None]


@dataclass(frozen=True)
class Kind:
    """One of nuScenes-QA's objects.

    :ivar forms: how it can look, e.g. 'with rider', and of each the smallest and the largest
        size (length, width, height) in metres; the first is the usual one.
    :ivar colors: words that say its colour, each a key of PAINTS.
    :ivar colored: whether one word says the colour of the whole.
    :ivar statuses: what its status tells: 'motion', 'rider', 'posture' or '', nothing.
    :ivar build: adds the parts of a size, a colour and a form; the generator is that of details.
    """

    name: str
    plural: str
    forms: Mapping[str, Sizes]
    colors: tuple[str, ...]
    colored: bool
    statuses: str
    build: Builder

    @property
    def usual(self) -> str:
        """Return the usual form."""
        return next(iter(self.forms))


KINDS: dict[str, Kind] = {}


def register(
    name: str, plural: str, *, forms: Mapping[str, Sizes], colors: tuple[str, ...],
    colored: bool = True, statuses: str = 'motion',
) -> Callable[[Builder], Builder]:
    """Add a kind that the decorated function builds."""

    def decorate(build: Builder) -> Builder:
        KINDS[name] = Kind(name, plural, forms, colors, colored, statuses, build)
        return build

    return decorate
