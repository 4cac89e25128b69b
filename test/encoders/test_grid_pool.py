# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Pooling into cells that do not divide the feature map."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from mpnp_ros.encoders.grid_pool import grid_pool


def features(height: int, width: int) -> torch.Tensor:
    return torch.randn(2, 5, height, width, generator=torch.Generator().manual_seed(0))


def test_cells_that_divide_the_map_are_plain_means() -> None:
    given = features(4, 6)
    expected = functional.avg_pool2d(given, (2, 3)).flatten(2).transpose(1, 2)
    torch.testing.assert_close(grid_pool(given, 2, 2), expected)


@pytest.mark.parametrize(('height', 'width', 'rows', 'columns'), [
    (7, 7, 4, 7), (14, 14, 4, 6), (7, 5, 2, 3), (2, 3, 5, 7)])
def test_a_feature_in_two_cells_counts_by_its_area_in_each(
    height: int, width: int, rows: int, columns: int
) -> None:
    given = features(height, width)
    # Enlarged so that every cell holds whole pixels.
    fine = given.repeat_interleave(rows, dim=2).repeat_interleave(columns, dim=3)
    expected = functional.avg_pool2d(fine, (height, width)).flatten(2).transpose(1, 2)
    torch.testing.assert_close(grid_pool(given, rows, columns), expected)
