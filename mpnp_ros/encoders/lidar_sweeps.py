# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What encoders of spinning lidars share: sweeps as range images around the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Any, ClassVar

import numpy as np

from mpnp_ros.encoders.base import Encoder, InputError, option, View
from mpnp_ros.encoders.lidar_quality import sweep_quality
from mpnp_ros.encoders.point_cloud import decode_point_cloud
from mpnp_ros.encoders.quality import of_views, Quality
from mpnp_ros.encoders.range_network import STRIDE
from mpnp_ros.encoders.range_statistics import Scene, statistics
from mpnp_ros.encoders.range_view import project, RangeImage, RangeView


class SweepEncoder(Encoder):
    """An encoder of spinning-lidar sweeps.

    Input: points [P, 4] float32, x, y, z in metres in the sensor frame and intensity. A view
    without a pose is taken to stand at the base.
    """

    message_types: ClassVar[tuple[str, ...]] = ('sensor_msgs/msg/PointCloud2',)

    @dataclass(frozen=True)
    class Options:
        """Defaults: the 32 beams of nuScenes; a 64-beam KITTI sweep: 64 beams, +3 to -25."""

        beams: int = option(
            32, 'Beams of the sensor: rows of the range image.', minimum=2, maximum=256)
        columns: int = option(
            1024, 'Columns of the range image around the base; a multiple of 8 * sectors.',
            minimum=8, maximum=8192)
        fov_up: float = option(
            10.0, 'Elevation of the highest beam, degrees.', minimum=-90.0, maximum=90.0)
        fov_down: float = option(
            -30.0, 'Elevation of the lowest beam, degrees.', minimum=-90.0, maximum=90.0)
        min_range: float = option(
            0.5, 'Returns nearer to the sensor than this are the robot itself, metres.',
            minimum=0.0)
        max_range: float = option(
            80.0, 'Returns further from the sensor than this are left out, metres.',
            minimum=1.0, maximum=1000.0)
        max_intensity: float = option(
            255.0, 'Strongest return the sensor reports (nuScenes 255, KITTI 1).', minimum=1e-6)
        ground_height: float = option(0.0, 'Height of the ground in the base frame, metres.')
        clearance: float = option(
            0.3, 'An obstacle stands at least this high above the ground, metres.', minimum=0.0)
        overhead: float = option(
            3.0, 'What is higher than this above the ground is no obstacle, metres.', minimum=0.1)
        sectors: int = option(
            32, 'Sectors of azimuth the tokens divide the circle into.', minimum=1, maximum=256)
        bands: int = option(
            2, 'Bands of elevation per sector; beams is a multiple of 2 * bands.',
            minimum=1, maximum=16)

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        super().__init__(options, device=device)
        _check(options)
        self.raster = RangeView(
            beams=options.beams, columns=options.columns, sectors=options.sectors,
            fov_up=options.fov_up, fov_down=options.fov_down,
            min_range=options.min_range, max_range=options.max_range)
        self._scene = Scene(
            ground_height=options.ground_height, clearance=options.clearance,
            overhead=options.overhead, max_intensity=options.max_intensity)

    def decode(self, message: Any) -> np.ndarray:
        """Decode a sensor_msgs/PointCloud2 to points [P, 4] float32; raises InputError."""
        return decode_point_cloud(message)

    def quality(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Quality | None:
        """Judge the density of returns, returns from the air and sectors without any."""
        return of_views({view.name: sweep_quality(points, self.raster, _pose(view))
                         for points, view in zip(samples, views, strict=True)})

    @staticmethod
    def never_repeats(message: Any) -> Any:
        """Return the points' bytes."""
        return message.data

    def project(self, points: np.ndarray, view: View) -> RangeImage:
        """Return the range image of a sweep; InputError when no point is within the limits."""
        image = project(points, self.raster, _pose(view))
        if not image.mask.any():
            raise InputError(
                f'data: none of the {len(points)} points of view {view.name!r} lies '
                f'{self.options.min_range:g} to {self.options.max_range:g} m from the sensor')
        return image

    def describe(self, image: RangeImage) -> np.ndarray:
        """Return what can be read off the cells of sectors and bands: [cells, NAMES] float32."""
        return statistics(image, self.raster, int(self.options.bands), self._scene)


def _check(options: Any) -> None:
    """Refuse options that do not fit together; ValueError names them."""
    rows, columns = STRIDE
    if options.columns % (columns * options.sectors):
        raise ValueError(
            f'columns {options.columns}: expected a multiple of {columns} * sectors = '
            f'{columns * options.sectors}')
    if options.beams % (rows * options.bands):
        raise ValueError(
            f'beams {options.beams}: expected a multiple of {rows} * bands = '
            f'{rows * options.bands}')
    if options.fov_up <= options.fov_down:
        raise ValueError(
            f'fov_up {options.fov_up:g}: expected more than fov_down, '
            f'{options.fov_down:g} degrees')
    if options.min_range >= options.max_range:
        raise ValueError(
            f'min_range {options.min_range:g}: expected less than max_range, '
            f'{options.max_range:g} m')
    if options.clearance >= options.overhead:
        raise ValueError(
            f'clearance {options.clearance:g}: expected less than overhead, '
            f'{options.overhead:g} m')


def _pose(view: View) -> np.ndarray | None:
    if view.base_from_sensor is not None or view.azimuth is None:
        return view.base_from_sensor
    cos, sin = math.cos(view.azimuth), math.sin(view.azimuth)
    pose = np.eye(4)
    pose[:2, :2] = [[cos, -sin], [sin, cos]]
    return pose
