# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode the sweep of a spinning lidar as tokens of azimuth sectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import load_file
import torch

from mpnp_ros.core.weights import locate, weights_hash
from mpnp_ros.encoders.base import Encoded, option, register, require_pairs, View
from mpnp_ros.encoders.lidar_sweeps import SweepEncoder
from mpnp_ros.encoders.range_network import generate_weights, hash_weights, RangeNetwork
from mpnp_ros.encoders.range_statistics import NAMES
from mpnp_ros.encoders.range_view import RangeImage

_LEAST_FEATURES = 2


@register('lidar_range_view')
class LidarRangeView(SweepEncoder):
    """Encode a spinning-lidar sweep as azimuth-sector tokens.

    Input: see `SweepEncoder`.
    Output: tokens [views * sectors * bands, width] in [-1, 1]; azimuth: the sector's centre, rad
    counter-clockwise from base +x, the first sector straight ahead.

    The sweep becomes a range image around the base (`project`), whose cells of sectors and bands
    of beams are described twice: by distances, directions, heights and densities read off
    directly (`range_statistics.NAMES`, the first values of a token), and by a convolutional
    network. Without `weights` the network's are generated and `trained` is False; the
    statistics need none. Nothing is pooled over the circle.
    """

    @dataclass(frozen=True)
    class Options(SweepEncoder.Options):
        """Of the tokens and the network."""

        width: int = option(
            128, f'Values per token, at least {len(NAMES) + _LEAST_FEATURES}.',
            minimum=len(NAMES) + _LEAST_FEATURES, maximum=4096)
        weights: str = option(
            '', 'Trained weights of the network (safetensors file); empty: generated.',
            in_id=False)

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        super().__init__(options, device=device)
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
    def width(self) -> int:
        """Return the number of values per token."""
        return int(self.options.width)

    @property
    def trained(self) -> bool:
        """Return whether weights were given: generated ones are untrained."""
        return bool(self.options.weights)

    def encode(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Encoded:
        """Encode one sweep per view; a view without a pose is taken to stand at the base.

        Raises InputError naming the view when no point of a sweep lies within the range limits,
        ValueError when samples and views differ in number or there is none.
        """
        require_pairs(samples, views)
        read = [self.read(points, view) for points, view in zip(samples, views, strict=True)]
        bands = int(self.options.bands)
        inputs = torch.stack([one[0] for one in read])  # [B, INPUTS, H, W]
        described = torch.stack([one[1] for one in read])  # [B, cells, len(NAMES)]
        with torch.inference_mode():
            features = self._network(inputs.to(self.device)).cpu()  # [B, cells, features]
        tokens = torch.cat([described, features], dim=2).flatten(0, 1)  # [T, W]
        azimuth = torch.from_numpy(np.repeat(self.raster.sector_azimuths(), bands))  # [cells]
        return Encoded(
            tokens=tokens,
            azimuth=azimuth.repeat(len(read)),
            view=torch.arange(len(read)).repeat_interleave(len(azimuth)),
        )

    def read(self, points: np.ndarray, view: View) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the network's input [INPUTS, H, W] and the cells' statistics [cells, NAMES].

        Raises InputError when no point lies within the range limits.
        """
        image = self.project(points, view)
        return self._inputs(image), torch.from_numpy(self.describe(image))

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


def _load(path: Path, shape: tuple[int, int, int]) -> RangeNetwork:
    """Return a network with the weights of a safetensors file; ValueError for another's."""
    tensors = load_file(path)
    network = RangeNetwork(*shape)
    expected = {name: tuple(p.shape) for name, p in network.named_parameters()}
    given = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if given != expected:
        raise ValueError(f'weights {path.name}: expected {expected}, got {given}')
    network.load_state_dict(tensors)
    return network
