# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How well each sensor gets an object, in the words that questions are decided in."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Literal

from mpnp_ros.world.asking.equipment import Equipment, STANDARD, Working
from mpnp_ros.world.truth import Seen, Truth

# From nothing to all: 'unseen' objects are as if they were not there, no answer may hang on a
# 'doubtful' one, a 'faint' one counts but is not asked about alone.
Sight = Literal['unseen', 'doubtful', 'faint', 'clear']
LEVELS: tuple[Sight, ...] = ('unseen', 'doubtful', 'faint', 'clear')
SEEING = ('camera', 'lidar', 'radar')

_SMALL = ('pedestrian', 'traffic cone')
_SMALL_SHARE = 0.6   # of the pixels of other kinds: they are known by their outline


@dataclass(frozen=True)
class Enough:
    """How much a sensor must get of an object; less than `faint`, but anything, is doubtful.

    The pixels are those of the camera that has most of it, for pictures about 320 wide. A radar's
    echo tells a place and a speed but not a kind: it never makes an object clear.
    """

    faint_pixels: int = 40
    clear_pixels: int = 120
    faint_hits: int = 2
    clear_hits: int = 5
    faint_echoes: int = 2


class Sensing:
    """Tell what the sensors of a moment get of its objects.

    :ivar works: which sensors there are and work.
    """

    def __init__(self, truth: Truth, equipment: Equipment = STANDARD,
                 enough: Enough = Enough()) -> None:
        self.works = Working(truth.conditions, equipment)
        self._enough = enough

    def of(self, modality: str, seen: Seen) -> Sight:
        """Return how well cameras, lidar or radar get an object."""
        if not self.works.any(modality):
            return 'unseen'
        enough = self._enough
        if modality == 'camera':
            return self.of_pixels(seen, max((
                count for camera, count in seen.pixels.items()
                if self.works.one('camera', camera)), default=0))
        if modality == 'lidar':
            return _level(seen.hits, enough.faint_hits, enough.clear_hits)
        return _level(seen.echoes, enough.faint_echoes, math.inf)

    def of_pixels(self, seen: Seen, pixels: int) -> Sight:
        """Return how well a camera gets an object that so many of its pixels show."""
        share = _SMALL_SHARE if seen.kind in _SMALL else 1.0
        return _level(pixels, share * self._enough.faint_pixels,
                      share * self._enough.clear_pixels)

    def best(self, seen: Seen) -> Sight:
        """Return how well the sensors together get an object: as well as the best of them."""
        return max((self.of(modality, seen) for modality in SEEING), key=LEVELS.index)


def _level(amount: int, faint: float, clear: float) -> Sight:
    if amount < 1:
        return 'unseen'
    return 'clear' if amount >= clear else 'faint' if amount >= faint else 'doubtful'
