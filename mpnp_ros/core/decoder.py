# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One token after the other through a Llama-like model, with latent slots, in compiled code.

transformers spends some 300 us a block on what surrounds a token's arithmetic. Here a token is
one call of `data/decode.cpp`, which reads the model's own weights and a cache of its own.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn, Tensor
from transformers import DynamicCache, PreTrainedModel

from mpnp_ros.core.architecture import UnsupportedArchitecture
from mpnp_ros.core.attention import BlockSlots, LatentAttention, Slots
from mpnp_ros.core.native_library import (
    Block, GROUP, library, Matrix, matrix, Model, pointer, Seen)
from mpnp_ros.core.quantised import QuantisedLinear

# A cache takes so many more tokens before it must grow.
_ROOM = 64
# Their rotary positions depend on how long the text is.
_MOVING = ('dynamic', 'longrope')


@dataclass
class DecodedText:
    """Hold a text that grows token by token: what each block has seen, and the text's length."""

    keys: list[Tensor]                  # of each block, [kv_heads, capacity, head_dim]
    values: list[Tensor]
    gates: list[Tensor | None]          # of each block, [slots]
    seen: Any                           # ctypes array of Seen, which points into these
    length: int

    @classmethod
    def begin(cls, cache: DynamicCache, slots: Slots | None) -> DecodedText:
        """Copy the cache of a prompt of one row, its slots in front of the text."""
        layers: list[Any] = cache.layers
        slots = slots or ()
        given = [None] * (len(layers) - len(slots)) + list(slots)
        keys = [_joined(layer.keys, None if block is None else block.key)
                for block, layer in zip(given, layers)]
        values = [_joined(layer.values, None if block is None else block.value)
                  for block, layer in zip(given, layers)]
        gates = [None if block is None else block.log_gate[0].float().contiguous()
                 for block in given]
        text = cls(keys, values, gates, None, layers[0].keys.shape[2])
        text.grow(_ROOM)
        return text

    def grow(self, room: int) -> None:
        """Make room for more tokens."""
        for parts in (self.keys, self.values):
            parts[:] = [nn.functional.pad(part, (0, 0, 0, room)) for part in parts]
        self.seen = (Seen * len(self.keys))(*(
            Seen(pointer(key), pointer(value), pointer(gate), 0 if gate is None else len(gate),
                 key.shape[1])
            for key, value, gate in zip(self.keys, self.values, self.gates)))

    @property
    def full(self) -> bool:
        """Say whether there is no room for another token."""
        return any(one.slots + self.length >= one.capacity for one in self.seen)


