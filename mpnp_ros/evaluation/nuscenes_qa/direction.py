# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The six directions in which an object lies from the ego vehicle or from another object."""

from __future__ import annotations

import numpy as np

from mpnp_ros.evaluation.nuscenes_qa.scene import DIRECTIONS

# Equation 2 of the paper: the angle, counter-clockwise, between the ego vehicle's heading (that of
# other objects plays no part) and the line between the centres; `back` is the rest.
_SECTORS_DEG = {
    'front': (-30.0, 30.0), 'front left': (30.0, 90.0), 'front right': (-90.0, -30.0),
    'back left': (90.0, 150.0), 'back right': (-150.0, -90.0), 'back': (150.0, 210.0)}
# An annotation is not exact: nearer than this to a border an object may be on either side of it.
_MARGIN_DEG = 1.0
_MARGIN_M = 0.2


def directions(from_xy: np.ndarray, to_xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tell in which directions objects lie.

    :param from_xy: [A, 2] metres, where one looks from; x ahead of the ego vehicle, y to its left.
    :param to_xy: [N, 2] metres.
    :returns: two arrays [A, 6, N] of bool in the order of DIRECTIONS: surely, and possibly there.
        No object lies in any direction from its own place.
    """
    offset = to_xy[None, :, :] - from_xy[:, None, :]                    # [A, N, 2]
    distance = np.hypot(offset[..., 0], offset[..., 1])                 # [A, N]
    angle = np.degrees(np.arctan2(offset[..., 1], offset[..., 0]))      # [A, N], -180 to 180
    margin = _MARGIN_DEG + np.degrees(np.arctan2(_MARGIN_M, distance))  # [A, N]
    sure = np.zeros((len(from_xy), len(DIRECTIONS), len(to_xy)), dtype=bool)
    possible = np.zeros_like(sure)
    for index, name in enumerate(DIRECTIONS):
        low, high = _SECTORS_DEG[name]
        middle, half = (low + high) / 2.0, (high - low) / 2.0
        off = np.abs((angle - middle + 180.0) % 360.0 - 180.0)          # from the sector's middle
        sure[:, index] = off < half - margin
        possible[:, index] = off < half + margin
    elsewhere = (distance > 1e-6)[:, None, :]
    return sure & elsewhere, possible & elsewhere
