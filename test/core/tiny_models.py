# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Causal LMs of a few thousand random weights, with a tokenizer made on the spot."""

from __future__ import annotations

from collections.abc import Mapping
import copy
import functools
from typing import Any

from tokenizers import AddedToken, decoders, models, pre_tokenizers, Tokenizer, trainers
import torch
from torch import nn, Tensor
from transformers import (
    BloomConfig, BloomForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig, GPTNeoXConfig,
    GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM,
    OPTConfig, OPTForCausalLM, PreTrainedModel, PreTrainedTokenizerFast, Qwen2Config,
    Qwen2ForCausalLM)

from mpnp_ros.core.attention import BlockSlots, Slots
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel

BLOCKS, HIDDEN, HEADS = 4, 32, 4
FAMILIES = ('llama', 'qwen2', 'opt', 'gpt_neox', 'mistral', 'gemma3')
WEIGHTS_HASH, ENCODER_HASH = 'a' * 64, 'e' * 64
CHAT_TEMPLATE = (
    '{% for message in messages %}<|start|>{{ message.role }}\n{{ message.content }}<|end|>\n'
    '{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}')
_CORPUS = (
    'Question: what colour is the nearest car? Answer: red green blue yellow unknown yes no',
    'user assistant system Answer in one word. Is the way clear? How many cars are there?')


@functools.cache
def tokenizer(chat: bool = False) -> PreTrainedTokenizerFast:
    """Return a byte-level tokenizer: any text can be written, few words are one token."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.train_from_iterator(_CORPUS * 3, trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False))
    special = ['<|pad|>', '<|start|>', '<|end|>']
    inner.add_special_tokens([AddedToken(text, special=True) for text in special])
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token='<|pad|>', bos_token='<|start|>', eos_token='<|end|>')
    if chat:
        made.chat_template = CHAT_TEMPLATE
    return made


def model(family: str, **changes: Any) -> PreTrainedModel:
    """Return a randomly initialised model of a family, the same one each time."""
    torch.manual_seed(7)
    vocabulary = len(tokenizer())
    shape: dict[str, Any] = {
        'vocab_size': vocabulary, 'hidden_size': HIDDEN, 'num_hidden_layers': BLOCKS,
        'num_attention_heads': HEADS, 'max_position_embeddings': 256, 'pad_token_id': None,
        'bos_token_id': None, 'eos_token_id': tokenizer().eos_token_id,
        # Wide enough for logits to differ well beyond rounding.
        'initializer_range': 0.25, **changes}
    wide = {'intermediate_size': 2 * HIDDEN}
    grouped = {**wide, 'num_key_value_heads': 2}
    made: PreTrainedModel
    if family == 'llama':
        made = LlamaForCausalLM(LlamaConfig(**grouped, **shape))
    elif family == 'qwen2':
        made = Qwen2ForCausalLM(Qwen2Config(**grouped, **shape))
    elif family == 'mistral':
        made = MistralForCausalLM(MistralConfig(**grouped, sliding_window=8, **shape))
    elif family == 'gemma3':
        kinds = ['sliding_attention', 'full_attention'] * (BLOCKS // 2)
        made = Gemma3ForCausalLM(Gemma3TextConfig(
            **grouped, head_dim=8, query_pre_attn_scalar=8, sliding_window=8, layer_types=kinds,
            **shape))
    elif family == 'gpt_neox':
        made = GPTNeoXForCausalLM(GPTNeoXConfig(**wide, **shape))
    elif family == 'opt':
        shape['init_std'] = shape.pop('initializer_range')
        made = OPTForCausalLM(OPTConfig(
            ffn_dim=2 * HIDDEN, word_embed_proj_dim=HIDDEN, dropout=0.0, **shape))
    else:
        made = BloomForCausalLM(BloomConfig(
            vocab_size=vocabulary, hidden_size=HIDDEN, n_layer=BLOCKS, n_head=HEADS))
    return made.eval()


def tangled() -> PreTrainedModel:
    """Return a model whose last block also takes what the first one was given."""
    told: list[Tensor] = []

    class Teller(nn.Module):

        def __init__(self, block: nn.Module) -> None:
            super().__init__()
            self.block = block

        def forward(self, states: Tensor, **options: Any) -> Any:
            told.append(states)
            return self.block(states, **options)

    class Listener(Teller):

        def forward(self, states: Tensor, **options: Any) -> Any:
            return self.block(states + told.pop(), **options)

    made: Any = model('llama')
    made.model.layers[0] = Teller(made.model.layers[0])
    made.model.layers[-1] = Listener(made.model.layers[-1])
    return made


@functools.cache
def stock(family: str) -> PreTrainedModel:
    """Return a model that nobody has touched, to compare with."""
    return model(family)


def llm(family: str = 'llama') -> LanguageModel:
    """Return the language model of a family; tests share it and leave it as it is."""
    return _llm(family)


@functools.cache
def _llm(family: str) -> LanguageModel:
    return LanguageModel(copy.deepcopy(stock(family)), tokenizer(), id=f'tiny-{family}',
                         weights_hash=WEIGHTS_HASH)


def random_slots(given: LanguageModel, blocks: int = 2, *, rows: int = 1, count: int = 5,
                 seed: int = 0) -> Slots:
    """Return slots strong enough to change every answer."""
    generator = torch.Generator().manual_seed(seed)
    shape = (rows, given.num_kv_heads, count, given.head_dim)
    return tuple(BlockSlots(
        2 * torch.randn(shape, generator=generator), 2 * torch.randn(shape, generator=generator),
        torch.randn(rows, count, generator=generator)) for _ in range(blocks))


def closed(slots: Slots) -> Slots:
    """Return the slots with every gate closed."""
    return tuple(block and BlockSlots(
        block.key, block.value, torch.full_like(block.log_gate, -torch.inf)) for block in slots)


def latents(modality: str = 'camera', *, tokens: int = 6, width: int = 12,
            seed: int = 0) -> Latents:
    """Return random latents, whose tokens look all around."""
    generator = torch.Generator().manual_seed(seed)
    return Latents(
        modality, torch.randn(tokens, width, generator=generator),
        torch.linspace(-3.0, 3.0, tokens), torch.arange(tokens) % 2, f'{modality}_encoder',
        ENCODER_HASH)


def connectors(given: LanguageModel, widths: Mapping[str, int] | None = None, *,
               blocks: int = 2, faithful: bool = False, seed: int = 0,
               system_prompt: str = '', answer_only: bool = False,
               relevance: int = 0) -> Connectors:
    """Return untrained connectors for latents as made above."""
    chosen = {'camera': 12, 'lidar': 7} if widths is None else widths
    return Connectors.create(
        given, {name: Source(f'{name}_encoder', ENCODER_HASH, width)
                for name, width in chosen.items()},
        connected_blocks=blocks, hidden=32, faithful=faithful, seed=seed,
        system_prompt=system_prompt, answer_only=answer_only, relevance=relevance)