class Decoder:
    """Run single tokens through a model; one thread at a time, gradients are not recorded.

    Raises UnsupportedArchitecture for a model of other parts than Llama's, Mistral's and Qwen's.
    What it computes must still be compared with the model: see `find_decoder`.
    """

    def __init__(self, native: ctypes.CDLL, model: PreTrainedModel,
                 attention: LatentAttention) -> None:
        self._native = native
        self._kept: list[Tensor] = []    # what the library reads must not go away
        architecture = attention.architecture
        try:
            backbone: Any = model.base_model
            rotary = backbone.rotary_emb
            if rotary.rope_type in _MOVING or rotary.inv_freq.numel() * 2 != architecture.head_dim:
                raise UnsupportedArchitecture('its rotary positions are of another kind')
            if any(layer.is_sliding for layer in _layers(model)):
                raise UnsupportedArchitecture('its attention slides')
            self._blocks = (Block * len(architecture.blocks))(*(
                self._block(block) for block in architecture.blocks))
            self._embed = model.get_input_embeddings()
            head = self._matrix(model.get_output_embeddings())
            self._vocabulary = head.rows
            heads = self._blocks[0].query.rows // architecture.head_dim
            self._model = Model(
                len(self._blocks), self._blocks[0].query.columns, heads,
                architecture.num_kv_heads, architecture.head_dim,
                float(backbone.norm.variance_epsilon), float(rotary.attention_scaling),
                self._floats(rotary.inv_freq), self._floats(backbone.norm.weight),
                self._blocks, head)
        except (AttributeError, TypeError, ValueError) as error:
            raise UnsupportedArchitecture(
                f'{type(model).__name__} is not made of the parts of Llama ({error})') from error

    def step(self, text: DecodedText, token: int) -> Tensor:
        """Add a token to a text, and return the logits [vocabulary] of the next."""
        if text.full:
            text.grow(max(_ROOM, text.length))
        with torch.no_grad():
            state = self._embed(torch.tensor([token]))[0].float()     # [hidden]
        logits = torch.empty(self._vocabulary)
        self._native.decode(self._model, text.seen, text.length, state.data_ptr(),
                            logits.data_ptr(), torch.get_num_threads())
        text.length += 1
        return logits

    def _block(self, block: Any) -> Block:
        attention, mlp = block.self_attn, block.mlp
        head_norms = [getattr(attention, name, None) for name in ('q_norm', 'k_norm')]
        return Block(
            *(self._matrix(getattr(attention, name))
              for name in ('q_proj', 'k_proj', 'v_proj', 'o_proj')),
            *(self._matrix(getattr(mlp, name)) for name in ('gate_proj', 'up_proj', 'down_proj')),
            self._floats(block.input_layernorm.weight),
            self._floats(block.post_attention_layernorm.weight),
            *(None if norm is None else self._floats(norm.weight) for norm in head_norms))

    def _matrix(self, layer: Any) -> Matrix:
        if hasattr(layer, 'get_delta_weight'):
            return self._adapted(layer)
        if isinstance(layer, QuantisedLinear):
            parts = layer.quantised
            self._kept += [parts.codes, *(part for part in (parts.scales, parts.least, layer.bias)
                                          if part is not None)]
            return parts.matrix(layer.bias)
        if type(layer) is not nn.Linear or layer.in_features % GROUP:
            raise UnsupportedArchitecture(f'{layer} is no linear layer of a width of n x {GROUP}')
        weight = layer.weight.detach()
        if weight.dtype not in (torch.float32, torch.bfloat16) or not weight.is_contiguous():
            raise UnsupportedArchitecture(f'{layer} has weights of {weight.dtype}')
        self._kept.append(weight)
        return matrix(weight, layer.in_features, bias=self._tensor(layer.bias))

    def _adapted(self, layer: Any) -> Matrix:
        """Describe a layer of peft with what its adapter adds (LoRA)."""
        base, (adapter,) = layer.base_layer, layer.active_adapters
        quantised = isinstance(base, QuantisedLinear)
        weight = base.quantised.floats() if quantised else base.weight.detach().float()
        weight = weight + layer.get_delta_weight(adapter).detach().float()
        self._kept.append(weight.to(torch.bfloat16) if quantised else weight)
        return matrix(self._kept[-1], base.in_features, bias=self._tensor(base.bias))

    def _tensor(self, given: Tensor | None) -> Tensor | None:
        if given is None:
            return None
        self._kept.append(given.detach().float().contiguous())
        return self._kept[-1]

    def _floats(self, given: Tensor) -> int | None:
        return pointer(self._tensor(given))


def find_decoder(model: PreTrainedModel, attention: LatentAttention) -> Decoder | None:
    """Return a decoder that computes what the model does; None where there is none."""
    if model.device.type != 'cpu':
        return None
    native = library()
    if native is None:
        return None
    try:
        decoder = Decoder(native, model, attention)
    except UnsupportedArchitecture:
        return None
    return decoder if _agrees(decoder, model, attention) else None


def _agrees(decoder: Decoder, model: PreTrainedModel, attention: LatentAttention) -> bool:
    """Say whether two tokens after a short prompt, under slots, get the model's own logits."""
    layout = attention.architecture
    shape = (1, layout.num_kv_heads, 3, layout.head_dim)
    numbers = torch.Generator().manual_seed(0)
    key, value = (torch.randn(shape, generator=numbers) for _ in range(2))
    slots = (BlockSlots(key, value, torch.tensor([[0.0, -1.0, -torch.inf]])),)
    cache = DynamicCache(config=model.config)
    steps: list[Tensor] = []
    with torch.no_grad(), attention.attached(slots):
        model(input_ids=torch.tensor([[1, 2, 3]]), past_key_values=cache, use_cache=True)
        text = DecodedText.begin(cache, slots)
        for token in (4, 5):
            logits: Tensor = model(input_ids=torch.tensor([[token]]), past_key_values=cache,
                                   use_cache=True).logits[0, -1].float()
            steps.append(logits)
    exact = model.dtype == torch.float32
    return all(
        torch.allclose(decoder.step(text, token), logits, rtol=1e-4, atol=1e-3 if exact else 0.5)
        for token, logits in zip((4, 5), steps))


def _layers(model: PreTrainedModel) -> list[Any]:
    return DynamicCache(config=model.config).layers


def _joined(text: Tensor, slots: Tensor | None) -> Tensor:
    """Return slots and text [kv_heads, slots + tokens, head_dim] in float32."""
    parts = [text] if slots is None else [slots, text]
    return torch.cat([part[0].float() for part in parts], dim=1)
