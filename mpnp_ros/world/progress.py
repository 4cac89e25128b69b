# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A line on standard error that tells how far something is."""

from __future__ import annotations

from collections import deque
import sys
import time

_BAR = 24
_EVERY_S = {True: 0.1, False: 10.0}  # between updates, on a terminal and elsewhere
_RECENT_S = 60.0    # what the time left is told from: parts found done are faster than others


class ProgressLine:
    """Show a count of a total with the time left; one line that moves on a terminal."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._began = time.monotonic()
        self._marks: deque[tuple[float, int]] = deque()   # when so many were done
        self._shown = -1.0e9

    def __call__(self, done: int, total: int, note: str = '') -> None:
        """Show that `done` of `total` are done."""
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        left_s = self._seconds_left(now, done, total)
        if done < total and now - self._shown < _EVERY_S[terminal]:
            return
        self._shown = now
        filled = _BAR * done // max(total, 1)
        text = f'{self._label} [{"#" * filled:<{_BAR}}] {done}/{total}, {left_s:.0f} s left {note}'
        end = '\n' if done >= total or not terminal else ''
        sys.stderr.write(('\r\x1b[K' if terminal else '') + text.rstrip() + end)
        sys.stderr.flush()

    def _seconds_left(self, now: float, done: int, total: int) -> float:
        if not self._marks:   # what an earlier run left does not tell how fast this one is
            self._marks.append((self._began, done - 1))
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[1][0] >= _RECENT_S:
            self._marks.popleft()
        then, before = self._marks[0]
        return (now - then) / max(done - before, 1) * (total - done)
