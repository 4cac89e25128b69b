# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Language models from directories and GGUF files of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
import pytest
from tiny_models import HEADS, HIDDEN, llm, model, stock, tokenizer
import torch
from transformers import PreTrainedModel

from mpnp_ros.core.architecture import UnsupportedArchitecture
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.weights import WeightsMissing

IDS = torch.tensor([list(range(20, 50))])


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('MPNP_CACHE', str(tmp_path / 'cache'))


def saved(folder: Path, given: PreTrainedModel) -> Path:
    given.save_pretrained(folder)
    tokenizer(chat=True).save_pretrained(folder)
    return folder


def test_a_directory_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    loaded = LanguageModel.load(saved(tmp_path / 'my-llm', stock('llama')))
    with torch.no_grad():
        assert torch.equal(loaded.model(IDS).logits, stock('llama')(IDS).logits)
    assert loaded.id == 'my-llm'
    assert len(loaded.weights_hash) == 64
    assert loaded.prompt('hi', 'Be brief.')[0] == tokenizer().bos_token_id


def test_the_model_is_described_to_connectors(tmp_path: Path) -> None:
    loaded = LanguageModel.load(saved(tmp_path / 'llm', stock('qwen2')))
    assert (loaded.num_blocks, loaded.hidden_size, loaded.num_kv_heads, loaded.head_dim) == (
        4, HIDDEN, 2, HIDDEN // HEADS)
    assert loaded.max_tokens == 256
    assert loaded.device == torch.device('cpu')


def test_a_head_width_other_than_the_hidden_size_implies_is_found() -> None:
    assert llm('gemma3').head_dim == 8
    wide = LanguageModel(model('llama', head_dim=16), tokenizer(), id='w', weights_hash='a' * 64)
    assert wide.head_dim == 16


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16', 'float16'])
def test_weights_are_loaded_in_the_type_asked_for(tmp_path: Path, dtype: str) -> None:
    loaded = LanguageModel.load(saved(tmp_path / 'llm', stock('llama')), dtype=dtype)
    assert loaded.model.dtype == getattr(torch, dtype)
    assert loaded.generate([20, 21, 22], max_new_tokens=2).token_ids


def test_the_hash_is_that_of_the_weights_not_of_the_name(tmp_path: Path) -> None:
    one, same, other = (LanguageModel.load(saved(tmp_path / name, given)).weights_hash
                        for name, given in (('one', stock('llama')), ('same', stock('llama')),
                                            ('other', stock('qwen2'))))
    assert one == same != other


def test_an_unknown_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'int4': expected one of.*bfloat16"):
        LanguageModel.load(tmp_path, dtype='int4')


def test_what_is_not_here_is_reported_as_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        LanguageModel.load(tmp_path / 'nowhere')


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='no model configuration can be read'):
        LanguageModel.load(tmp_path)


def test_a_model_that_is_no_causal_llm_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'config.json').write_text(json.dumps({'model_type': 'vit'}))
    with pytest.raises(ValueError, match="'vit' is not a causal language model"):
        LanguageModel.load(tmp_path)


def test_a_model_without_the_attention_interface_is_refused_before_its_weights_are_read(
        tmp_path: Path) -> None:
    (tmp_path / 'config.json').write_text(json.dumps({'model_type': 'bloom'}))
    with pytest.raises(UnsupportedArchitecture, match='BloomForCausalLM'):
        LanguageModel.load(tmp_path)


def test_truncated_weights_are_refused_by_name(tmp_path: Path) -> None:
    folder = saved(tmp_path / 'llm', stock('llama'))
    weights = folder / 'model.safetensors'
    weights.write_bytes(weights.read_bytes()[:2000])
    with pytest.raises(ValueError, match=f'{folder}.*cannot be loaded'):
        LanguageModel.load(folder)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / 'model.bin'
    file.write_bytes(b'1234')
    with pytest.raises(ValueError, match='expected a directory or a .gguf file'):
        LanguageModel.load(file)


def test_a_damaged_gguf_file_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / 'model.gguf'
    file.write_bytes(b'GGUF' + bytes(100))
    with pytest.raises(ValueError, match='model.gguf.*cannot be loaded'):
        LanguageModel.load(file)


def test_a_gguf_file_gives_the_logits_of_the_model_it_holds(tmp_path: Path) -> None:
    given = model('llama', tie_word_embeddings=False)
    file = write_gguf(tmp_path / 'tiny.gguf', given)
    loaded = LanguageModel.load(file)
    with torch.no_grad():
        torch.testing.assert_close(
            loaded.model(IDS).logits, given(IDS).logits, rtol=0, atol=1e-5)
    assert loaded.id == 'tiny.gguf'
    assert loaded.tokenizer.decode(
        loaded.prompt('Größe?')) == 'Question: Größe?\nAnswer:'


def write_gguf(path: Path, given: PreTrainedModel) -> Path:
    """Write a Llama-type model as llama.cpp does: queries and keys with halves interleaved."""
    config = given.config
    writer = gguf.GGUFWriter(str(path), 'llama')
    writer.add_context_length(config.max_position_embeddings)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    saved_tokenizer = json.loads(tokenizer().backend_tokenizer.to_str())
    names = [tokenizer().convert_ids_to_tokens(index) for index in range(len(tokenizer()))]
    writer.add_tokenizer_model('gpt2')
    writer.add_token_list(names)
    writer.add_token_types([3 if name.startswith('<|') else 1 for name in names])
    writer.add_token_merges([' '.join(pair) for pair in saved_tokenizer['model']['merges']])
    writer.add_bos_token_id(tokenizer().bos_token_id)
    writer.add_eos_token_id(tokenizer().eos_token_id)
    names_of = {
        'model.embed_tokens': 'token_embd', 'model.norm': 'output_norm', 'lm_head': 'output',
        'self_attn.q_proj': 'attn_q', 'self_attn.k_proj': 'attn_k', 'self_attn.v_proj': 'attn_v',
        'self_attn.o_proj': 'attn_output', 'mlp.gate_proj': 'ffn_gate', 'mlp.up_proj': 'ffn_up',
        'mlp.down_proj': 'ffn_down', 'input_layernorm': 'attn_norm',
        'post_attention_layernorm': 'ffn_norm', 'model.layers': 'blk'}
    for name, tensor in given.state_dict().items():
        values = tensor.numpy()
        for ours, theirs in names_of.items():
            name = name.replace(ours, theirs)
        heads = {'attn_q': config.num_attention_heads, 'attn_k': config.num_key_value_heads}
        for kind, count in heads.items():
            if f'.{kind}.' in name:
                values = values.reshape(count, 2, -1, values.shape[1]).swapaxes(1, 2).reshape(
                    values.shape)
        writer.add_tensor(name, np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
