# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps as integers: nanoseconds since the epoch of whatever clock the message came from."""

from __future__ import annotations

from builtin_interfaces.msg import Time

_NS = 1_000_000_000


def nanoseconds(stamp: Time) -> int:
    """Return a stamp as nanoseconds."""
    return int(stamp.sec) * _NS + int(stamp.nanosec)


def stamp_from(ns: int) -> Time:
    """Return nanoseconds as a stamp."""
    return Time(sec=ns // _NS, nanosec=ns % _NS)


def seconds_between(later_ns: int, earlier_ns: int) -> float:
    """Return the time from one stamp to a later one, s; negative when it is earlier."""
    return (later_ns - earlier_ns) / _NS
