# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Notice a sensor that sends the same bytes again and again under new stamps."""

from __future__ import annotations

from typing import Any

import numpy as np

_GLANCE = 4096   # bytes from one that is compared first to the next


class FreezeWatch:
    """Compare each message of one sensor with the one before; for one thread.

    Times are those of the stamps, so that a bag is judged alike at any speed. A reading that is
    shown twice, as a slow view's is, counts once.
    """

    def __init__(self) -> None:
        self._bytes: np.ndarray | None = None
        self._first_ns = self._last_ns = 0

    def same_for_s(self, buffer: Any, stamp_ns: int) -> float:
        """Return for how long the sensor has sent these very bytes, s; 0 for new ones."""
        try:
            given = np.frombuffer(buffer, dtype=np.uint8)
        except (TypeError, ValueError, BufferError):
            given = np.empty(0, dtype=np.uint8)
        if not len(given):                   # an empty or odd buffer is for `decode`
            self._bytes = None
            return 0.0
        before, self._bytes = self._bytes, given
        if before is None or stamp_ns < self._last_ns or not _equal(before, given):
            self._first_ns = stamp_ns
        self._last_ns = stamp_ns
        return (stamp_ns - self._first_ns) / 1e9

    def refusal(self, buffer: Any, stamp_ns: int, allowed_s: float) -> str:
        """Return in words that these very bytes have come for longer than allowed, or ''.

        Without a buffer, or with nothing allowed, it is not looked for.
        """
        if buffer is None or not allowed_s:
            return ''
        same_s = self.same_for_s(buffer, stamp_ns)
        if same_s <= allowed_s:
            return ''
        return (f'frozen: the same data for {same_s:.1f} s under new stamps '
                '(parameter frozen_after_s)')


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    # A glance tells live pictures apart without reading them whole.
    return one is other or (len(one) == len(other)
                            and np.array_equal(one[::_GLANCE], other[::_GLANCE])
                            and np.array_equal(one, other))
