# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How loud the actors of a moment are at a place, and which of them can be heard."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import math

from mpnp_ros.world.sensing.sounds import sound_of
from mpnp_ros.world.truth import Seen

_ABSORPTION_DB_PER_M = 0.01   # of air at 1 to 2 kHz
_NEAREST_M = 1.0
_QUIET_DB = 50.0   # a street with the ego standing
_WIND_DB, _WIND_SPEED = 66.0, 10.0   # at 10 m/s; the power grows with the fourth power of speed
# How far below all the rest a sound can lie and still be heard: tones stand out of noise.
_MARGIN_DB: dict[str, float] = {'siren': 8.0, 'horn': 6.0, 'engine': 0.0}


def level_db(sound_level_db: float, distance_m: float) -> float:
    """Return the level of a point source at a distance, dB, from that at 1 m."""
    far = max(distance_m, _NEAREST_M)
    return sound_level_db - 20.0 * math.log10(far) - _ABSORPTION_DB_PER_M * far


def noise_db(ego_speed: float) -> float:
    """Return the level of street, road and wind at a microphone outside the ego, dB(A)."""
    return _sum_db([_QUIET_DB, _WIND_DB + 40.0 * math.log10(max(ego_speed, 0.1) / _WIND_SPEED)])


def source_place(seen: Seen) -> tuple[float, float, float]:
    """Return where an actor's sound comes from, in base_link, m."""
    return seen.box.pose.x, seen.box.pose.y, seen.box.size[2] / 2.0


def with_levels(
    objects: Sequence[Seen], place: tuple[float, float, float]
) -> tuple[Seen, ...]:
    """Return the objects with the levels of their sounds at a place in base_link, m."""
    loud = []
    for one in objects:
        level = 0.0
        if one.sound:
            source = sound_of(one.kind, one.sound, one.actor)
            level = max(level_db(source.level_db, math.dist(place, source_place(one))), 0.0)
        loud.append(dataclasses.replace(one, level_db=level))
    return tuple(loud)


def audible(objects: Sequence[Seen], ego_speed: float) -> frozenset[int]:
    """Return the actors whose sound stands out of the noise and of the other sounds.

    :param objects: with their `level_db`, see `with_levels`.
    """
    heard = set()
    for one in objects:
        if not one.sound:
            continue
        rest = [other.level_db for other in objects if other.sound and other is not one]
        masked = _sum_db([noise_db(ego_speed), *rest])
        if one.level_db >= masked - _MARGIN_DB[one.sound]:
            heard.add(one.actor)
    return frozenset(heard)


def _sum_db(levels: Sequence[float]) -> float:
    return 10.0 * math.log10(sum(10.0 ** (level / 10.0) for level in levels))
