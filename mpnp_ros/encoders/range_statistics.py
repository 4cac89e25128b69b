# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What can be read off a range image directly: distances, directions, heights, densities."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from mpnp_ros.encoders.range_view import RangeImage, RangeView

PARTS = 4  # parts of a sector whose nearest obstacle is told separately
RINGS = 24  # rings of the obstacle histogram
MARKS = 12  # marks of the scale on which the nearest obstacle is drawn
NEAR_M = 0.5  # where logarithmic scales begin
_DEPTH_M = 0.5  # what is this much further still belongs to the nearest obstacle
_HALF_M = 5.0  # distance at which proximity is one half
_RISE = 0.01  # the ground may rise by this much per metre of distance

SCALARS = (
    'occupancy',  # share of the cell's pixels with a return
    'density',  # points per pixel, logarithmic, 1 at four per pixel
    'obstacle_share',  # share of the cell's pixels that are obstacle
    'obstacle',  # 1 where there is one
    'nearest',  # range of the nearest obstacle over max_range; 1 where there is none
    'nearest_log',  # the same, logarithmic from 0 at 0.5 m to 1 at max_range
    'proximity',  # 1 / (1 + range / 5 m) of the nearest obstacle; 0 where there is none
    # Its middle, the mean of what is within 0.5 m of the nearest range; all 0 without one:
    'nearest_x', 'nearest_y',  # place in the base frame over max_range
    'nearest_cos', 'nearest_sin',  # direction in the base frame
    'nearest_offset',  # azimuth within the sector, -1 (right edge) to 1 (left edge)
    'nearest_z',  # height above ground over overhead
    'nearest_intensity',
    'q10', 'q10_log',  # 10 % quantile of obstacle ranges, which a stray return cannot move
    'median', 'median_log',
    'spread',  # standard deviation of obstacle ranges over max_range
    'extent',  # share of the cell's columns with something within 1 m of the nearest
    'runs',  # obstacles side by side: runs of columns of like range, over 8, at most 1
    'reach_log',  # 90 % quantile of all ranges: how far one can see
    'closest_log',  # the nearest return of any kind
    'mean_height', 'top', 'height_spread',  # of obstacles above ground, over overhead
    'ground_height',  # mean height of what is not obstacle and below it, in metres, bounded
    'mean_intensity', 'intensity_spread',
    'azimuth_cos', 'azimuth_sin',  # of the sector's centre
    'band',  # -1 for the lowest band of beams to 1 for the highest; 0 with one band
)
NAMES = (
    *SCALARS,
    *(f'part_{k}_proximity' for k in range(PARTS)),  # right to left
    *(f'ring_{k}' for k in range(RINGS)),
    *(f'mark_{k}' for k in range(MARKS)),
)


@dataclass(frozen=True)
class Scene:
    """How heights and intensities are read.

    In the base frame the ground lies at `ground_height`; an obstacle stands at least `clearance`
    and at most `overhead` above it (metres; one per cent of the distance is added to the
    clearance for rising ground). `max_intensity` is the strongest return the sensor reports.
    """

    ground_height: float = 0.0
    clearance: float = 0.3
    overhead: float = 3.0
    max_intensity: float = 255.0


