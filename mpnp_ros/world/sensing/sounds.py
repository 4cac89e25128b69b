# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What sirens, horns and engines sound like, as functions of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import functools
import math

import numpy as np

from mpnp_ros.world.geometry import Array

SOUNDS = ('siren', 'horn', 'engine')
# Sound pressure level at 1 m, dB(A), in round numbers.
_LEVELS: dict[str, float] = {'siren': 118.0, 'horn': 108.0, 'engine': 76.0}
_HEAVY_ENGINE_DB = 12.0   # what diesel engines of large vehicles are louder by
_HEAVY = ('truck', 'bus', 'construction vehicle', 'trailer')
_WAIL_HZ, _WAIL_SPAN_HZ, _WAIL_PERIOD_S = 975.0, 375.0, 4.0
_HORN_HZ = (420.0, 520.0)   # two discs, a major third apart
_HONK_S, _HONK_PERIOD_S = 0.5, 0.7
_FIRING_HZ, _HEAVY_FIRING_HZ = 55.0, 32.0
_NOISE_HZ = 4000   # how fast the noise of an engine changes
_LOOP = 1 << 14


@dataclass(frozen=True)
class Sound:
    """The sound of one actor.

    :ivar kind: one of SOUNDS.
    :ivar heavy: whether the engine is that of a large vehicle.
    :ivar actor: its index, from which phase and pitch follow.
    """

    kind: str
    heavy: bool = False
    actor: int = 0

    def __post_init__(self) -> None:
        if self.kind not in SOUNDS:
            raise ValueError(f'sound {self.kind!r}: expected one of {", ".join(SOUNDS)}')

    @property
    def level_db(self) -> float:
        """Return the sound pressure level at 1 m, dB."""
        louder = _HEAVY_ENGINE_DB if self.kind == 'engine' and self.heavy else 0.0
        return _LEVELS[self.kind] + louder

    def at(self, time_s: Array) -> Array:
        """Return the sound pressure at times of the drive, s, of any shape; about 1 rms."""
        first, second = np.random.default_rng([self.actor, 21]).random(2)
        return _WAVES[self.kind](time_s, float(first), float(second), self.heavy)


def sound_of(kind_of_actor: str, sound: str, actor: int) -> Sound:
    """Return the sound of an actor; raises ValueError for a word that is no sound."""
    return Sound(sound, kind_of_actor in _HEAVY, actor)


def _siren(time_s: Array, phase: float, pitch: float, heavy: bool) -> Array:
    """Wail: a rich tone that rises and falls between 600 and 1350 Hz in four seconds."""
    turns = 2.0 * math.pi / _WAIL_PERIOD_S
    angle = 2.0 * math.pi * (1.0 + 0.04 * (pitch - 0.5)) * (
        _WAIL_HZ * time_s - _WAIL_SPAN_HZ / turns * np.cos(turns * time_s + 2 * math.pi * phase))
    return _harmonics(angle, (1.0, 0.45, 0.3))


def _horn(time_s: Array, phase: float, pitch: float, heavy: bool) -> Array:
    """Honk: two steady tones with many harmonics, on for half a second and off for a fifth."""
    scale = (0.6 if heavy else 1.0) * (1.0 + 0.1 * (pitch - 0.5))
    tones = sum(_harmonics(2.0 * math.pi * scale * hertz * time_s, (0.7, 0.6, 0.5, 0.35))
                for hertz in _HORN_HZ) / math.sqrt(2.0)
    into = (time_s / _HONK_PERIOD_S + phase) % 1.0 * _HONK_PERIOD_S
    on: Array = np.clip(np.minimum(into, _HONK_S - into) / 0.02, 0.0, 1.0)
    return tones * on


def _engine(time_s: Array, phase: float, pitch: float, heavy: bool) -> Array:
    """Hum: the firing frequency with harmonics, and noise in its rhythm."""
    firing = (_HEAVY_FIRING_HZ if heavy else _FIRING_HZ) * (0.8 + 0.4 * pitch)
    angle = 2.0 * math.pi * (firing * time_s + phase)
    hum = _harmonics(angle, (0.8, 0.7, 0.5, 0.4, 0.3, 0.2))
    place = time_s * _NOISE_HZ + phase * _LOOP
    noise = np.interp(place % _LOOP, np.arange(_LOOP + 1), _noise_loop())
    hum += 0.5 * noise * (1.0 + 0.5 * np.cos(angle))
    return hum / math.hypot(1.0, 0.4)


_WAVES: dict[str, Callable[[Array, float, float, bool], Array]] = {
    'siren': _siren, 'horn': _horn, 'engine': _engine}


def _harmonics(angle: Array, amplitudes: tuple[float, ...]) -> Array:
    """Return a sum of harmonics of 1 rms."""
    # sin(k a) = 2 cos(a) sin((k - 1) a) - sin((k - 2) a): two functions for all harmonics.
    before, current = np.zeros_like(angle), np.sin(angle)
    twice = 2.0 * np.cos(angle)
    total = amplitudes[0] * current
    for amplitude in amplitudes[1:]:
        before, current = current, twice * current - before
        total += amplitude * current
    return total * (math.sqrt(2.0) / math.hypot(*amplitudes))


@functools.cache
def _noise_loop() -> Array:
    """Return white noise [_LOOP + 1] of 1 rms that begins again where it ends."""
    noise = np.random.default_rng(22).standard_normal(_LOOP)
    return np.append(noise, noise[0])
