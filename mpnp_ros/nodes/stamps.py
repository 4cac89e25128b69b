# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps as integers: nanoseconds since the epoch of whatever clock the message came from."""

from __future__ import annotations

from builtin_interfaces.msg import Time

from mpnp_ros.suite.stamp import nanoseconds, NS, seconds_between

__all__ = ['nanoseconds', 'seconds_between', 'stamp_from']


def stamp_from(ns: int) -> Time:
    """Return nanoseconds as a stamp."""
    return Time(sec=ns // NS, nanosec=ns % NS)
