# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Find objects in feature maps: what is where, in which colour and state, and how far.

Objects are points, as in CenterNet (Zhou et al. 2019, arXiv:1904.07850): a map tells of each cell
whether the middle of an object of each kind lies in it, others what that object is like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn, Tensor
from torch.nn import functional

# nuScenes-QA's ten objects, in the order of the maps.
OBJECTS = ('barrier', 'bicycle', 'bus', 'car', 'construction vehicle', 'motorcycle', 'pedestrian',
           'traffic cone', 'trailer', 'truck')
COLORS = ('red', 'blue', 'green', 'yellow', 'white', 'black', 'gray', 'orange')
STATES = ('moving', 'stopped', 'parked', 'with rider', 'without rider', 'standing',
          'not standing')
_RARE = -4.6   # logit of a hundredth: most cells hold no object
_GROUPS = 8


@dataclass(frozen=True)
class ObjectMaps:
    """What the head says of each cell of B maps.

    :ivar heat: logits of an object's middle, [B, OBJECTS, h, w].
    :ivar color: logits, [B, COLORS, h, w].
    :ivar state: logits, [B, STATES, h, w].
    :ivar distance: log(1 + metres), [B, h, w].
    """

    heat: Tensor
    color: Tensor
    state: Tensor
    distance: Tensor


class ObjectHead(nn.Module):
    """Feature maps of one or several scales to maps of objects at the finest of them.

    `inputs` are the channels of each scale. With `circular`, columns wrap around: the maps show a
    whole turn.
    """

    def __init__(self, inputs: Sequence[int], hidden: int = 64, blocks: int = 3,
                 circular: bool = False) -> None:
        super().__init__()
        self._circular = circular
        self.lateral = nn.ModuleList(nn.Conv2d(channels, hidden, 1) for channels in inputs)
        self.trunk = nn.ModuleList(nn.Conv2d(hidden, hidden, 3) for _ in range(blocks))
        self.norms = nn.ModuleList(nn.GroupNorm(_GROUPS, hidden) for _ in range(blocks + 1))
        self.heat = nn.Conv2d(hidden, len(OBJECTS), 1)
        self.likeness = nn.Conv2d(hidden, len(COLORS) + len(STATES) + 1, 1)
        nn.init.constant_(self.heat.bias, _RARE)    # type: ignore[arg-type]

    def forward(self, scales: Sequence[Tensor]) -> ObjectMaps:
        """Read maps [B, inputs[i], h_i, w_i], the finest first."""
        size = scales[0].shape[2:]
        states = torch.zeros((), device=scales[0].device)
        for lateral, scale in zip(self.lateral, scales, strict=True):
            states = states + functional.interpolate(lateral(scale), size, mode='nearest')
        states = functional.gelu(self.norms[0](states))                # [B, hidden, h, w]
        for convolution, norm in zip(self.trunk, list(self.norms)[1:], strict=True):
            states = states + functional.gelu(norm(convolution(self._pad(states))))
        color, state, distance = self.likeness(states).split(
            (len(COLORS), len(STATES), 1), dim=1)
        return ObjectMaps(self.heat(states), color, state, distance[:, 0])

    def _pad(self, maps: Tensor) -> Tensor:
        sides = functional.pad(maps, (1, 1, 0, 0), mode='circular' if self._circular
                               else 'constant')
        return functional.pad(sides, (0, 0, 1, 1))
