# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Project a lidar sweep to a range image around the robot's base."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

CHANNELS = ('range', 'x', 'y', 'z', 'intensity')


@dataclass(frozen=True)
class RangeView:
    """The raster of a range image and what of a sweep enters it.

    Rows are beams: row 0 looks `fov_up` degrees above the sensor's horizon, the last row
    `fov_down` degrees (negative: below it), evenly spaced. Columns go once around the base frame,
    counter-clockwise; +x lies at the middle of the first of `sectors` groups of columns, so that
    what is straight ahead does not fall between two sectors. Points nearer to the sensor than
    `min_range` or further than `max_range` metres do not enter.
    """

    beams: int = 32
    columns: int = 1024
    sectors: int = 32
    fov_up: float = 10.0
    fov_down: float = -30.0
    min_range: float = 0.5
    max_range: float = 80.0

    def sector_azimuths(self) -> np.ndarray:
        """Return the azimuth of every sector's centre [sectors] float32, rad in (-pi, pi]."""
        azimuth = np.arange(self.sectors) * (2 * math.pi / self.sectors)
        azimuth = np.where(azimuth > math.pi, azimuth - 2 * math.pi, azimuth)
        # The float32 nearest to pi is larger than pi.
        return np.minimum(azimuth.astype(np.float32), np.nextafter(np.float32(math.pi), 0))


@dataclass(frozen=True)
class RangeImage:
    """A range image [H beams, W columns].

    `channels` [5, H, W] float32: range, x, y, z (metres, base frame) and intensity as measured,
    where range is the distance over ground from the base's z axis, hypot(x, y), so that range,
    azimuth and z are cylinder coordinates of the base. `mask` [H, W] bool is False, and all
    channels 0, where nothing was measured. `hits` [H, W] counts the points of each pixel, of
    which the one with the smallest range is kept.
    """

    channels: np.ndarray
    mask: np.ndarray
    hits: np.ndarray


def project(
    points: np.ndarray, view: RangeView, base_from_sensor: np.ndarray | None = None
) -> RangeImage:
    """Project points [P, 4] (x, y, z in metres in the sensor frame, intensity) to a range image.

    `base_from_sensor` [4, 4] takes points to the base frame (x forward, y left, z up; REP 103);
    None means that the sensor stands at the base's origin in its orientation. Rows follow from
    the elevation in the sensor frame, where the beams are cones; points beyond either end of the
    field of view go to the outermost row, so that no obstacle is lost. Of equally near points
    of a pixel the first wins.
    """
    points = np.asarray(points, dtype=np.float32)
    sensor = points[:, :3]  # [P, 3]
    with np.errstate(over='ignore'):  # a distance that overflows is inf, out of range
        flat = np.hypot(sensor[:, 0], sensor[:, 1])  # [P]
        distance = np.hypot(flat, sensor[:, 2])  # [P]
    seen = (distance >= view.min_range) & (distance <= view.max_range)
    if not seen.all():
        points, sensor, flat = points[seen], sensor[seen], flat[seen]
    base = sensor
    if base_from_sensor is not None:
        motion = np.asarray(base_from_sensor, dtype=np.float32)
        base = sensor @ motion[:3, :3].T + motion[:3, 3]  # [P, 3]

    up, down = math.radians(view.fov_up), math.radians(view.fov_down)
    elevation = np.arctan2(sensor[:, 2], flat)  # [P]
    row = np.rint((up - elevation) * ((view.beams - 1) / (up - down)))
    row = np.clip(row, 0, view.beams - 1).astype(np.int64)
    azimuth = np.arctan2(base[:, 1], base[:, 0])  # [P]
    turn = azimuth * (view.columns / (2 * math.pi)) + view.columns / (2 * view.sectors)
    column = np.floor(turn).astype(np.int64) % view.columns
    pixel = row * view.columns + column  # [P]

    reach = np.hypot(base[:, 0], base[:, 1])  # [P]
    pixels = view.beams * view.columns
    # The bits of floats that are not negative sort as the floats do; with the index below them,
    # one integer minimum per pixel finds its nearest point.
    key = (reach.view(np.int32).astype(np.int64) << 32) | np.arange(len(reach))
    empty = np.iinfo(np.int64).max
    nearest = np.full(pixels, empty)
    np.minimum.at(nearest, pixel, key)
    mask = nearest != empty  # [H * W]
    winner = nearest[mask] & 0xFFFFFFFF
    channels = np.zeros((len(CHANNELS), pixels), dtype=np.float32)
    channels[0, mask] = reach[winner]
    channels[1:4, mask] = base[winner].T
    channels[4, mask] = points[winner, 3]
    shape = (view.beams, view.columns)
    return RangeImage(
        channels=channels.reshape(-1, *shape),
        mask=mask.reshape(shape),
        hits=np.bincount(pixel, minlength=pixels).reshape(shape),
    )
