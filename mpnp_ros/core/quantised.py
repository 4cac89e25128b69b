# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Weights of a language model in 16, 8 or 4 bits; what they are multiplied with stays float32.

Decoding reads every weight once a token: the fewer bytes, the faster. int8 keeps a scale, int4 a
scale and a least value, both float16, for each 32 weights of a row (8.5 and 5 bits a weight; the
blocks of llama.cpp's Q8_0 and Q4_1). int4 reproduces a model that came in Q4_1 blocks, as the
default one does; like there, the output head and what is tied to it have 8 bits.
"""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import torch
from torch import nn, Tensor
from transformers import PreTrainedModel

from mpnp_ros.core.native_library import counted, GROUP, library, Matrix, matrix

AS_DTYPE = 'dtype'
KEPT_AS = (AS_DTYPE, 'bfloat16', 'int8', 'int4')
# So many weights are expanded at a time: they stay in a processor's cache.
_EXPANDED = 2 ** 21
# Up to so many inputs, multiplying the codes is faster than expanding them.
_FEW = 4


class QuantisedWeight(nn.Module):
    """Hold a weight [rows, columns] in fewer bits; it does not learn."""

    def __init__(self, weight: Tensor, kept_as: str) -> None:
        super().__init__()
        self.rows, self.columns = weight.shape
        scales: Tensor | None = None
        least: Tensor | None = None
        groups = weight.detach().float().unflatten(-1, (-1, GROUP))   # [rows, groups, GROUP]
        if kept_as == 'bfloat16':
            codes = weight.detach().to(torch.bfloat16)
        elif kept_as == 'int8':
            scales = (groups.abs().amax(-1) / 127).half()
            codes = _codes(groups, scales, -127, 127).to(torch.int8).flatten(1)
        elif kept_as == 'int4':
            least = groups.amin(-1).half()
            scales = ((groups.amax(-1) - least.float()) / 15).half()
            numbers = _codes(groups - least.float()[..., None], scales, 0, 15).to(torch.uint8)
            low, high = numbers.chunk(2, dim=-1)
            codes = (low | high << 4).flatten(1)                      # [rows, columns / 2]
        else:
            raise ValueError(f'weights {kept_as!r}: expected one of {list(KEPT_AS[1:])}')
        for name, part in (('codes', codes), ('scales', scales), ('least', least)):
            self.register_buffer(name, part if part is None else part.contiguous())
        self.codes: Tensor
        self.scales: Tensor | None
        self.least: Tensor | None

    def floats(self, which: Tensor | slice = slice(None)) -> Tensor:
        """Return rows [..., columns] in float32."""
        codes = self.codes[which]
        if self.scales is None:
            return codes.float()
        if self.least is None:
            numbers = codes.unflatten(-1, (-1, GROUP)).float()
            return (numbers * self.scales[which].float()[..., None]).flatten(-2)
        pairs = codes.unflatten(-1, (-1, GROUP // 2))
        numbers = torch.cat([pairs & 15, pairs >> 4], dim=-1).float()
        return (numbers * self.scales[which].float()[..., None]
                + self.least[which].float()[..., None]).flatten(-2)

    def matrix(self, bias: Tensor | None = None) -> Matrix:
        """Describe the weight to the native library."""
        return matrix(self.codes, self.columns, self.scales, self.least, bias)


class QuantisedLinear(nn.Module):
    """Do what nn.Linear does, with a quantised weight."""

    def __init__(self, weight: QuantisedWeight, bias: Tensor | None, *,
                 compiled: bool = True) -> None:
        super().__init__()
        self.in_features, self.out_features = weight.columns, weight.rows
        self.quantised = weight
        self.register_buffer('bias', None if bias is None else bias.detach().float())
        self.bias: Tensor | None
        self._compiled = compiled

    def forward(self, input: Tensor) -> Tensor:
        """Return input [..., in_features] as [..., out_features]."""
        flat = input.reshape(-1, self.in_features).float()
        if torch.is_grad_enabled() and flat.requires_grad:
            output = nn.functional.linear(flat, self.quantised.floats(), self.bias)
        else:
            output = self._multiplied(flat.contiguous())
        return output.view(*input.shape[:-1], self.out_features).to(input.dtype)

    def _multiplied(self, flat: Tensor) -> Tensor:
        native = self._native(flat)
        if native is not None and len(flat) <= _FEW:
            output = flat.new_empty(len(flat), self.out_features)
            native.multiply(self.quantised.matrix(self.bias), flat.data_ptr(), len(flat),
                            output.data_ptr(), torch.get_num_threads())
            return output
        rows = max(1, _EXPANDED // self.in_features)
        parts = []
        for first in range(0, self.out_features, rows):
            some = slice(first, first + rows)
            bias = None if self.bias is None else self.bias[some]
            parts.append(nn.functional.linear(flat, self.floats(some), bias))
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)

    def floats(self, which: Tensor | slice) -> Tensor:
        """Return rows of the weight in float32, those of a slice until the next call only."""
        codes, native = self.quantised.codes, self._native(self.quantised.codes)
        if native is None or not isinstance(which, slice):
            return self.quantised.floats(which)
        first, last, _ = which.indices(self.out_features)
        weight = _scratch(last - first, self.in_features)
        if self.quantised.scales is None:
            return weight.copy_(codes[which])
        native.expand(self.quantised.matrix(), first, last - first, weight.data_ptr(),
                      torch.get_num_threads())
        return weight

    def _native(self, tensor: Tensor) -> ctypes.CDLL | None:
        if not self._compiled or tensor.device.type != 'cpu' or counted():
            return None
        return library()


class QuantisedEmbedding(nn.Module):
    """Do what nn.Embedding does, with the quantised weight of the output head."""

    def __init__(self, weight: QuantisedWeight) -> None:
        super().__init__()
        self.quantised = weight

    def forward(self, input: Tensor) -> Tensor:
        """Return the embeddings [..., columns] of token ids [...]."""
        return self.quantised.floats(input)


def quantise(model: PreTrainedModel, kept_as: str, *, compiled: bool = True) -> None:
    """Keep the linear layers of a float32 model in fewer bits, and embeddings tied to its head.

    Raises ValueError for a kind of weights that there is not, and for a model of another dtype.
    Layers whose width is no multiple of 32 stay as they are, and so do adapters (LoRA).
    """
    if kept_as not in KEPT_AS:
        raise ValueError(f'weights {kept_as!r}: expected one of {list(KEPT_AS)}')
    if kept_as == AS_DTYPE:
        return
    if model.dtype != torch.float32:
        raise ValueError(f'weights {kept_as!r} are multiplied in float32, dtype is {model.dtype}')
    embedding: Any = model.get_input_embeddings()
    head: Any = model.get_output_embeddings()
    tied = head is not None and head.weight is embedding.weight
    for path, parent in list(model.named_modules()):
        for name, layer in list(parent.named_children()):
            adapter = 'lora_' in f'{path}.{name}'
            if type(layer) is nn.Linear and layer.in_features % GROUP == 0 and not adapter:
                bits = 'int8' if layer is head and kept_as == 'int4' else kept_as
                weight = QuantisedWeight(layer.weight, bits)
                setattr(parent, name, QuantisedLinear(weight, layer.bias, compiled=compiled))
    head = model.get_output_embeddings()
    if tied and isinstance(head, QuantisedLinear) and type(embedding) is nn.Embedding:
        model.set_input_embeddings(QuantisedEmbedding(head.quantised))


def _codes(numbers: Tensor, scales: Tensor, least: int, most: int) -> Tensor:
    scales = scales.float()[..., None]
    return (numbers / scales.where(scales != 0, 1.0)).round().clamp(least, most)


_KEPT = threading.local()


def _scratch(rows: int, columns: int) -> Tensor:
    """Return memory of this thread's own, which the next call hands out again."""
    kept: Tensor | None = getattr(_KEPT, 'memory', None)
    if kept is None or kept.numel() < rows * columns:
        kept = _KEPT.memory = torch.empty(rows * columns)
    return kept[:rows * columns].view(rows, columns)
