# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A frame takes its time at the rate, waits for those before it, and may be lost."""

from __future__ import annotations

import pytest
from wire import Shape, Wire

FRAME = bytes(1250)   # 1 ms at 10 Mbit/s


def test_a_frame_comes_out_after_its_time_at_the_rate_and_the_delay() -> None:
    wire = Wire(Shape(rate_bits_per_s=10e6, delay_s=0.05, loss=0.0))
    wire.put(FRAME, 2.0)
    assert wire.next_s == pytest.approx(2.051)
    assert wire.take(2.0509) == []
    assert wire.take(2.0511) == [FRAME]
    assert wire.next_s is None


def test_frames_wait_for_those_before_them() -> None:
    wire = Wire(Shape(rate_bits_per_s=10e6, delay_s=0.0, loss=0.0))
    frames = [bytes([number]) + FRAME[1:] for number in range(10)]
    for frame in frames:
        wire.put(frame, 0.0)
    assert wire.take(0.00501) == frames[:5]
    assert wire.take(0.1) == frames[5:]


def test_what_does_not_fit_into_the_buffer_is_dropped_and_counted() -> None:
    wire = Wire(Shape(buffer_bytes=5 * len(FRAME), loss=0.0))
    for _ in range(8):
        wire.put(FRAME, 0.0)
    assert (wire.counts.offered, wire.counts.overflowed) == (8, 3)
    wire.put(FRAME, 0.002)   # two have left the buffer
    assert wire.counts.overflowed == 3
    assert len(wire.take(1.0)) == wire.counts.carried == 6


def test_losses_come_from_the_seed() -> None:
    def carried(seed: int) -> list[bytes]:
        wire = Wire(Shape(loss=0.01, buffer_bytes=10**9, seed=seed))
        for number in range(5000):
            wire.put(number.to_bytes(2, 'big'), 0.0)
        frames = wire.take(100.0)
        assert wire.counts.lost == 5000 - len(frames)
        return frames
    assert 4920 < len(carried(0)) < 4980
    assert carried(0) == carried(0) != carried(1)
