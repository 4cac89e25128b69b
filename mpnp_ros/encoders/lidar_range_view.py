# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode the sweep of a spinning lidar as tokens of azimuth sectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from safetensors.torch import load_file
import torch

from mpnp_ros.core.weights import locate, weights_hash
from mpnp_ros.encoders.base import Encoded, Encoder, InputError, option, register, View
from mpnp_ros.encoders.lidar_quality import sweep_quality
from mpnp_ros.encoders.point_cloud import decode_point_cloud
from mpnp_ros.encoders.quality import of_views, Quality
from mpnp_ros.encoders.range_network import (
    generate_weights,
    hash_weights,
    RangeNetwork,
    shape_of,
    STRIDE,
)
from mpnp_ros.encoders.range_statistics import NAMES, Scene, statistics
from mpnp_ros.encoders.range_view import project, RangeImage, RangeView

_LEAST_FEATURES = 2


@register('lidar_range_view')
class LidarRangeView(Encoder):
    """Encode a spinning-lidar sweep as azimuth-sector tokens.

    Input: points [P, 4] float32, x, y, z in metres in the sensor frame and intensity.
    Output: tokens [views * sectors * bands, width] in [-1, 1]; azimuth: the sector's centre, rad
    counter-clockwise from base +x, the first sector straight ahead.

    The sweep becomes a range image around the base (`project`), whose cells of sectors and bands
    of beams are described twice: by distances, directions, heights and densities read off
    directly (`range_statistics.NAMES`, the first values of a token), and by a convolutional
    network. Without `weights` the network's are generated and `trained` is False; the
    statistics need none. Nothing is pooled over the circle.
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
        width: int = option(
            128, f'Values per token, at least {len(NAMES) + _LEAST_FEATURES}.',
            minimum=len(NAMES) + _LEAST_FEATURES, maximum=4096)
        weights: str = option(
            '', 'Trained weights of the network (safetensors file); empty: generated.',
            in_id=False)

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        super().__init__(options, device=device)
        _check(options)
        self._view = RangeView(
            beams=options.beams, columns=options.columns, sectors=options.sectors,
            fov_up=options.fov_up, fov_down=options.fov_down,
            min_range=options.min_range, max_range=options.max_range)
        self._scene = Scene(
            ground_height=options.ground_height, clearance=options.clearance,
            overhead=options.overhead, max_intensity=options.max_intensity)
        shape = (options.width - len(NAMES), options.sectors, options.bands)
        if options.weights:
            path = locate(options.weights)
            self._weights_name, self._weights_hash = path.stem, weights_hash(path)
            self._network = _load(path, shape)
        else:
            self._weights_name = 'generated'
            self._network = RangeNetwork(*shape)
            generate_weights(self._network)
            self._weights_hash = hash_weights(self._network)
        self._network.requires_grad_(False).eval().to(self.device)

    @property
    def weights_name(self) -> str:
        """Return the file's name without suffix, or 'generated'."""
        return self._weights_name

    @property
    def weights_hash(self) -> str:
        """Return the sha256 of the weights file, or over the generated weights."""
        return self._weights_hash

    @property
    def width(self) -> int:
        """Return the number of values per token."""
        return int(self.options.width)

    @property
    def trained(self) -> bool:
        """Return whether weights were given: generated ones are untrained."""
        return bool(self.options.weights)

    def decode(self, message: Any) -> np.ndarray:
        """Decode a sensor_msgs/PointCloud2 to points [P, 4] float32; raises InputError."""
        return decode_point_cloud(message)

    def encode(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Encoded:
        """Encode one sweep per view; a view without a pose is taken to stand at the base.

        Raises InputError naming the view when no point of a sweep lies within the range limits,
        ValueError when samples and views differ in number or there is none.
        """
        if len(samples) != len(views) or not samples:
            raise ValueError(
                f'expected as many samples as views and at least one, got {len(samples)} '
                f'samples and {len(views)} views')
        read = [self.read(points, view) for points, view in zip(samples, views, strict=True)]
        bands = int(self.options.bands)
        inputs = torch.stack([one[0] for one in read])  # [B, INPUTS, H, W]
        described = torch.stack([one[1] for one in read])  # [B, cells, len(NAMES)]
        with torch.inference_mode():
            features = self._network(inputs.to(self.device)).cpu()  # [B, cells, features]
        tokens = torch.cat([described, features], dim=2).flatten(0, 1)  # [T, W]
        azimuth = torch.from_numpy(np.repeat(self._view.sector_azimuths(), bands))  # [cells]
        return Encoded(
            tokens=tokens,
            azimuth=azimuth.repeat(len(read)),
            view=torch.arange(len(read)).repeat_interleave(len(azimuth)),
        )

    def read(self, points: np.ndarray, view: View) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the network's input [INPUTS, H, W] and the cells' statistics [cells, NAMES].

        Raises InputError when no point lies within the range limits.
        """
        image = self._project(points, view)
        return self._inputs(image), torch.from_numpy(
            statistics(image, self._view, int(self.options.bands), self._scene))

    def quality(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Quality | None:
        """Judge the density of returns, returns from the air and sectors without any."""
        return of_views({view.name: sweep_quality(points, self._view, _pose(view))
                         for points, view in zip(samples, views, strict=True)})

    def never_repeats(self, message: Any) -> Any:
        """Return the points' bytes."""
        return message.data

    def _project(self, points: np.ndarray, view: View) -> RangeImage:
        image = project(points, self._view, _pose(view))
        if not image.mask.any():
            raise InputError(
                f'data: none of the {len(points)} points of view {view.name!r} lies '
                f'{self.options.min_range:g} to {self.options.max_range:g} m from the sensor')
        return image

    def _inputs(self, image: RangeImage) -> torch.Tensor:
        """Bring the channels of a range image to numbers of about one: [INPUTS, H, W]."""
        reach, x, y, z, intensity = image.channels
        reach_scale = 1.0 / math.log1p(self.options.max_range)
        plane_scale = np.float32(4.0 / self.options.max_range)
        height = (z - np.float32(self.options.ground_height)) * image.mask
        return torch.from_numpy(np.stack([
            np.log1p(reach) * np.float32(reach_scale),
            np.clip(x * plane_scale, -1.0, 1.0),
            np.clip(y * plane_scale, -1.0, 1.0),
            np.clip(height / np.float32(self.options.overhead), -1.0, 1.0),
            np.clip(intensity / np.float32(self.options.max_intensity), 0.0, 1.0),
            image.mask,
        ]).astype(np.float32, copy=False))


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


def _load(path: Path, shape: tuple[int, int, int]) -> RangeNetwork:
    """Return a network with the weights of a safetensors file, as deep and wide as they are."""
    tensors = load_file(path)
    network = RangeNetwork(*shape, **shape_of(tensors))
    expected = {name: tuple(p.shape) for name, p in network.named_parameters()}
    given = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if given != expected:
        raise ValueError(f'weights {path.name}: expected {expected}, got {given}')
    network.load_state_dict(tensors)
    return network
