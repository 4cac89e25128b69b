# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The network that finds objects in range images."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn, Tensor
from torch.nn import functional

from mpnp_ros.encoders.object_head import ObjectHead, ObjectMaps

INPUTS = 5            # log range, proximity, height, intensity, mask
STRIDE = (2, 4)       # beams and columns of the range image per cell of the maps
COARSEST = (8, 16)
_CHANNELS = (32, 64, 96)
_GROUPS = 8


class RangeDetector(nn.Module):
    """Three strided convolutions, whose maps a head reads; columns wrap around.

    Nothing in it knows where a column looks: what is found is the same wherever it stands around
    the vehicle.
    """

    def __init__(self, hidden: int = 64, blocks: int = 3) -> None:
        super().__init__()
        self.below = nn.ModuleList([
            nn.Conv2d(INPUTS, _CHANNELS[0], (3, 5), stride=STRIDE),
            *(nn.Conv2d(inputs, outputs, 3, stride=2)
              for inputs, outputs in zip(_CHANNELS, _CHANNELS[1:]))])
        self.norms = nn.ModuleList(nn.GroupNorm(_GROUPS, channels) for channels in _CHANNELS)
        self.head = ObjectHead(_CHANNELS, hidden, blocks, circular=True)

    def forward(self, scales: Sequence[Tensor]) -> ObjectMaps:
        """Read range images [B, INPUTS, H, W], the only scale given."""
        states, maps = scales[0], []
        for columns, convolution, norm in zip((2, 1, 1), self.below, self.norms, strict=True):
            states = functional.pad(states, (columns, columns, 0, 0), mode='circular')
            states = convolution(functional.pad(states, (0, 0, 1, 1)))
            states = functional.gelu(norm(states))
            maps.append(states)   # [B, 32, H / 2, W / 4], [B, 64, H / 4, W / 8], ...
        found: ObjectMaps = self.head(maps)
        return found
