# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode what microphones hear as tokens of slices of time and of directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Any, ClassVar

import numpy as np

from mpnp_ros.encoders.audio_samples import decode_audio
from mpnp_ros.encoders.audio_statistics import Ears, statistics
from mpnp_ros.encoders.base import InputError, option, register, View
from mpnp_ros.encoders.formula_encoder import FormulaEncoder
from mpnp_ros.encoders.heading import heading, wrapped
from mpnp_ros.encoders.quality import Flaw, judged, of_views, Quality, ramp


_CLIPPED = 0.999   # of full scale


@register('audio_directions')
class AudioDirections(FormulaEncoder):
    """Encode sound as one token per slice of the window and one per direction around.

    Input: samples [n, channels] float32 in [-1, 1] per view, each an array of microphones.
    Output: tokens [views * (slices + directions), width] in [-1, 1], `audio_statistics.SCALARS`
    and the bands; first the slices, the oldest first, whose azimuth is NaN, then the directions,
    counter-clockwise from the array's x axis, with their azimuth, NaN where the mount is not
    known. A single microphone has no directions.
    """

    version: ClassVar[int] = 1
    message_types: ClassVar[tuple[str, ...]] = (
        'mpnp_ros/msg/Audio', 'audio_common_msgs/msg/AudioDataStamped')

    @dataclass(frozen=True)
    class Options:
        """Defaults: four microphones around the edge of a roof."""

        sample_rate: int = option(
            16000, 'Samples per second of each channel, Hz.', minimum=4000, maximum=192000)
        microphone_x: list[float] = option(
            [0.6, 0.0, -0.6, 0.0], "Where the microphones sit in the array's frame, forward, "
            'metres; one entry per channel.')
        microphone_y: list[float] = option(
            [0.0, 0.5, 0.0, -0.5], "Where the microphones sit in the array's frame, to the left, "
            'metres; one entry per channel.')
        window_s: float = option(
            1.0, 'How far back sound counts, s; more in a message is left out.', minimum=0.1,
            maximum=60.0)
        slices: int = option(4, 'Slices of time the sound is divided into.',
                             minimum=1, maximum=64)
        directions: int = option(8, 'Directions that are listened to.', minimum=1, maximum=64)
        bands: int = option(32, 'Bands of frequency, even in mel.', minimum=4, maximum=128)

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        super().__init__(options, device=device)
        x, y = options.microphone_x, options.microphone_y
        if len(x) != len(y) or not x:
            raise ValueError(f'microphone_x has {len(x)} entries and microphone_y {len(y)}: '
                             'expected as many, and at least one')
        places = np.array([x, y], dtype=np.float64).T   # [channels, 2]
        if not np.isfinite(places).all():
            raise ValueError('microphone_x, microphone_y: expected finite numbers')
        self._ears = Ears(places, options.sample_rate, options.slices, options.directions,
                          options.bands)

    @property
    def width(self) -> int:
        """Return the number of values per token."""
        return self._ears.width

    @classmethod
    def window_s(cls, options: Any) -> float:
        """Return the seconds that a sample reaches back."""
        return float(options.window_s)

    def decode(self, message: Any) -> np.ndarray:
        """Decode an Audio or AudioDataStamped, or a list of them, to samples [n, channels].

        Raises InputError naming the field and the cause.
        """
        return decode_audio(message, self._ears.sample_rate, len(self._ears.places))

    def describe(self, sample: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
        """Return the tokens of one array and their azimuths; see the class."""
        ears = self._ears
        if sample.ndim != 2 or sample.shape[1] != len(ears.places):
            raise InputError(f'sample of view {view.name!r}: expected samples '
                             f'[n, {len(ears.places)}], got {list(sample.shape)}')
        recent = sample[-round(self.options.window_s * ears.sample_rate):]
        if len(recent) < ears.shortest:
            raise InputError(f'data: {len(recent)} samples of view {view.name!r} are too short, '
                             f'expected at least {ears.shortest}')
        if not np.isfinite(recent).all():
            raise InputError(f'sample of view {view.name!r}: a sample is not finite')
        headings = heading(view) + ears.azimuths
        tokens = statistics(recent, ears, headings)
        azimuth = np.concatenate([np.full(ears.slices, math.nan), wrapped(headings)])
        return tokens, azimuth

    def quality(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Quality | None:
        """Judge silent microphones and clipped samples."""
        return of_views({view.name: sound_quality(sound)
                         for sound, view in zip(samples, views, strict=True)})

    @staticmethod
    def never_repeats(message: Any) -> Any:
        """Return the samples of the newest message."""
        if isinstance(message, Sequence):
            message = message[-1]
        return message.audio.data if hasattr(message, 'audio') else message.data


def sound_quality(samples: np.ndarray) -> Quality:
    """Judge samples [n, channels].

    Measures: 'level' (rms against full scale), 'silent' (share of the microphones that give one
    value only) and 'clipped' (share of the samples at full scale).
    """
    level = float(np.sqrt(np.mean(np.square(samples))))
    silent = float((samples.max(axis=0) == samples.min(axis=0)).mean())
    clipped = float((np.abs(samples) >= _CLIPPED).mean())
    return judged({'level': level, 'silent': silent, 'clipped': clipped}, [
        Flaw(1.0 - silent, f'silent microphones ({silent:.0%})'),
        Flaw(ramp(clipped, 0.3, 0.01), f'clipped ({clipped:.0%} of the samples)')])
