# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An array of microphones on the vehicle: what it records of the sounds around it."""

from __future__ import annotations

from collections.abc import Sequence
import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mpnp_ros.world.geometry import apply, Array
from mpnp_ros.world.sensing.hearing import level_db, noise_db, source_place
from mpnp_ros.world.sensing.sensor import Field, Part, Sensor
from mpnp_ros.world.sensing.sounds import sound_of
from mpnp_ros.world.truth import EgoMotion, Seen

SPEED_OF_SOUND = 343.0   # m/s, air at 20 degrees Celsius
_LOUDEST = 32767.0
_INAUDIBLE_DB = 25.0   # what lies this far below the noise is left out
_SHARED_NOISE = 0.5   # share of the noise's power that all microphones hear alike
_KNOT_S = 0.01
_RUMBLE_HZ = 250.0   # below, road and wind are even; above, they fall with the square


class Microphone(Part):
    """One microphone of the array."""

    position: tuple[float, float, float] = Field(description='In the frame of the array, m.')
    yaw_deg: float = Field(0.0, description='Where it points in the frame of the array.')


class Microphones(Sensor):
    """Microphones that are recorded together, as their sensor file describes them."""

    kind: Literal['microphones'] = 'microphones'
    microphones: tuple[Microphone, ...] = Field(min_length=1, max_length=16)
    rate_hz: int = Field(ge=4000, le=192000)
    window_s: float = Field(gt=0.0, le=10.0, description='How much one message holds.')
    full_scale_db: float = Field(
        ge=60.0, le=160.0, description='Level of the loudest sine that is not clipped.')
    rear_db: float = Field(
        le=0.0, description='What a microphone hears from behind, against what from ahead; '
        '0: the same from everywhere.')


def record(
    array: Microphones, ego: EgoMotion, objects: Sequence[Seen], time_s: float,
    rng: np.random.Generator,
) -> NDArray[np.int16]:
    """Return the samples [n, microphones] of the window that ends at a time of the drive.

    Sound travels at 343 m/s from where an actor was, so it comes late, later at the microphone
    further away, and raised in pitch by what approaches. Actors and ego are taken to go straight
    on during the window. Nothing hides or reflects sound.
    """
    count = round(array.window_s * array.rate_hz)
    since = (np.arange(count) + 1 - count) / array.rate_hz   # [n] s, the last sample at 0
    # Distances change little from one knot to the next; what lies between is straight enough.
    knots = np.linspace(-array.window_s, 0.0, 2 + round(array.window_s / _KNOT_S))
    pressure = _noise(array, ego.speed, count, rng)   # [n, microphones] in units of full scale
    base_from_array = array.base_from_sensor
    ears = apply(base_from_array, np.array([one.position for one in array.microphones]))
    facing = np.radians([one.yaw_deg + array.yaw_deg for one in array.microphones])
    floor_db = noise_db(ego.speed) - _INAUDIBLE_DB
    for one in objects:
        if not one.sound:
            continue
        source = sound_of(one.kind, one.sound, one.actor)
        place = np.array(source_place(one))
        if level_db(source.level_db, float(np.linalg.norm(place - array.position))) < floor_db:
            continue
        drift = np.array([
            one.velocity[0] - ego.speed + ego.yaw_rate * place[1],
            one.velocity[1] - ego.yaw_rate * place[0], 0.0])   # m/s in base_link
        way = place + drift * knots[:, None, None] - ears   # [k, microphones, 3]
        distance = np.linalg.norm(way, axis=2)   # [k, microphones]
        level = level_db(source.level_db, float(distance.mean()))
        gain = (_amplitude(array, level) * distance.mean() / np.maximum(distance, 1.0)
                * _gain(array, np.arctan2(way[..., 1], way[..., 0]) - facing))
        delay = np.stack([np.interp(since, knots, column / SPEED_OF_SOUND)
                          for column in distance.T], axis=1)   # [n, microphones]
        loud = np.stack([np.interp(since, knots, column) for column in gain.T], axis=1)
        pressure += loud * source.at(time_s + since[:, None] - delay)
    return np.clip(np.round(_LOUDEST * pressure), -_LOUDEST, _LOUDEST).astype(np.int16)


def _gain(array: Microphones, off: Array) -> Array:
    """Return the directional gain at angles [n] off the axis, rad: 1 ahead, less behind."""
    rear = 10.0 ** (array.rear_db / 20.0)
    gain: Array = 0.5 * (1.0 + rear) + 0.5 * (1.0 - rear) * np.cos(off)
    return gain


def _amplitude(array: Microphones, level: float) -> float:
    """Return the rms in units of full scale of a sound of a level in dB."""
    return math.sqrt(0.5) * 10.0 ** ((level - array.full_scale_db) / 20.0)


def _noise(array: Microphones, speed: float, count: int, rng: np.random.Generator) -> Array:
    """Return street, road and wind at every microphone [n, microphones]."""
    hertz = np.fft.rfftfreq(count, 1.0 / array.rate_hz)
    shape = 1.0 / (1.0 + np.square(hertz / _RUMBLE_HZ))
    shape[0] = 0.0
    white = rng.standard_normal((1 + len(array.microphones), count))
    coloured = np.fft.irfft(np.fft.rfft(white) * shape, count)   # [1 + microphones, n]
    coloured /= np.sqrt(np.mean(np.square(coloured), axis=1, keepdims=True))
    mixed = (math.sqrt(_SHARED_NOISE) * coloured[:1]
             + math.sqrt(1.0 - _SHARED_NOISE) * coloured[1:])
    return _amplitude(array, noise_db(speed)) * mixed.T
