# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps as integers: nanoseconds since the epoch of whatever clock the message came from."""

from __future__ import annotations

from typing import Any

NS = 1_000_000_000


def nanoseconds(stamp: Any) -> int:
    """Return a builtin_interfaces/msg/Time, duck-typed, as nanoseconds."""
    return int(stamp.sec) * NS + int(stamp.nanosec)


def seconds_between(later_ns: int, earlier_ns: int) -> float:
    """Return the time from one stamp to a later one, s; negative when it is earlier."""
    return (later_ns - earlier_ns) / NS
