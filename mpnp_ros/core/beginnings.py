# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Beginnings of prompts that look at no slots, in front of what does.

Nothing that is sensed reaches them, so the connected blocks run over them once as well, and what
follows meets their keys and values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn, Tensor
from transformers import DynamicCache

from mpnp_ros.core.upper import UpperBlocks


@dataclass(frozen=True)
class Beginning:
    """Hold T tokens: their ids, and what is known of them.

    :ivar kept: keys and values in the connected blocks [T, 2, N, kv_heads, head_dim], or, where
        these blocks change, the states [T, hidden] that enter block L-N.
    """

    ids: Tensor
    kept: Tensor


def begin(blocks: UpperBlocks, ids: Tensor, states: Tensor, *, fixed: bool) -> list[Beginning]:
    """Return beginnings of one length from ids [B, T] and states [B, T, hidden].

    `fixed` says that the connected blocks stay as they are, so that keys and values do.
    """
    kept = states
    if fixed:
        cache = DynamicCache()
        with torch.no_grad():
            blocks.upper(states, ids, past_key_values=cache, keep=0)
        layers: list[Any] = cache.layers[blocks.start:]
        kept = torch.stack([torch.stack([part(layer) for layer in layers])
                            for part in (lambda layer: layer.keys, lambda layer: layer.values)])
        kept = kept.permute(2, 4, 0, 1, 3, 5)                         # [B, T, 2, N, kv, D]
    return [Beginning(own, row.clone()) for own, row in zip(ids, kept)]


class Beginnings:
    """The beginnings of the texts of a batch, padded in front."""

    def __init__(self, rows: Sequence[Beginning]) -> None:
        lengths = torch.tensor([len(row.ids) for row in rows], device=rows[0].ids.device)
        self._ids = _padded([row.ids for row in rows])                # [B, T]
        self._kept = _padded([row.kept for row in rows])              # [B, T, ...]
        padding = self._ids.shape[1] - lengths[:, None]               # [B, 1]
        places = torch.arange(self._ids.shape[1], device=lengths.device)
        self._there = places >= padding                               # [B, T]
        self._places = (places - padding).clamp(min=0)
        self._lengths = lengths

    def arguments(self, blocks: UpperBlocks, tokens: int) -> dict[str, Any]:
        """Return the model's own arguments for so many tokens that follow each beginning."""
        cache = DynamicCache()
        if self._kept.ndim == 3:
            # Padding sees itself, as something has to be seen.
            seen = _causal(self._ids.shape[1], self._there) | torch.eye(
                self._ids.shape[1], dtype=torch.bool, device=self._ids.device)
            blocks.upper(self._kept, self._ids, past_key_values=cache, keep=0,
                         position_ids=self._places, attention_mask=_additive(seen, self._kept))
        else:
            for number, (keys, values) in enumerate(
                    self._kept.permute(3, 2, 0, 4, 1, 5), blocks.start):
                cache.update(keys, values, number)                    # [B, kv, T, D] each
        there = self._there[:, None, None, :].expand(-1, -1, tokens, -1)
        after = _causal(tokens, torch.ones(len(there), tokens, dtype=torch.bool,
                                           device=there.device))
        return {'past_key_values': cache,
                'position_ids': self._lengths[:, None] + torch.arange(
                    tokens, device=there.device),
                'attention_mask': _additive(torch.cat([there, after], dim=-1), self._kept)}


def _causal(tokens: int, there: Tensor) -> Tensor:
    """Return what each of the tokens sees [B, 1, tokens, tokens], if it is there [B, tokens]."""
    before = torch.ones(tokens, tokens, dtype=torch.bool, device=there.device).tril()
    return before & there[:, None, None, :]


def _additive(seen: Tensor, like: Tensor) -> Tensor:
    return torch.zeros(seen.shape, dtype=like.dtype, device=seen.device).masked_fill(
        ~seen, -torch.inf)


def _padded(rows: Sequence[Tensor]) -> Tensor:
    return nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_side='left')
