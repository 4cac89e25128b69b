# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where the x axis of a sensor points around the robot."""

from __future__ import annotations

import math

import numpy as np

from mpnp_ros.encoders.base import View

_VERTICAL = 1e-6


def heading(view: View) -> float:
    """Return the azimuth of a sensor's x axis, rad in the base frame; NaN where not known.

    It comes from `base_from_sensor`, else from `azimuth`.
    """
    if view.base_from_sensor is not None:
        x, y = np.asarray(view.base_from_sensor, dtype=np.float64)[:2, 0]
        return math.nan if math.hypot(x, y) < _VERTICAL else math.atan2(y, x)
    return math.nan if view.azimuth is None else view.azimuth


def rotation(view: View) -> np.ndarray:
    """Return the rotation [3, 3] to the base frame; the identity where it is not known."""
    if view.base_from_sensor is not None:
        return np.asarray(view.base_from_sensor, dtype=np.float64)[:3, :3]
    if view.azimuth is None:
        return np.eye(3)
    cos, sin = math.cos(view.azimuth), math.sin(view.azimuth)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def wrapped(angles: np.ndarray) -> np.ndarray:
    """Return angles in (-pi, pi] as float32, whose number next to pi would exceed it."""
    around = math.pi - np.remainder(math.pi - np.asarray(angles, np.float64), 2.0 * math.pi)
    nearest = np.nextafter(np.float32(math.pi), 0)
    return np.clip(around.astype(np.float32), -nearest, nearest)
