# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Keep the messages of the last moments of each view, for sensors whose samples span time."""

from __future__ import annotations

from collections import deque
import dataclasses

from mpnp_ros.encoders.reading import Reading

_NS = 1_000_000_000


class Window:
    """Replace the message of each reading by a list of those of the last seconds of its view.

    The list begins with the oldest and ends with the reading's own. A stamp that goes back, as
    after a bag's loop, empties it.
    """

    def __init__(self, window_s: float) -> None:
        self._window_ns = round(window_s * _NS)
        self.reset()

    def reset(self) -> None:
        """Forget all messages."""
        self._kept: dict[str, deque[Reading]] = {}

    def add(self, reading: Reading) -> Reading:
        """Take a reading and return it with all messages since `window_s` before it."""
        kept = self._kept.setdefault(reading.view, deque())
        if kept and reading.stamp_ns < kept[-1].stamp_ns:
            kept.clear()
        kept.append(reading)
        while kept[0].stamp_ns <= reading.stamp_ns - self._window_ns:
            kept.popleft()
        return dataclasses.replace(reading, message=[one.message for one in kept])
