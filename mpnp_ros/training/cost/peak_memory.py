# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The most memory that tensors took at the same time: exact, and the same on any device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class PeakMemory(TorchDispatchMode):
    """Count the bytes of tensors that come into being within a `with` block.

    Memory that a kernel takes for itself while it runs is not seen; that of tensors from before
    is not counted. One thread at a time, as the passes of a training on a CPU are.

    :ivar peak_bytes: the most there was at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._live: dict[int, int] = {}
        self._before: set[int] = set()
        self._now = self.peak_bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (),
                           kwargs: Mapping[str, Any] | None = None) -> Any:
        """Run an operation and take in what it gives."""
        # What comes in and is not known was there before.
        for leaf in tree_leaves((args, kwargs)):
            if isinstance(leaf, torch.Tensor):
                storage = leaf.untyped_storage()
                if id(storage) not in self._live and id(storage) not in self._before:
                    self._before.add(id(storage))
                    weakref.finalize(storage, self._before.discard, id(storage))
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                self._take(leaf.untyped_storage())
        return result

    def _take(self, storage: Any) -> None:
        key = id(storage)
        if key in self._live or key in self._before:
            return
        self._live[key] = storage.nbytes()
        self._now += self._live[key]
        self.peak_bytes = max(self.peak_bytes, self._now)
        weakref.finalize(storage, self._drop, key)

    def _drop(self, key: int) -> None:
        self._now -= self._live.pop(key, 0)
