# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode the sweep of a spinning lidar as the objects in it, beside what each sector holds."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from dataclasses import dataclass
import math
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mpnp_ros import shipped
from mpnp_ros.core.weights import locate
from mpnp_ros.encoders.base import Encoded, option, register, require_pairs, View
from mpnp_ros.encoders.kind_tokens import (
    find, hash_of, kind_tokens, KINDS, LAYOUT, LAYOUT_WIDTH, NAMES, OF_ALL)
from mpnp_ros.encoders.lidar_sweeps import SweepEncoder
from mpnp_ros.encoders.object_head_file import load_detector
from mpnp_ros.encoders.range_detector import COARSEST
from mpnp_ros.encoders.range_statistics import NAMES as READ
from mpnp_ros.encoders.range_view import RangeImage

_HALF_M = 5.0     # distance at which proximity is one half
_FOUND = 32       # objects of a sweep that are looked at, those most sure
_DIRECTIONS = 6   # that objects are counted in, the first straight ahead: those of nuScenes-QA


@register('lidar_objects')
class LidarObjects(SweepEncoder):
    """Encode a spinning-lidar sweep as what a network trained to find objects says of it.

    Input: see `SweepEncoder`.
    Output, per view: for each sixth of the circle, the first straight ahead, a token of each of
    `kind_tokens.KINDS`, and tokens of the whole circle (`kind_tokens.OF_ALL`); then sectors *
    bands tokens of what can be read off directly (`range_statistics.NAMES`, the last values of a
    token). [T, width] float32; azimuth of the middle of sixth or sector, rad counter-clockwise
    from base +x, NaN for the whole circle.

    The network that is shipped was trained on the simulated world alone;
    `python -m mpnp_ros.training.object_head` trains another.
    """

    layout: ClassVar[str] = LAYOUT
    layout_width: ClassVar[int] = LAYOUT_WIDTH
    value_names: ClassVar[tuple[str, ...]] = NAMES

    @dataclass(frozen=True)
    class Options(SweepEncoder.Options):
        """The weights."""

        weights: str = option(
            'package://mpnp_ros/data/object_heads/lidar.safetensors', 'The weights of the network '
            '(safetensors file); package://mpnp_ros/... is one that comes with the package.',
            in_id=False)

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        super().__init__(options, device=device)
        if options.beams % COARSEST[0] or options.columns % COARSEST[1]:
            raise ValueError(
                f'beams {options.beams} and columns {options.columns}: expected multiples of '
                f'{COARSEST[0]} and {COARSEST[1]}')
        path = locate(shipped.path_of(options.weights))
        self._weights_name = path.stem
        self._weights_hash = hash_of(path)
        self._network = load_detector(path).requires_grad_(False).eval().to(self.device)

    @property
    def width(self) -> int:
        """Return the values of a token."""
        return LAYOUT_WIDTH + len(READ)

    @property
    def trained(self) -> bool:
        """Return True: there is no network without training."""
        return True

    def encode(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Encoded:
        """Encode one sweep per view; a view without a pose is taken to stand at the base.

        Raises InputError naming the view when no point of a sweep lies within the range limits,
        ValueError when samples and views differ in number or there is none.
        """
        require_pairs(samples, views)
        images = [self.project(points, view)
                  for points, view in zip(samples, views, strict=True)]
        inputs = torch.stack([self.inputs(image) for image in images])
        with torch.inference_mode():
            objects, azimuth = self._objects(inputs.to(self.device))
        read = torch.from_numpy(np.stack([self.describe(image) for image in images]))
        tokens = torch.cat([
            functional.pad(objects, (0, len(READ))),
            functional.pad(read, (LAYOUT_WIDTH, 0))], dim=1)
        sectors = torch.from_numpy(
            np.repeat(self.raster.sector_azimuths(), int(self.options.bands)))
        azimuth = torch.cat([azimuth, sectors.expand(len(read), -1)], dim=1)
        return Encoded(
            tokens=tokens.flatten(0, 1), azimuth=azimuth.flatten(),
            view=torch.arange(len(read)).repeat_interleave(tokens.shape[1]))

    def inputs(self, image: RangeImage) -> Tensor:
        """Bring a range image to what the network reads, about one in size: [INPUTS, H, W]."""
        reach, _, _, z, intensity = image.channels
        height = (z - np.float32(self.options.ground_height)) * image.mask
        return torch.from_numpy(np.stack([
            np.log1p(reach) / np.float32(math.log1p(self.options.max_range)),
            image.mask / (1.0 + reach / np.float32(_HALF_M)),
            np.clip(height / np.float32(self.options.overhead), -1.0, 1.5),
            np.clip(intensity / np.float32(self.options.max_intensity), 0.0, 1.0),
            image.mask,
        ]).astype(np.float32, copy=False))

    def _objects(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return tokens of kinds [B, n, width] and their azimuths [B, n]."""
        maps = self._network([inputs])
        found = find(maps, _FOUND, circular=True)
        # Column 0 of the raster begins half a sector to the right of straight ahead.
        turn = (found.column + 0.5) / maps.heat.shape[3] - 0.5 / self.raster.sectors  # of a circle
        sixth = torch.floor(turn * _DIRECTIONS + 0.5).long() % _DIRECTIONS
        tokens = kind_tokens(found, sixth, _DIRECTIONS)
        middles = dataclasses.replace(self.raster, sectors=_DIRECTIONS).sector_azimuths()
        azimuth = torch.from_numpy(np.append(
            np.repeat(middles, len(KINDS)), np.full(len(OF_ALL), np.nan, np.float32)))
        return tokens.cpu(), azimuth.expand(len(tokens), -1)
