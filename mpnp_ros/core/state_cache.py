# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Computed states kept for texts that come again, the least recently used dropped first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
import itertools
from typing import Any, Generic, TypeVar

Value = TypeVar('Value')
_NUMBERS = itertools.count()


class StateMemory:
    """Hold values of several caches up to a number of bytes; a larger value is not kept.

    `hits` and `misses` count what was asked for, `dropped` what made room for others. One thread
    at a time puts and gets; the counts may be read from any.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self.capacity_bytes = capacity_bytes
        self.used_bytes = self.hits = self.misses = self.dropped = 0
        self._held: OrderedDict[tuple[int, Hashable], tuple[Any, int]] = OrderedDict()

    def get(self, key: tuple[int, Hashable]) -> Any:
        """Return the value kept for a key, or None."""
        held = self._held.get(key)
        if held is None:
            self.misses += 1
            return None
        self.hits += 1
        self._held.move_to_end(key)
        return held[0]

    def put(self, key: tuple[int, Hashable], value: Any, size_bytes: int) -> None:
        """Keep a value of the given size, dropping the least recently used to make room."""
        previous = self._held.pop(key, None)
        self.used_bytes -= previous[1] if previous else 0
        if size_bytes > self.capacity_bytes:
            return
        while self.used_bytes + size_bytes > self.capacity_bytes:
            _, (_, freed) = self._held.popitem(last=False)
            self.used_bytes -= freed
            self.dropped += 1
        self._held[key] = (value, size_bytes)
        self.used_bytes += size_bytes

    def __len__(self) -> int:
        return len(self._held)


class StateCache(Generic[Value]):
    """Keep values by key in a memory of its own, or in one that it shares with other caches."""

    def __init__(self, capacity_bytes: int) -> None:
        self._memory = StateMemory(capacity_bytes)
        self._number = next(_NUMBERS)       # tells its keys from those of other caches

    def share(self, memory: StateMemory) -> None:
        """Keep values in this memory from now on; those kept elsewhere are not found."""
        self._memory = memory

    def get(self, key: Hashable) -> Value | None:
        """Return the value kept for a key, or None."""
        value: Value | None = self._memory.get((self._number, key))
        return value

    def put(self, key: Hashable, value: Value, size_bytes: int) -> None:
        """Keep a value of the given size, dropping the least recently used to make room."""
        self._memory.put((self._number, key), value, size_bytes)

    def __len__(self) -> int:
        return len(self._memory)
