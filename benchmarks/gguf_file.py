# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Write a Llama-like model of transformers as a GGUF file, without its tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
from torch import Tensor
from transformers import PreTrainedModel

# mpnp_ros' kinds of weights, and the blocks of llama.cpp that hold as many bits.
BLOCKS = {'float32': 'F32', 'bfloat16': 'BF16', 'int8': 'Q8_0', 'int4': 'Q4_1'}


def write(model: PreTrainedModel, weights: str, path: Path) -> None:
    """Write the model's float32 weights as blocks; with int4 its embeddings are of 8 bits."""
    config: Any = model.config
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
    writer = gguf.GGUFWriter(path, 'llama')
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model('no_vocab')
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters['rope_theta'])
    writer.add_rope_dimension_count(config.hidden_size // heads)
    body = gguf.GGMLQuantizationType[BLOCKS[weights]]
    head = gguf.GGMLQuantizationType.Q8_0 if weights == 'int4' else body

    def add(name: str, weight: Tensor, kind: gguf.GGMLQuantizationType) -> None:
        values = weight.detach().float().numpy()
        data = values if kind == gguf.GGMLQuantizationType.F32 else gguf.quantize(values, kind)
        writer.add_tensor(name, data, raw_dtype=kind)

    plain = gguf.GGMLQuantizationType.F32
    backbone: Any = model.base_model
    add('token_embd.weight', backbone.embed_tokens.weight, head)
    if not config.tie_word_embeddings:
        add('output.weight', model.get_output_embeddings().weight, head)
    add('output_norm.weight', backbone.norm.weight, plain)
    for number, block in enumerate(backbone.layers):
        attention, mlp = block.self_attn, block.mlp
        parts = {
            'attn_q': _paired(attention.q_proj.weight, heads),
            'attn_k': _paired(attention.k_proj.weight, kv_heads),
            'attn_v': attention.v_proj.weight, 'attn_output': attention.o_proj.weight,
            'ffn_gate': mlp.gate_proj.weight, 'ffn_up': mlp.up_proj.weight,
            'ffn_down': mlp.down_proj.weight}
        for name, weight in parts.items():
            add(f'blk.{number}.{name}.weight', weight, body)
        add(f'blk.{number}.attn_norm.weight', block.input_layernorm.weight, plain)
        add(f'blk.{number}.ffn_norm.weight', block.post_attention_layernorm.weight, plain)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _paired(weight: Tensor, heads: int) -> Tensor:
    """Put side by side what rotary positions turn together: llama.cpp has pairs, not halves."""
    rows, columns = weight.shape
    halves = weight.view(heads, 2, rows // heads // 2, columns)
    return weight.new_tensor(np.ascontiguousarray(halves.transpose(1, 2).numpy())).view(
        rows, columns)
