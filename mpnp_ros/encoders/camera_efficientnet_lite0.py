# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encode cameras with EfficientNet-Lite0: the light encoder, about 0.4 GFLOP a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from mpnp_ros.core.weights import weights_hash
from mpnp_ros.encoders.base import option, register
from mpnp_ros.encoders.camera import CameraEncoder
from mpnp_ros.encoders.efficientnet_lite import FEATURES, lite0_file, load_lite0, MEAN, STD
from mpnp_ros.encoders.pictures import Preprocessing


@register('camera_efficientnet_lite0')
class CameraEfficientNetLite0(CameraEncoder):
    """Encode pictures as the last feature map of EfficientNet-Lite0, trained on ImageNet-1k.

    See `CameraEncoder` for input and output. The token of the whole picture is the mean of the
    feature map, from which the network was trained to classify.
    """

    @dataclass(frozen=True)
    class Options(CameraEncoder.Options):
        """Defaults: 29 tokens a view, six views 435 KiB in float16."""

        input_size: int = option(
            224, 'Side of the square the picture is scaled to, pixels; a multiple of 32. The '
            'network was trained at 224.', minimum=64, maximum=1024)
        weights: str = option(
            'efficientnet-lite0', 'Name of the weights, or a safetensors file of the same '
            'network.', in_id=False)

    def __init__(self, options: Any, *, device: str = 'cpu') -> None:
        super().__init__(options, device=device)
        if options.input_size % 32:
            raise ValueError(f'input_size {options.input_size}: expected a multiple of 32')
        self.preprocessing = Preprocessing((options.input_size, options.input_size), MEAN, STD)
        path = lite0_file(options.weights)
        self._network = self._place(load_lite0(path))
        self._weights_name = Path(options.weights).stem
        self._weights_hash = weights_hash(path)

    @property
    def width(self) -> int:
        """Return 1280, the channels of the last feature map."""
        return FEATURES

    def features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the last feature map [B, 1280, H / 32, W / 32] and its mean [B, 1280]."""
        parts = self._network(images)
        return parts, parts.mean(dim=(2, 3))
