# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of slots: each row of a batch has its own, or a single one serves them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses

import torch
from torch import Tensor

from mpnp_ros.core.attention import BlockSlots, Slots


def count_rows(slots: Slots | None) -> int:
    """Return the number of rows, 1 without any slots."""
    return max((block.key.shape[0] for block in slots or () if block is not None), default=1)


def only_for_answers(slots: Slots | None) -> bool:
    """Say whether a prompt does not look at the slots up to the end of its question."""
    return any(block is not None and block.answer_only for block in slots or ())


def select_rows(slots: Slots | None, rows: Sequence[int]) -> Slots | None:
    """Return the given rows of slots; a single row serves any batch as it is."""
    if slots is None or count_rows(slots) == 1 or list(rows) == list(range(count_rows(slots))):
        return slots
    index = torch.tensor(list(rows))
    return _changed(slots, lambda part: part[index.to(part.device)])


def repeat_each(slots: Slots | None, times: int) -> Slots | None:
    """Repeat each row of the slots; a single row serves any batch as it is."""
    if slots is None or count_rows(slots) == 1:
        return slots
    return _changed(slots, lambda part: part.repeat_interleave(times, dim=0))


def changed(block: BlockSlots, change: Callable[[Tensor], Tensor]) -> BlockSlots:
    """Return slots whose tensors, all of which have their rows first, are changed."""
    return dataclasses.replace(
        block, key=change(block.key), value=change(block.value), log_gate=change(block.log_gate),
        relevance=None if block.relevance is None else change(block.relevance))


def concatenated(parts: Sequence[BlockSlots]) -> BlockSlots | None:
    """Return the slots of several modalities as those of one block, None without any."""
    if len(parts) < 2:
        return parts[0] if parts else None
    factors = [part.relevance for part in parts if part.relevance is not None]
    return BlockSlots(
        torch.cat([part.key for part in parts], dim=2),
        torch.cat([part.value for part in parts], dim=2),
        torch.cat([part.log_gate for part in parts], dim=1), parts[0].answer_only,
        torch.cat(factors, dim=1) if factors else None)


def _changed(slots: Slots, change: Callable[[Tensor], Tensor]) -> Slots:
    return tuple(None if block is None else changed(block, change) for block in slots)
