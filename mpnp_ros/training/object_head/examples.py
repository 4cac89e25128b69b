# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a head learns from: the maps it reads, and what it is to say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mpnp_ros.training.object_head.targets import Targets


@dataclass(frozen=True)
class Examples:
    """B views.

    :ivar inputs: maps of each scale, the finest first, [B, C_i, h_i, w_i].
    """

    inputs: tuple[Tensor, ...]
    targets: Targets

    def __len__(self) -> int:
        return len(self.targets)

    def of(self, which: Tensor) -> Examples:
        """Return those with these indices."""
        return Examples(tuple(one[which] for one in self.inputs), self.targets.of(which))

    @classmethod
    def joined(cls, parts: Sequence[Examples]) -> Examples:
        """Return several behind each other."""
        return cls(tuple(torch.cat(scale) for scale in zip(*(part.inputs for part in parts))),
                   Targets.joined([part.targets for part in parts]))
