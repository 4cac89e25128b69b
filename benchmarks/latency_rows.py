# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of tables of latencies."""

from __future__ import annotations

from collections.abc import Sequence
import statistics


def p99_of(values: Sequence[float]) -> float:
    """Return what 99 of 100 values are not above."""
    return sorted(values)[min(len(values) - 1, int(0.99 * len(values)))]


def print_row(name: str, values: Sequence[float], width: int) -> None:
    """Print how many values there are, their median, p99 and the largest."""
    print(f'{name:{width}}{len(values):>5}{statistics.median(values):>11.2f}'
          f'{p99_of(values):>9.2f}{max(values):>9.2f}', flush=True)
