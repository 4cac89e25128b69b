# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Put the messages of several views of one modality together into sets to encode in one batch."""

from __future__ import annotations

from mpnp_ros.encoders.reading import Reading
from mpnp_ros.encoders.window import Window

__all__ = ['Assembler', 'Reading']

_NS = 1_000_000_000


class Assembler:
    """Collect the newest reading of each view and say when a set is complete.

    A set is complete when every live view has a new reading. When a view delivers twice before
    the others did, the earlier set is given out as it is, so that a dead or slow view delays
    the others by one of their periods at most; a slow view's last reading is used again while
    it is no more than `max_skew_s` older than the newest of the set. A view that has not
    delivered for `stale_after_s` no longer counts as live; after such a pause of all views each
    of them is waited for again.

    With a `window_s`, the message of a reading is the list of its view's messages since then.
    """

    def __init__(self, views: list[str], *, max_skew_s: float, stale_after_s: float,
                 window_s: float = 0.0) -> None:
        self._views = list(views)
        self._max_skew_ns = round(max_skew_s * _NS)
        self._stale_after_ns = round(stale_after_s * _NS)
        self._window = Window(window_s) if window_s else None
        self.reset()

    def reset(self) -> None:
        """Forget all readings, as after a jump of the clock or a bag's loop."""
        self._begin()
        if self._window is not None:
            self._window.reset()

    def _begin(self) -> None:
        self._latest: dict[str, Reading] = {}
        self._fresh: set[str] = set()
        self._first_stamp_ns: int | None = None

    def add(self, reading: Reading) -> list[list[Reading]]:
        """Take a reading and return the sets, oldest first, that became ready by it."""
        if reading.view not in self._views:
            raise KeyError(f'unknown view {reading.view!r}; known: {", ".join(self._views)}')
        previous = self._latest.get(reading.view)
        if previous is not None and reading.stamp_ns < previous.stamp_ns:
            self.reset()
        elif self._latest and all(one.stamp_ns < reading.stamp_ns - self._stale_after_ns
                                  for one in self._latest.values()):
            # None of them is known to be dead: a set of the first one alone would be the result.
            self._begin()
        if self._window is not None:
            reading = self._window.add(reading)
        ready = []
        if reading.view in self._fresh:
            ready.append(self._take())
        if self._first_stamp_ns is None:
            self._first_stamp_ns = reading.stamp_ns
        self._latest[reading.view] = reading
        self._fresh.add(reading.view)
        if all(view in self._fresh for view in self._live(reading.stamp_ns)):
            ready.append(self._take())
        return ready

    def take_overdue(self, now_ns: int) -> list[Reading]:
        """Return the readings of a set that waits for a view although none can join it any more.

        A reading that came after `now_ns` would lie more than `max_skew_s` away.
        """
        if not self._fresh or now_ns - max(
                self._latest[view].stamp_ns for view in self._fresh) < self._max_skew_ns:
            return []
        return self._take()

    def _live(self, now_ns: int) -> list[str]:
        oldest = now_ns - self._stale_after_ns
        assert self._first_stamp_ns is not None
        # A view that was never seen counts as live for as long as a seen one would.
        return [view for view in self._views if (
            self._latest[view].stamp_ns if view in self._latest
            else self._first_stamp_ns) >= oldest]

    def _take(self) -> list[Reading]:
        newest = max(self._latest[view].stamp_ns for view in self._fresh)
        self._fresh.clear()
        return [self._latest[view] for view in self._views
                if view in self._latest
                and newest - self._latest[view].stamp_ns <= self._max_skew_ns]
