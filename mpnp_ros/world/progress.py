# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A line on standard error that tells how far something is."""

from __future__ import annotations

import sys
import time

_BAR = 24
_EVERY_S = {True: 0.1, False: 10.0}  # between updates, on a terminal and elsewhere


class ProgressLine:
    """Show a count of a total with the time left; one line that moves on a terminal."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._began = time.monotonic()
        self._first: int | None = None
        self._shown = -1.0e9

    def __call__(self, done: int, total: int, note: str = '') -> None:
        """Show that `done` of `total` are done."""
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if self._first is None:
            self._first = done - 1  # what an earlier run left does not tell how fast this one is
        if done < total and now - self._shown < _EVERY_S[terminal]:
            return
        self._shown = now
        left_s = (now - self._began) / max(done - self._first, 1) * (total - done)
        filled = _BAR * done // max(total, 1)
        text = f'{self._label} [{"#" * filled:<{_BAR}}] {done}/{total}, {left_s:.0f} s left {note}'
        end = '\n' if done >= total or not terminal else ''
        sys.stderr.write(('\r\x1b[K' if terminal else '') + text.rstrip() + end)
        sys.stderr.flush()
