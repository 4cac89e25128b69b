# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Computed states kept for texts that come again, the least recently used dropped first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar('Value')


class StateCache(Generic[Value]):
    """Keep values up to a number of bytes; a value larger than that is not kept."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity = capacity_bytes
        self._used = 0
        self._held: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        """Return the value kept for a key, or None."""
        held = self._held.get(key)
        if held is None:
            return None
        self._held.move_to_end(key)
        return held[0]

    def put(self, key: Hashable, value: Value, size_bytes: int) -> None:
        """Keep a value of the given size, dropping the least recently used to make room."""
        previous = self._held.pop(key, None)
        self._used -= previous[1] if previous else 0
        if size_bytes > self._capacity:
            return
        while self._used + size_bytes > self._capacity:
            _, (_, dropped) = self._held.popitem(last=False)
            self._used -= dropped
        self._held[key] = (value, size_bytes)
        self._used += size_bytes

    def __len__(self) -> int:
        return len(self._held)
