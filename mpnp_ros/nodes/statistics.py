# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Counts, rates and percentiles for status messages and diagnostics."""

from __future__ import annotations

import collections
import math
import time


class Rate:
    """Count events and tell their rate since it was last asked for."""

    def __init__(self) -> None:
        self.total = 0
        self._at_last = 0
        self._since = time.monotonic()
        self._hertz = 0.0

    def count(self, events: int = 1) -> None:
        """Count events."""
        self.total += events

    def hertz(self, least_s: float = 0.0) -> float:
        """Return the mean rate since it was last measured, Hz.

        A rate measured less than `least_s` ago is repeated: after a node was held up, its timer
        fires twice in a row, and one event in between would look like many in a second.
        """
        now = time.monotonic()
        elapsed = now - self._since
        if elapsed > 0.0 and elapsed >= least_s:
            self._hertz = (self.total - self._at_last) / elapsed
            self._since, self._at_last = now, self.total
        return self._hertz


class Recent:
    """Keep the most recent values and tell their percentiles."""

    def __init__(self, keep: int = 200) -> None:
        self._values: collections.deque[float] = collections.deque(maxlen=keep)

    def add(self, value: float) -> None:
        """Add one value."""
        self._values.append(value)

    def percentile(self, percent: float) -> float:
        """Return the value at a nearest rank of 0 to 100 percent, NaN before the first value."""
        values = sorted(self._values)
        if not values:
            return math.nan
        rank = math.ceil(percent / 100.0 * len(values))
        return values[max(rank, 1) - 1]
