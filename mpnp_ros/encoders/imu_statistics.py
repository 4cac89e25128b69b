# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What can be read off a stretch of inertial readings: how it turns, speeds up, shakes."""

from __future__ import annotations

import math

import numpy as np

from mpnp_ros.encoders.bumps import bumps

GRAVITY = 9.80665   # m/s^2
MARKS = 9   # marks of each of the scales of turning and of level acceleration
_TURN_MARKED, _FORCE_MARKED = 0.6, 5.0   # ends of those scales, rad/s and m/s^2
_TURN_SCALE, _FORCE_SCALE = 1.0, 8.0   # rad/s and m/s^2 that are written as 1
_HEADING_SCALE, _SPEED_SCALE = 1.0, 8.0   # rad and m/s
_RATE = 200   # readings per second whose count is written as 1

CHANNELS = ('turn_x', 'turn_y', 'turn_z', 'force_x', 'force_y', 'force_z')
NAMES = (
    'some',  # 1 where there is a reading
    'count',  # of readings, logarithmic
    'age',  # of the stretch's middle before the window's end, over the window
    'whole',  # 1 for the whole window
    'heading_change',  # turning around z times the stretch's length
    'speed_change',  # forward acceleration times the stretch's length
    *(f'{channel}_{what}' for what in ('mean', 'deviation', 'lowest', 'highest', 'slope')
      for channel in CHANNELS),
    *(f'{channel}_mark_{k}' for channel in ('turn_z', 'force_x', 'force_y')
      for k in range(MARKS)),
)


def statistics(
    readings: np.ndarray, start_s: float, end_s: float, window_s: float
) -> np.ndarray:
    """Describe the readings of a stretch by numbers [len(NAMES)] in [-1, 1].

    :param readings: [n, 7] seconds before the window's end (negative), rad/s and m/s^2 along the
        axes of the base, gravity included; those outside the stretch are left out.
    :param start_s: of the stretch, not included, s before the window's end.
    :param end_s: of the stretch, included.
    """
    inside = readings[(readings[:, 0] > start_s) & (readings[:, 0] <= end_s)]
    length_s = end_s - start_s
    head = [float(len(inside) > 0),
            math.log1p(len(inside)) / math.log1p(_RATE * window_s),
            -(start_s + end_s) / (2.0 * window_s), float(length_s >= window_s)]
    if not len(inside):
        return np.concatenate([head, np.zeros(len(NAMES) - len(head))])
    values = inside[:, 1:].copy()
    values[:, 5] -= GRAVITY
    scaled = values / np.repeat([_TURN_SCALE, _FORCE_SCALE], 3)
    mean = values.mean(axis=0)
    return np.concatenate([
        head,
        [mean[2] * length_s / _HEADING_SCALE, mean[3] * length_s / _SPEED_SCALE],
        scaled.mean(axis=0), scaled.std(axis=0), scaled.min(axis=0), scaled.max(axis=0),
        _slope(inside[:, 0], scaled) * length_s,
        bumps(mean[2:3], -_TURN_MARKED, _TURN_MARKED, MARKS)[0],
        bumps(mean[3:4], -_FORCE_MARKED, _FORCE_MARKED, MARKS)[0],
        bumps(mean[4:5], -_FORCE_MARKED, _FORCE_MARKED, MARKS)[0],
    ])


def _slope(time_s: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the slope per second of each column [n, 6] by least squares, 0 of one reading."""
    off = time_s - time_s.mean()
    spread = float(np.square(off).sum())
    if spread < 1e-9:
        return np.zeros(values.shape[1])
    return off @ values / spread
