# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of slots: each row of a batch has its own, or a single one serves them all."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mpnp_ros.core.attention import BlockSlots, Slots


def count_rows(slots: Slots | None) -> int:
    """Return the number of rows, 1 without any slots."""
    return max((block.key.shape[0] for block in slots or () if block is not None), default=1)


def select_rows(slots: Slots | None, rows: Sequence[int]) -> Slots | None:
    """Return the given rows of slots; a single row serves any batch as it is."""
    if slots is None or count_rows(slots) == 1 or list(rows) == list(range(count_rows(slots))):
        return slots
    index = torch.tensor(list(rows))
    return tuple(block and BlockSlots(*(
        part[index.to(part.device)] for part in (block.key, block.value, block.log_gate)))
        for block in slots)


def repeat_each(slots: Slots | None, times: int) -> Slots | None:
    """Repeat each row of the slots; a single row serves any batch as it is."""
    if slots is None or count_rows(slots) == 1:
        return slots
    return tuple(block and BlockSlots(*(
        part.repeat_interleave(times, dim=0)
        for part in (block.key, block.value, block.log_gate))) for block in slots)
