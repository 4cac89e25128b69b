# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One direction of a slow link: a rate, a delay, a loss and a buffer that can be full."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
import random


@dataclass(frozen=True)
class Shape:
    """What a link is like, in each direction.

    :ivar delay_s: one way, beyond the time that a frame takes at the rate.
    :ivar loss: fraction of frames lost on the way, drawn one by one; a lost one takes its time.
    :ivar buffer_bytes: frames that wait for their turn; what does not fit is dropped.
    """

    rate_bits_per_s: float = 10e6
    delay_s: float = 0.05
    loss: float = 0.01
    buffer_bytes: int = 125_000   # 0.1 s at 10 Mbit/s
    seed: int = 0

    def __str__(self) -> str:
        """Return e.g. '10 Mbit/s, 50 ms, 1 % loss'."""
        return (f'{self.rate_bits_per_s / 1e6:g} Mbit/s, {self.delay_s * 1e3:g} ms, '
                f'{self.loss * 100:g} % loss')


@dataclass
class Counts:
    """Ethernet frames and their bytes since the link came up."""

    offered: int = 0
    offered_bytes: int = 0
    carried: int = 0
    carried_bytes: int = 0
    lost: int = 0
    overflowed: int = 0


class Wire:
    """Frames that go in at one end and come out at the other, later, or never.

    The wire has no clock: it is told the time, s, which must not run backwards.
    """

    def __init__(self, shape: Shape, salt: str = '') -> None:
        self.counts = Counts()
        self._shape = shape
        self._random = random.Random(f'{shape.seed} {salt}')
        self._free_s = 0.0   # when all that waits has been sent
        self._flying: deque[tuple[float, bytes]] = deque()

    def put(self, frame: bytes, now_s: float) -> None:
        """Take a frame in, or drop it where the buffer is full."""
        shape, counts = self._shape, self.counts
        counts.offered += 1
        counts.offered_bytes += len(frame)
        waiting_bytes = max(self._free_s - now_s, 0.0) * shape.rate_bits_per_s / 8.0
        if waiting_bytes + len(frame) > shape.buffer_bytes:
            counts.overflowed += 1
            return
        self._free_s = max(self._free_s, now_s) + 8.0 * len(frame) / shape.rate_bits_per_s
        if self._random.random() < shape.loss:
            counts.lost += 1
            return
        self._flying.append((self._free_s + shape.delay_s, frame))

    @property
    def next_s(self) -> float | None:
        """Return when the next frame comes out; None where nothing is on its way."""
        return self._flying[0][0] if self._flying else None

    def take(self, now_s: float) -> list[bytes]:
        """Return the frames that have come out by now, in order."""
        frames = []
        while self._flying and self._flying[0][0] <= now_s:
            frames.append(self._flying.popleft()[1])
        self.counts.carried += len(frames)
        self.counts.carried_bytes += sum(map(len, frames))
        return frames
