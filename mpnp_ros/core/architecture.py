# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What an LLM's architecture must offer so that latents can enter its blocks."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedModel


class UnsupportedArchitecture(ValueError):
    """Report a model whose blocks latents cannot enter; the text names the architecture."""


@dataclass(frozen=True)
class AttentionCall:
    """Hold what one call of the attention interface showed: the module and its head layout."""

    module: nn.Module
    num_kv_heads: int
    key_dim: int
    value_dim: int


@dataclass(frozen=True)
class Architecture:
    """Hold a causal LM's blocks, in order, and the attention module of each.

    `path` is the dotted name of the list of blocks inside the model.
    """

    path: str
    blocks: tuple[nn.Module, ...]
    attentions: tuple[nn.Module, ...]
    num_kv_heads: int
    head_dim: int


def require_attention_interface(model_class: type) -> None:
    """Refuse, by name, a model class that does not compute attention through the interface."""
    if not getattr(model_class, '_supports_attention_backend', False):
        raise UnsupportedArchitecture(
            f'{model_class.__name__} does not compute its attention through the '
            'AttentionInterface of transformers, so latents cannot enter its blocks. Choose a '
            'model of another architecture, for example Llama, Qwen, Gemma, Mistral, Phi, OPT or '
            'GPT-NeoX.')


def describe(model: PreTrainedModel, calls: list[AttentionCall]) -> Architecture:
    """Match the attention calls of one forward pass with the model's list of blocks.

    Raises UnsupportedArchitecture where a block has no attention of its own, or where head
    layouts differ between blocks or between keys and values.
    """
    name = type(model).__name__
    count = model.config.get_text_config(decoder=True).num_hidden_layers
    found = _find_blocks(model, calls)
    if found is None or len(found[1]) != count:
        raise UnsupportedArchitecture(
            f'{name}: {len(calls)} of its {count} blocks compute attention through the '
            'AttentionInterface of transformers, expected each block to do so exactly once. '
            'Hybrid models with recurrent or convolutional blocks are not supported.')
    layouts = {(call.num_kv_heads, call.key_dim, call.value_dim) for call in calls}
    if len(layouts) != 1 or calls[0].key_dim != calls[0].value_dim:
        raise UnsupportedArchitecture(
            f'{name}: key/value heads differ between blocks or between keys and values '
            f'(heads, key width, value width: {sorted(layouts)}), expected one layout throughout')
    path, blocks = found
    return Architecture(
        path, blocks, tuple(call.module for call in calls), calls[0].num_kv_heads,
        calls[0].key_dim)


def _find_blocks(model: PreTrainedModel,
                 calls: list[AttentionCall]) -> tuple[str, tuple[nn.Module, ...]] | None:
    for path, blocks in model.named_modules():
        if not isinstance(blocks, nn.ModuleList) or len(blocks) != len(calls):
            continue
        if all(any(call.module is inner for inner in block.modules())
               for call, block in zip(calls, blocks)):
            return path, tuple(blocks)
    return None
