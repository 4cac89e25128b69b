# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The light, the weather and what ails the sensors during a drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np

LIGHTS = ('day', 'dusk', 'night')
_THIN_M, _DENSE_M = 150.0, 25.0  # visibility in the thinnest and in the densest fog


@dataclass(frozen=True)
class Conditions:
    """Strengths are between 0, not there, and 1, as bad as it gets.

    :ivar light: one of LIGHTS.
    :ivar glare: of a low sun ahead of the cameras that face it; by day and at dusk.
    :ivar dirty: names of the cameras with a dirty lens.
    :ivar dead: the sensors that give nothing: 'camera back', or another's name, e.g. 'lidar_top'.
    """

    light: str = 'day'
    fog: float = 0.0
    rain: float = 0.0
    dust: float = 0.0
    glare: float = 0.0
    dirty: tuple[str, ...] = ()
    dirt: float = 0.7
    dead: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.light not in LIGHTS:
            raise ValueError(f'light {self.light!r}: expected one of {", ".join(LIGHTS)}')
        for name in ('fog', 'rain', 'dust', 'glare', 'dirt'):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f'{name} {getattr(self, name)!r}: expected 0 to 1')

    @property
    def visibility_m(self) -> float:
        """Return the distance at which fog leaves 5 % of the contrast; inf without fog."""
        if self.fog == 0.0:
            return math.inf
        return _THIN_M * (_DENSE_M / _THIN_M) ** self.fog

    @property
    def names(self) -> tuple[str, ...]:
        """Return them in words, e.g. ('night', 'fog', 'dirty lens front', 'dead camera back')."""
        weather = tuple(name for name in ('fog', 'rain', 'dust', 'glare') if getattr(self, name))
        lenses = tuple(f'dirty lens {name}' for name in self.dirty)
        return (self.light, *weather, *lenses, *(f'dead {name}' for name in self.dead))

    @classmethod
    def from_seed(
        cls, seed: int, cameras: Sequence[str], others: Sequence[str] = ()
    ) -> Conditions:
        """Sample conditions: three in five by day, most with nothing else amiss.

        :param cameras: of which one may be dirty and one dead.
        :param others: names of other sensors, of which one may be dead.
        """
        rng = np.random.default_rng([seed, 7])
        light = str(rng.choice(LIGHTS, p=[0.6, 0.15, 0.25]))

        def strength(share: float) -> float:
            value = float(rng.uniform(0.2, 1.0))
            return value if rng.random() < share else 0.0

        weather = {name: strength(share) for name, share in (
            ('fog', 0.15), ('rain', 0.12), ('dust', 0.06), ('glare', 0.12))}
        if light == 'night':
            weather['glare'] = 0.0
        dirty = str(rng.choice(cameras)) if rng.random() < 0.10 else ''
        dead = [f'camera {rng.choice(cameras)}'] if rng.random() < 0.06 else []
        if others and rng.random() < 0.04:
            dead.append(str(rng.choice(others)))
        return cls(
            light=light, **weather, dirty=(dirty,) if dirty else (),
            dirt=float(rng.uniform(0.4, 1.0)), dead=tuple(dead))


CLEAR = Conditions()
