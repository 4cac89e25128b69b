# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where the parts of a picture lie around the robot: pinhole rays turned into azimuths."""

from __future__ import annotations

import math

import numpy as np

from mpnp_ros.encoders.base import View

# Above this field of view lenses are no longer rectilinear: pixels are then taken as
# proportional to the angle.
_WIDEST_PINHOLE = 2.0 * math.pi / 3.0
# A ray this close to the vertical has no direction worth telling (sine of the angle).
_VERTICAL = 1e-6


def grid_centres(rows: int, columns: int) -> np.ndarray:
    """Return the centres of a grid over a picture, row by row: [rows * columns, 2] float64.

    They are fractions of its width and height: (0, 0) is its upper left corner, (1, 1) its
    lower right one.
    """
    y, x = np.meshgrid(
        (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing='ij')
    return np.stack([x.ravel(), y.ravel()], axis=1)


def azimuths(view: View, positions: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Return the azimuths of the rays through some positions of a picture: [N] float32.

    rad in (-pi, pi], counter-clockwise from base +x (REP 103); NaN where nothing is known of
    where the camera looks, and for rays straight up or down. They are directions: the camera's
    place on the robot has no part in them.

    The direction of the camera comes from `base_from_sensor`, else it looks along
    `view.azimuth`, level. The angles inside the picture come from `intrinsics` (without
    distortion), else from `hfov`, else every position gets the direction of the optical axis.

    :param positions: [N, 2], fractions of width and height as `grid_centres` gives them; they
        hold for any size the picture was scaled to.
    :param image_size: (width, height) of the picture; used where the view has no `image_size`.
    """
    rotation = _base_from_optical(view)
    if rotation is None:
        return np.full(len(positions), np.nan, dtype=np.float32)
    rays = _optical_rays(view, np.asarray(positions, dtype=np.float64), image_size)  # [N, 3]
    x, y, _ = rotation @ (rays / np.linalg.norm(rays, axis=1, keepdims=True)).T
    angles = np.arctan2(y, x).astype(np.float32)
    # The float32 next to pi exceeds it; -pi is the same direction.
    angles = np.where(np.abs(angles) >= math.pi, np.nextafter(np.float32(np.pi), 0), angles)
    return np.where(np.hypot(x, y) < _VERTICAL, np.nan, angles).astype(np.float32)


def _base_from_optical(view: View) -> np.ndarray | None:
    """Return the rotation [3, 3] of the optical frame into the base frame, None if unknown."""
    if view.base_from_sensor is not None:
        return np.asarray(view.base_from_sensor, dtype=np.float64)[:3, :3]
    if view.azimuth is None:
        return None
    cos, sin = math.cos(view.azimuth), math.sin(view.azimuth)
    return np.array([[sin, 0.0, cos], [-cos, 0.0, sin], [0.0, -1.0, 0.0]])


def _optical_rays(
    view: View, positions: np.ndarray, image_size: tuple[int, int]
) -> np.ndarray:
    """Return rays [N, 3] in the optical frame (z forward, x right, y down)."""
    width, height = view.image_size or image_size
    x, y = positions.T
    one = np.ones_like(x)
    if view.intrinsics is not None and _is_calibrated(view.intrinsics):
        # Pixel (0, 0) has its centre at the origin of the intrinsics.
        pixels = np.stack([x * width - 0.5, y * height - 0.5, one])
        return np.linalg.solve(np.asarray(view.intrinsics, dtype=np.float64), pixels).T
    if view.hfov is None:
        return np.stack([0.0 * one, 0.0 * one, one], axis=1)
    aspect = height / width
    if view.hfov <= _WIDEST_PINHOLE:
        reach = math.tan(view.hfov / 2.0)
        return np.stack([(2.0 * x - 1.0) * reach, (2.0 * y - 1.0) * reach * aspect, one], axis=1)
    right, down = (x - 0.5) * view.hfov, (y - 0.5) * view.hfov * aspect
    return np.stack([np.sin(right), down, np.cos(right)], axis=1)


def _is_calibrated(intrinsics: np.ndarray) -> bool:
    # sensor_msgs/CameraInfo leaves the matrix zero where the camera is not calibrated.
    matrix = np.asarray(intrinsics)
    return bool(np.isfinite(matrix).all() and matrix[0, 0] > 0.0 and matrix[1, 1] > 0.0)
