# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode the last second of an inertial measurement unit as tokens of slices of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Any, ClassVar

import numpy as np

from mpnp_ros.encoders.base import InputError, option, register, View
from mpnp_ros.encoders.formula_encoder import FormulaEncoder
from mpnp_ros.encoders.heading import rotation
from mpnp_ros.encoders.imu_reading import COLUMNS, decode_imu
from mpnp_ros.encoders.imu_statistics import NAMES, statistics
from mpnp_ros.encoders.quality import Flaw, judged, of_views, Quality, ramp


_ENOUGH = 10   # readings whose mean is good enough


@register('imu_window')
class ImuWindow(FormulaEncoder):
    """Encode inertial readings as one token per slice of the window and one of the whole.

    Input: readings [n, 7] float64 per view, see `imu_reading.COLUMNS`, in any order; the newest
    is the window's end. A single reading is a window too, though a noisy one.
    Output: tokens [views * (slices + 1), width] in [-1, 1], `imu_statistics.NAMES`, the oldest
    slice first and the whole last; azimuth: NaN, turning has no direction.

    Readings are turned into the axes of the base where the mount is known.
    """

    version: ClassVar[int] = 1
    message_types: ClassVar[tuple[str, ...]] = ('sensor_msgs/msg/Imu',)

    @dataclass(frozen=True)
    class Options:
        """Defaults: a second in quarters."""

        window_s: float = option(
            1.0, 'How far back readings count, s.', minimum=0.01, maximum=60.0)
        slices: int = option(4, 'Slices of time the window is divided into.',
                             minimum=1, maximum=64)

    @property
    def width(self) -> int:
        """Return the number of values per token."""
        return len(NAMES)

    @classmethod
    def window_s(cls, options: Any) -> float:
        """Return the seconds that a sample reaches back."""
        return float(options.window_s)

    def decode(self, message: Any) -> np.ndarray:
        """Decode a sensor_msgs/Imu, or a list of them, to readings [n, 7]; raises InputError."""
        return decode_imu(message)

    def describe(self, sample: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
        """Return the tokens of one unit and their azimuths; see the class."""
        if sample.ndim != 2 or sample.shape[1] != len(COLUMNS) or not len(sample):
            raise InputError(f'sample of view {view.name!r}: expected readings '
                             f'[n, {len(COLUMNS)}], got {list(sample.shape)}')
        if not np.isfinite(sample).all():
            raise InputError(f'sample of view {view.name!r}: a reading is not finite')
        window_s, slices = self.options.window_s, self.options.slices
        to_base = rotation(view).T
        readings = np.column_stack([
            sample[:, 0] - sample[:, 0].max(), sample[:, 1:4] @ to_base, sample[:, 4:7] @ to_base])
        edges = np.linspace(-window_s, 0.0, slices + 1)
        tokens = [statistics(readings, start, end, window_s)
                  for start, end in zip(edges[:-1], edges[1:], strict=True)]
        tokens.append(statistics(readings, -window_s, 0.0, window_s))
        return np.stack(tokens), np.full(len(tokens), math.nan)

    def quality(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Quality | None:
        """Judge the number of readings, and whether they change at all."""
        return of_views({view.name: readings_quality(readings)
                         for readings, view in zip(samples, views, strict=True)})


def readings_quality(readings: np.ndarray) -> Quality:
    """Judge readings [n, 7].

    Measures: 'readings' (their number) and 'alike' (share that repeats the one before: every
    real reading carries noise).
    """
    count = len(readings)
    repeats = (np.diff(readings[:, 1:], axis=0) == 0.0).all(axis=1)
    alike = float(repeats.mean()) if count > 1 else 0.0
    return judged({'readings': float(count), 'alike': alike}, [
        Flaw(0.4 + 0.6 * ramp(count, 1.0, _ENOUGH), f'few readings ({count})'),
        Flaw(ramp(alike, 1.0, 0.5), f'frozen ({alike:.0%} of the readings repeat)')])
