# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Pool a feature map into a grid of equal cells, whatever the size of either."""

from __future__ import annotations

import torch
from torch import Tensor


def grid_pool(features: Tensor, rows: int, columns: int) -> Tensor:
    """Average feature maps [B, C, H, W] over rows x columns equal cells: [B, rows * columns, C].

    A feature that lies in two cells counts in each by the share of its area there, so that the
    centre of every cell is where `azimuth.grid_centres` says. More cells than features repeat
    them.
    """
    height, width = features.shape[2:]
    down = _shares(height, rows).to(features)  # [rows, H]
    across = _shares(width, columns).to(features)  # [columns, W]
    pooled = down @ features @ across.T  # [B, C, rows, columns]
    return pooled.flatten(2).transpose(1, 2)  # [B, rows * columns, C]


def _shares(size: int, cells: int) -> Tensor:
    """Return how much of each cell every one of `size` features makes up: [cells, size]."""
    edges = torch.arange(cells + 1, dtype=torch.float64) * size / cells
    places = torch.arange(size, dtype=torch.float64)
    overlap = (torch.minimum(edges[1:, None], places + 1)
               - torch.maximum(edges[:-1, None], places)).clamp_min(0.0)
    return overlap / overlap.sum(dim=1, keepdim=True)
