# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What can be read off sound directly: its spectrum in time, and from where it comes."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from mpnp_ros.encoders.spectrogram import bands, decibels, spectra

SPEED_OF_SOUND = 343.0   # m/s
FRAME_S = 0.032   # of one spectrum
_LOWEST_HZ = 60.0
_DIRECTED_HZ = (150.0, 3000.0)   # where phases tell directions
_QUIET_DB, _SPAN_DB = -100.0, 100.0   # what is written as -1, and up to 1
_CHANGE_DB, _DIFFERENCE_DB = 20.0, 10.0   # what is written as 1
_PROMINENCE_DB = 40.0
_SIDE_DB = 2.0   # steep where it is about left or right, and level where that is clear

SCALARS = (
    'slice',  # 1 for the token of a slice of time, 0 for that of a direction
    'place',  # of a slice: -1 the oldest to 1 the newest
    'level',  # all frequencies
    'loudest',  # of all frames against the mean
    'peak', 'peak_change',  # band of the strongest tone, and against the slice before
    'prominence',  # of the strongest band against the middle one
    'flatness',  # 1 of noise, towards 0 of a tone
    # Of a direction:
    'phase',  # how well the microphones' delays fit it, against the mean over all directions
    'best',  # 1 where they fit it best
    'side_low', 'side_middle', 'side_high',  # how much louder it is on that side
    'heading_cos', 'heading_sin',  # of the direction in the base frame, 0 where not known
)
_SIDES_HZ = (0.0, 400.0, 1500.0, math.inf)


@dataclass(frozen=True)
class Ears:
    """Where the microphones [channels, 2] sit in their frame, m, and how they are read."""

    places: np.ndarray
    sample_rate: int
    slices: int
    directions: int
    bands: int

    @property
    def frame(self) -> int:
        """Return the samples of one spectrum, a power of two."""
        return 1 << max(round(math.log2(FRAME_S * self.sample_rate)), 4)

    @property
    def shortest(self) -> int:
        """Return the fewest samples that can be described: a spectrum for each slice."""
        return self.frame // 2 * (self.slices + 1)

    @property
    def width(self) -> int:
        """Return the number of values per token."""
        return len(SCALARS) + 2 * self.bands

    @property
    def azimuths(self) -> np.ndarray:
        """Return the directions [directions], rad in the frame of the microphones."""
        if len(self.places) < 2:
            return np.empty(0)
        return np.arange(self.directions) * (2.0 * math.pi / self.directions)


def statistics(samples: np.ndarray, ears: Ears, headings: np.ndarray) -> np.ndarray:
    """Describe samples [n, channels] by numbers in [-1, 1]: [slices + directions, width].

    A token is SCALARS and then twice as many numbers as there are bands. Of a slice of time they
    are the level of each band and its change from the slice before, the mean of all
    microphones; of a direction, the level of each band of the sum of the microphones delayed
    for it, and how much that is above the mean over all directions.

    :param headings: [directions] of them in the base frame, rad, NaN where not known.
    """
    spectrum = spectra(samples, ears.frame)   # [F, B, C]
    weights = bands(ears.bands, ears.frame, ears.sample_rate, _LOWEST_HZ)   # [bands, B]
    power = np.square(np.abs(spectrum))
    tokens = [_slices(power.mean(axis=2), weights, ears)]
    if len(ears.azimuths):
        tokens.append(_directions(spectrum, power, weights, ears, headings))
    return np.clip(np.concatenate(tokens), -1.0, 1.0)


def _slices(power: np.ndarray, weights: np.ndarray, ears: Ears) -> np.ndarray:
    """Describe the mean power [F, B] of the microphones slice by slice: [slices, width]."""
    parts = np.array_split(power @ weights.T, ears.slices)   # each [f, bands]
    levels = [decibels(part.mean(axis=0)) for part in parts]   # each [bands]
    rows = []
    for number, (part, level) in enumerate(zip(parts, levels, strict=True)):
        before = levels[max(number - 1, 0)]
        total = decibels(part.sum(axis=1))   # [f]
        values = dict.fromkeys(SCALARS, 0.0)
        values.update(
            slice=1.0, place=2.0 * number / max(ears.slices - 1, 1) - 1.0,
            level=float(_loudness(decibels(part.sum(axis=1).mean()))),
            loudest=float(total.max() - total.mean()) / _CHANGE_DB,
            peak=_band_place(level), peak_change=2.0 * (_band_place(level) - _band_place(before)),
            prominence=float(level.max() - np.median(level)) / _PROMINENCE_DB,
            flatness=10.0 ** (float(level.mean() - decibels(part.mean())) / 10.0))
        rows.append(np.concatenate([
            [values[name] for name in SCALARS], _loudness(level),
            (level - before) / _CHANGE_DB]))
    return np.stack(rows)


