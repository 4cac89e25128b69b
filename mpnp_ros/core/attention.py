# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latent key/value slots in the last blocks of a causal LM (mPnP-LLM, section 2.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
import sys
from types import MappingProxyType
from typing import Any

import torch
from torch import nn, Tensor
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import eager_mask, sdpa_mask

from mpnp_ros.core.architecture import (
    Architecture, AttentionCall, describe, require_attention_interface)

AttentionResult = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class BlockSlots:
    """Hold the latent slots of one block: extra keys and values that every text token may see.

    `key` and `value` are [B, kv_heads, S, head_dim] with B = 1 to serve a whole batch;
    `log_gate` [B, S] is added to the slots' attention logits, -inf closes a slot exactly. Slots
    issue no queries and take no rotary position. `answer_only` says that a prompt does not look
    at them up to the end of its question; what runs texts sees to that, and to `relevance`
    [B, S, words], whose product with a question's words is added to `log_gate`.
    """

    key: Tensor
    value: Tensor
    log_gate: Tensor
    answer_only: bool = False
    relevance: Tensor | None = None


# Slots of the last len(slots) blocks, lowest first; None leaves a block as it is.
Slots = tuple[BlockSlots | None, ...]


class LatentAttention:
    """Let latent slots take part in the attention of a model's last blocks.

    Works through transformers' AttentionInterface and AttentionMaskInterface: no forward is
    patched, and while no slots are attached the model computes bit for bit what the stock one
    does. Raises UnsupportedArchitecture for a model that does not use the interface.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        require_attention_interface(type(model))
        eager = model.config._attn_implementation in ('eager', EAGER)
        model.set_attn_implementation(EAGER if eager else SDPA)
        self.architecture: Architecture = describe(model, _probe(model))

    @contextmanager
    def attached(self, slots: Slots | None) -> Iterator[None]:
        """Attach slots to the last len(slots) blocks, lowest first, within the `with` block.

        None in place of a block's slots leaves that block as it is. Slots are seen by the calling
        thread only and are gone on leaving, also through an exception.
        """
        attentions = self.architecture.attentions
        slots = slots or ()
        if len(slots) > len(attentions):
            raise ValueError(f'slots for {len(slots)} blocks: the LLM has {len(attentions)}')
        connected = attentions[len(attentions) - len(slots):]
        for index, block in enumerate(slots, len(attentions) - len(slots)):
            if block is not None:
                _check(block, self.architecture, index)
        token = _ATTACHED.set(
            {module: block for module, block in zip(connected, slots) if block is not None})
        try:
            yield
        finally:
            _ATTACHED.reset(token)

    @contextmanager
    def watched(self) -> Iterator[list[tuple[nn.Module, Tensor]]]:
        """Collect the queries [B, heads, T, head_dim] of every attention within the block.

        They come with their module, turned by their positions, as slots meet them.
        """
        queries: list[tuple[nn.Module, Tensor]] = []
        with _looking(lambda module, query, *_: queries.append((module, query.detach()))):
            yield queries


SDPA = 'mpnp_latent'
EAGER = 'mpnp_latent_eager'
_ATTACHED: ContextVar[Mapping[nn.Module, BlockSlots]] = ContextVar(
    'attached_slots', default=MappingProxyType({}))
# Called with module, query, key and value of each attention.
Look = Callable[[nn.Module, Tensor, Tensor, Tensor], None]
_LOOK: ContextVar[Look | None] = ContextVar('look_at_attention', default=None)


@contextmanager
def _looking(look: Look) -> Iterator[None]:
    token = _LOOK.set(look)
    try:
        yield
    finally:
        _LOOK.reset(token)


def _attend(stock: Callable[..., AttentionResult], module: nn.Module, query: Tensor, key: Tensor,
            value: Tensor, mask: Tensor | None, **kwargs: Any) -> AttentionResult:
    look = _LOOK.get()
    if look is not None:
        look(module, query, key, value)
    slots = _ATTACHED.get().get(module)
    if slots is None:
        return stock(module, query, key, value, mask, **kwargs)
    batch, _, tokens, _ = query.shape
    is_causal = kwargs.pop('is_causal', None)
    if is_causal is None:
        is_causal = getattr(module, 'is_causal', True)
    text = _additive(mask, query, key, is_causal)                    # [B or 1, H or 1, Tq, Tk]
    gates = slots.log_gate.to(text.dtype)[:, None, None, :]          # [B or 1, 1, 1, S]
    rows = max(text.shape[0], gates.shape[0])
    mask = torch.cat([gates.expand(rows, text.shape[1], tokens, -1),
                      text.expand(rows, -1, -1, -1)], dim=-1)        # [B or 1, H or 1, Tq, S + Tk]
    key = torch.cat([slots.key.to(key.dtype).expand(batch, -1, -1, -1), key], dim=2)
    value = torch.cat([slots.value.to(value.dtype).expand(batch, -1, -1, -1), value], dim=2)
    if mask.requires_grad and stock is sdpa_attention_forward:
        return _grouped(module, query, key, value, mask, kwargs.get('scaling')), None
    return stock(module, query, key, value, mask, **kwargs)


def _grouped(module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor,
             scaling: float | None) -> Tensor:
    """Return what attention gives, [B, Tq, H, D], while gates are learned.

    torch's fused kernels take no gradient to a mask, and their stand-in repeats keys and values
    for each query head.
    """
    batch, heads, tokens, width = query.shape
    grouped = query.reshape(batch, key.shape[1], -1, width)           # [B, kv, group * Tq, D]
    scores = (grouped @ key.transpose(2, 3)).float().view(batch, heads, tokens, -1)
    scores = scores * (width ** -0.5 if scaling is None else scaling) + mask
    shares = scores.softmax(-1).to(value.dtype).view(batch, key.shape[1], -1, key.shape[2])
    return (shares @ value).view(batch, heads, tokens, width).transpose(1, 2)


def _sdpa(module: nn.Module, query: Tensor, key: Tensor, value: Tensor,
          attention_mask: Tensor | None, **kwargs: Any) -> AttentionResult:
    return _attend(sdpa_attention_forward, module, query, key, value, attention_mask, **kwargs)


def _eager(module: nn.Module, query: Tensor, key: Tensor, value: Tensor,
           attention_mask: Tensor | None, **kwargs: Any) -> AttentionResult:
    stock = sys.modules[type(module).__module__].eager_attention_forward
    if attention_mask is not None and attention_mask.dtype == torch.bool:
        attention_mask = _additive(attention_mask, query, key, True)
    return _attend(stock, module, query, key, value, attention_mask, **kwargs)


AttentionInterface.register(SDPA, _sdpa)
AttentionInterface.register(EAGER, _eager)
AttentionMaskInterface.register(SDPA, sdpa_mask)
AttentionMaskInterface.register(EAGER, eager_mask)


def _additive(mask: Tensor | None, query: Tensor, key: Tensor, is_causal: bool) -> Tensor:
    """Return the mask of text among itself as numbers to add to the logits.

    No mask means what it means to the stock attention: everything for a single query, else causal
    with the first query at the first key.
    """
    if mask is None:
        tokens, keys = query.shape[2], key.shape[2]
        mask = torch.ones(1, 1, tokens, keys, dtype=torch.bool, device=query.device)
        if is_causal and tokens > 1:
            mask = mask.tril()
    if mask.dtype != torch.bool:
        return mask.to(query.dtype)
    return torch.zeros_like(mask, dtype=query.dtype).masked_fill(~mask, -torch.inf)


def _probe(model: PreTrainedModel) -> list[AttentionCall]:
    """Run two tokens through the model and return the attention calls they made."""
    calls: list[AttentionCall] = []

    def look(module: nn.Module, _: Tensor, key: Tensor, value: Tensor) -> None:
        calls.append(AttentionCall(module, key.shape[1], key.shape[-1], value.shape[-1]))
    with torch.no_grad(), _looking(look):
        model(input_ids=torch.zeros(1, 2, dtype=torch.long, device=model.device),
              use_cache=False)
    return calls


def _check(slots: BlockSlots, architecture: Architecture, block: int) -> None:
    expected = (architecture.num_kv_heads, architecture.head_dim)
    for name, value in (('key', slots.key), ('value', slots.value)):
        if value.ndim != 4 or (value.shape[1], value.shape[3]) != expected:
            raise ValueError(
                f'slots of block {block}: {name} has shape {list(value.shape)}, expected '
                f'[B, {expected[0]}, S, {expected[1]}] (kv heads, head width of the LLM)')
    if slots.relevance is not None:
        raise ValueError(f'slots of block {block} wait for the words of a question: see `opened`')
    rows, _, count, _ = slots.key.shape
    # One row of slots may be open in many ways.
    fits = slots.log_gate.ndim == 2 and slots.log_gate.shape[1] == count and (
        rows in (1, slots.log_gate.shape[0]))
    if slots.key.shape != slots.value.shape or not fits:
        raise ValueError(
            f'slots of block {block}: key {list(slots.key.shape)}, value '
            f'{list(slots.value.shape)} and log_gate {list(slots.log_gate.shape)} do not fit '
            'together; expected [B, H, S, D] twice and [B, S]')