def statistics(image: RangeImage, view: RangeView, bands: int, scene: Scene) -> np.ndarray:
    """Describe every cell of a range image by numbers in [-1, 1].

    A cell is one sector of one of `bands` equal groups of beams, the topmost first. Returns
    [sectors * bands, len(NAMES)] float32, the bands of a sector next to one another; the columns
    are those of NAMES. Scales are fixed, so that equal distances give equal numbers in every
    sweep. A cell without returns has occupancy 0, and the values of a cell without obstacle.
    """
    cells = view.sectors * bands
    width = view.columns // view.sectors
    mask = _cells(image.mask, view, bands)  # [cells, N], N = beams / bands * columns / sectors
    reach, x, y, z, intensity = (_cells(c, view, bands) for c in image.channels)
    light = np.float32(scene.max_intensity)
    intensity = np.clip(intensity, 0.0, light)
    height = z - np.float32(scene.ground_height)
    obstacle = mask & (height >= scene.clearance + _RISE * reach) & (height <= scene.overhead)
    inf = np.float32(np.inf)
    obstacle_reach = np.where(obstacle, reach, inf)  # [cells, N]
    returns = mask.sum(1)  # [cells]
    obstacles = obstacle.sum(1)  # [cells]
    some = obstacles > 0

    nearest = obstacle_reach.min(1)  # [cells], inf without an obstacle
    close = obstacle & (reach <= nearest[:, None] + _DEPTH_M)  # [cells, N]
    share = 1.0 / np.maximum(close.sum(1), 1)
    near_x, near_y, near_height, near_light = (
        np.where(close, values, 0.0).sum(1) * share for values in (x, y, height, intensity))
    near_length = np.maximum(np.hypot(near_x, near_y), 1e-6)
    azimuth = np.repeat(view.sector_azimuths(), bands)  # [cells]
    off = np.arctan2(near_y, near_x) - azimuth
    off = (off + math.pi) % (2 * math.pi) - math.pi
    ordered = np.sort(obstacle_reach, axis=1)
    seen = np.sort(np.where(mask, reach, inf), axis=1)
    _, spread = _moments(reach, obstacle, obstacles)
    mean_height, height_spread = _moments(height, obstacle, obstacles)
    mean_light, light_spread = _moments(intensity, mask, returns)
    ground = mask & (height < scene.clearance + _RISE * reach)
    mean_ground, _ = _moments(height, ground, ground.sum(1))
    columns = obstacle_reach.reshape(cells, -1, width).min(1)  # [cells, width]
    parts = columns[:, :width // PARTS * PARTS].reshape(cells, PARTS, -1).min(2)
    pixels = mask.shape[1]

    values = {
        'occupancy': returns / pixels,
        'density': np.log1p(_cells(image.hits, view, bands).sum(1) / pixels) / math.log(5.0),
        'obstacle_share': obstacles / pixels,
        'obstacle': some,
        'nearest': nearest / view.max_range,
        'nearest_log': _log_scale(nearest, view.max_range),
        'proximity': _proximity(nearest),
        'nearest_x': near_x / view.max_range,
        'nearest_y': near_y / view.max_range,
        'nearest_cos': near_x / near_length,
        'nearest_sin': near_y / near_length,
        'nearest_offset': np.where(some, off * (view.sectors / math.pi), 0.0),
        'nearest_z': near_height / scene.overhead,
        'nearest_intensity': near_light / light,
        'q10': _quantile(ordered, obstacles, 0.1) / view.max_range,
        'q10_log': _log_scale(_quantile(ordered, obstacles, 0.1), view.max_range),
        'median': _quantile(ordered, obstacles, 0.5) / view.max_range,
        'median_log': _log_scale(_quantile(ordered, obstacles, 0.5), view.max_range),
        'spread': spread / view.max_range,
        'extent': (columns <= nearest[:, None] + 1.0).mean(1) * some,
        'runs': _runs(columns) / 8.0,
        'reach_log': _log_scale(_quantile(seen, returns, 0.9), view.max_range),
        'closest_log': _log_scale(seen[:, 0], view.max_range),
        'mean_height': mean_height / scene.overhead,
        'top': np.where(obstacle, height, 0.0).max(1) / scene.overhead,
        'height_spread': height_spread / scene.overhead,
        'ground_height': np.tanh(mean_ground),
        'mean_intensity': mean_light / light,
        'intensity_spread': light_spread / light,
        'azimuth_cos': np.cos(azimuth),
        'azimuth_sin': np.sin(azimuth),
        'band': np.tile(np.linspace(1.0, -1.0, bands) if bands > 1 else [0.0], view.sectors),
    }
    assert tuple(values) == SCALARS
    table = np.concatenate([
        np.stack([np.asarray(column, dtype=np.float32) for column in values.values()], axis=1),
        _proximity(parts),
        _rings(obstacle_reach, view.max_range, width),
        _marks(nearest, view.max_range),
    ], axis=1)
    return np.clip(table, -1.0, 1.0).astype(np.float32)


def _cells(raster: np.ndarray, view: RangeView, bands: int) -> np.ndarray:
    """Regroup a raster [H, W] by cell: [sectors * bands, H / bands * W / sectors]."""
    grouped = raster.reshape(bands, view.beams // bands, view.sectors, -1)
    return grouped.transpose(2, 0, 1, 3).reshape(view.sectors * bands, -1)


def _log_scale(metres: np.ndarray, max_range: float) -> np.ndarray:
    """Map NEAR_M to 0 and max_range, like inf, to 1, evenly in the logarithm."""
    bounded = np.clip(metres, NEAR_M, max_range)
    return np.log(bounded / NEAR_M) / math.log(max_range / NEAR_M)


def _proximity(metres: np.ndarray) -> np.ndarray:
    return _HALF_M / (_HALF_M + metres)


def _quantile(ordered: np.ndarray, count: np.ndarray, share: float) -> np.ndarray:
    """Return the quantile of the first `count` values of each ordered row; inf of none."""
    index = (share * np.maximum(count - 1, 0)).astype(np.int64)
    return np.take_along_axis(ordered, index[:, None], axis=1)[:, 0]


def _moments(
    values: np.ndarray, chosen: np.ndarray, count: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of the chosen values of each row; 0 of none."""
    share = 1.0 / np.maximum(count, 1)
    mean = np.where(chosen, values, 0.0).sum(1) * share
    deviation = np.where(chosen, values - mean[:, None], 0.0)
    return mean, np.sqrt(np.square(deviation).sum(1) * share)


def _runs(columns: np.ndarray) -> np.ndarray:
    """Count runs of neighbouring columns [cells, w] whose ranges differ by less than 1 m."""
    finite = np.isfinite(columns)
    before = np.concatenate([np.full_like(columns[:, :1], np.inf), columns[:, :-1]], axis=1)
    step = np.abs(np.where(finite, columns, 0.0) - np.where(np.isfinite(before), before, 1e9))
    return (finite & (step >= 1.0)).sum(1)


def _rings(obstacle_reach: np.ndarray, max_range: float, width: int) -> np.ndarray:
    """Histogram obstacle ranges over log-spaced rings: [cells, RINGS].

    The square root of obstacle pixels per column, halved: a pole is still visible beside a wall.
    """
    cells = len(obstacle_reach)
    cell, place = np.nonzero(np.isfinite(obstacle_reach))
    scale = _log_scale(obstacle_reach[cell, place], max_range)
    ring = np.minimum((scale * RINGS).astype(np.int64), RINGS - 1)
    count = np.bincount(cell * RINGS + ring, minlength=cells * RINGS).reshape(cells, RINGS)
    return np.sqrt(count / width) / 2


def _marks(nearest: np.ndarray, max_range: float) -> np.ndarray:
    """Draw the nearest range as a bump on a logarithmic scale: [cells, MARKS], 0 of none."""
    centres = np.linspace(0.0, 1.0, MARKS)
    distance = (_log_scale(nearest, max_range)[:, None] - centres) * (MARKS - 1)
    return np.where(np.isfinite(nearest)[:, None], np.exp(-0.5 * np.square(distance)), 0.0)