def _directions(
    spectrum: np.ndarray, power: np.ndarray, weights: np.ndarray, ears: Ears,
    headings: np.ndarray,
) -> np.ndarray:
    """Describe what comes from each direction: [directions, width]."""
    hertz = np.arange(spectrum.shape[1]) * (ears.sample_rate / ears.frame)   # [B]
    way = np.stack([np.cos(ears.azimuths), np.sin(ears.azimuths)], axis=1)   # [D, 2]
    # A plane wave reaches a microphone further towards its source earlier by this many seconds.
    early = way @ ears.places.T / SPEED_OF_SOUND   # [D, C]
    turns = np.exp(-2j * math.pi * hertz[:, None] * early[:, None])   # [D, B, C]
    beams = _steered(spectrum, turns)   # [D, B]
    level = decibels(beams @ weights.T)   # [D, bands]

    heard = (hertz >= _DIRECTED_HZ[0]) & (hertz <= _DIRECTED_HZ[1])
    white = spectrum[:, heard] / np.maximum(np.abs(spectrum[:, heard]), 1e-9)
    phase = _steered(white, turns[:, heard]).mean(axis=1)   # [D] 1 where all agree
    side = _sides(power.mean(axis=0), hertz, ears, way)   # [D, 3]
    rows = []
    for number, heading in enumerate(headings):
        values = dict.fromkeys(SCALARS, 0.0)
        values.update(
            level=float(_loudness(decibels(beams[number].sum()))),
            phase=4.0 * float(phase[number] - phase.mean()),
            best=float(number == int(np.argmax(phase))),
            peak=_band_place(level[number]))
        values.update(zip(('side_low', 'side_middle', 'side_high'), side[number]))
        if math.isfinite(heading):
            values['heading_cos'], values['heading_sin'] = math.cos(heading), math.sin(heading)
        rows.append(np.concatenate([
            [values[name] for name in SCALARS], _loudness(level[number]),
            (level[number] - level.mean(axis=0)) / _DIFFERENCE_DB]))
    return np.stack(rows)


def _steered(spectrum: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Return the mean power [D, B] of the microphones' mean after turning their phases.

    :param spectrum: [F, B, C].
    :param turns: [D, B, C] of absolute value 1.
    """
    of_bin = spectrum.transpose(1, 2, 0)   # [B, C, F]
    # The covariance of the microphones says all, whatever the direction.
    covariance = of_bin @ of_bin.conj().transpose(0, 2, 1) / len(spectrum)   # [B, C, C]
    turned = np.einsum('dbc,bce,dbe->db', turns, covariance, turns.conj(), optimize=True)
    return np.maximum(turned.real, 0.0) / spectrum.shape[2] ** 2


def _sides(power: np.ndarray, hertz: np.ndarray, ears: Ears, way: np.ndarray) -> np.ndarray:
    """Return how much louder microphones towards each direction are: [D, 3] ranges of pitch."""
    off = ears.places - ears.places.mean(axis=0)   # [C, 2]
    towards = off @ way.T   # [C, D] m
    towards /= np.maximum(np.abs(towards).sum(axis=0), 1e-6)
    ranges = []
    for low, high in zip(_SIDES_HZ[:-1], _SIDES_HZ[1:], strict=True):
        level = decibels(power[(hertz >= low) & (hertz < high)].sum(axis=0))   # [C]
        ranges.append(np.tanh((level - level.mean()) @ towards / _SIDE_DB))
    return np.stack(ranges, axis=1)


def _band_place(level: np.ndarray) -> float:
    """Return the band of the strongest tone, 0 (lowest) to 1, between bands where it is."""
    share = 10.0 ** ((level - level.max()) / 10.0)
    share[share < 0.1] = 0.0
    return float(share @ np.arange(len(level)) / share.sum() / max(len(level) - 1, 1))


def _loudness(level_db: np.ndarray) -> np.ndarray:
    return 2.0 * (level_db - _QUIET_DB) / _SPAN_DB - 1.0
