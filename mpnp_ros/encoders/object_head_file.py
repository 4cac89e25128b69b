# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Networks that find objects, in safetensors files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from safetensors.torch import load_file
from torch import nn, Tensor

from mpnp_ros.encoders.object_head import ObjectHead
from mpnp_ros.encoders.range_detector import RangeDetector

Network = TypeVar('Network', bound=nn.Module)


def load_head(path: Path, inputs: Sequence[int]) -> ObjectHead:
    """Return the head of a file, as wide and deep as its weights are.

    Raises ValueError where the weights are not those of a head on maps of so many channels.
    """
    weights = load_file(path)
    return _filled(ObjectHead(inputs, *_shape(path, weights)), weights, path)


def load_detector(path: Path) -> RangeDetector:
    """Return the network for range images of a file; ValueError where it is another's."""
    weights = load_file(path)
    return _filled(RangeDetector(*_shape(path, weights, 'head.')), weights, path)


def _shape(path: Path, weights: dict[str, Tensor], prefix: str = '') -> tuple[int, int]:
    """Return channels and convolutions of the head."""
    first = weights.get(f'{prefix}lateral.0.weight')
    if first is None:
        raise ValueError(f'weights {path.name}: not those of a network that finds objects')
    return len(first), sum(name.startswith(f'{prefix}trunk.') for name in weights) // 2


def _filled(network: Network, weights: dict[str, Tensor], path: Path) -> Network:
    expected = {name: tuple(one.shape) for name, one in network.state_dict().items()}
    given = {name: tuple(one.shape) for name, one in weights.items()}
    if given != expected:
        differing = sorted(dict(given.items() ^ expected.items()))[:3]
        raise ValueError(f'weights {path.name}: not those of this network that finds objects: '
                         f'{", ".join(differing)} differ')
    network.load_state_dict(weights)
    return network
