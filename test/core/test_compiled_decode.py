# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Compiled code adds the token that the model itself would add."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from tiny_models import closed, llm, model, random_slots, stock, tokenizer, WEIGHTS_HASH
import torch
from transformers import PreTrainedModel, Qwen3Config, Qwen3ForCausalLM

from mpnp_ros.core import native_library
from mpnp_ros.core.attention import Slots
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.lora import Lora, LoraConfig
from mpnp_ros.core.text_runner import TextRunner

PROMPT = list(range(20, 40))
needs_compiler = pytest.mark.skipif(
    native_library.library() is None, reason='no C++ compiler on this machine')


def named(given: PreTrainedModel, **options: bool) -> LanguageModel:
    return LanguageModel(given, tokenizer(), id='tiny', weights_hash=WEIGHTS_HASH, **options)


def qwen3() -> PreTrainedModel:
    torch.manual_seed(7)
    made = Qwen3ForCausalLM(Qwen3Config(
        vocab_size=len(tokenizer()), hidden_size=32, intermediate_size=64, num_hidden_layers=4,
        num_attention_heads=4, num_key_value_heads=2, head_dim=16, initializer_range=0.25))
    for block in made.model.layers:
        torch.nn.init.uniform_(block.self_attn.q_norm.weight, 0.5, 2.0)
    return made.eval()


def assert_same_logits(given: LanguageModel, slots: Slots | None, tokens: int = 4) -> None:
    ours = TextRunner(given.model, given.attention)
    theirs = TextRunner(given.model, given.attention, compiled=False)
    assert ours.decoder is not None
    mine, expected = ours.start(PROMPT, slots), theirs.start(PROMPT, slots)
    for token in range(60, 60 + tokens):
        torch.testing.assert_close(
            ours.grow(mine, token), theirs.grow(expected, token), rtol=0, atol=1e-4)


@needs_compiler
@pytest.mark.parametrize('family', ['llama', 'qwen2', 'qwen3'])
@pytest.mark.parametrize('blocks', [0, 2, 4])
def test_logits_are_those_of_the_model(family: str, blocks: int) -> None:
    given = named(qwen3()) if family == 'qwen3' else llm(family)
    assert_same_logits(given, random_slots(given, blocks) if blocks else None)


@needs_compiler
def test_closed_slots_and_blocks_without_any_are_not_seen() -> None:
    given = llm()
    slots = (None, *closed(random_slots(given, 1)), *random_slots(given, 1))
    assert_same_logits(given, slots)


@needs_compiler
def test_a_text_outgrows_the_room_it_began_with() -> None:
    assert_same_logits(llm(), random_slots(llm()), tokens=70)


@needs_compiler
def test_adapters_are_part_of_what_is_decoded() -> None:
    given = named(copy.deepcopy(stock('llama')))
    adapters = Lora(given, 2, LoraConfig(rank=4))
    for parameter in adapters.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    assert_same_logits(given, random_slots(given))


@needs_compiler
def test_several_threads_give_what_one_gives() -> None:
    given, before = llm(), torch.get_num_threads()
    generated = {}
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            generated[threads] = given.generate(
                PROMPT, slots=random_slots(given), max_new_tokens=12).token_ids
    finally:
        torch.set_num_threads(before)
    assert generated[1] == generated[3]


@pytest.mark.parametrize('family', ['opt', 'gpt_neox', 'mistral', 'gemma3'])
def test_other_models_are_decoded_by_transformers(family: str) -> None:
    given = llm(family)
    assert TextRunner(given.model, given.attention).decoder is None


def test_a_model_that_only_looks_alike_is_decoded_by_transformers() -> None:
    given = named(model('llama', hidden_act='gelu'))
    assert not given.decodes_compiled


def test_compiled_code_can_be_refused() -> None:
    assert not named(copy.deepcopy(stock('llama')), compiled=False).decodes_compiled


@pytest.mark.parametrize(('compiler', 'words'), [
    (None, 'no C'), ('#!/bin/sh\necho too old >&2; exit 1\n', 'too old')])
def test_without_a_compiler_that_works_transformers_decodes(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path, compiler: str | None,
        words: str) -> None:
    given = named(copy.deepcopy(stock('llama')))
    monkeypatch.setenv('MPNP_CACHE', str(tmp_path))
    if compiler is None:
        monkeypatch.setenv('PATH', str(tmp_path))
        monkeypatch.delenv('CXX', raising=False)
    else:
        (tmp_path / 'cc').write_text(compiler, encoding='utf-8')
        (tmp_path / 'cc').chmod(0o755)
        monkeypatch.setenv('CXX', str(tmp_path / 'cc'))
    native_library.library.cache_clear()
    try:
        with pytest.warns(RuntimeWarning, match=words):
            assert not given.decodes_compiled
    finally:
        native_library.library.cache_clear()
    assert given.generate(PROMPT, max_new_tokens=3).token_ids


@needs_compiler
def test_what_is_compiled_is_kept_in_the_cache(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv('MPNP_CACHE', str(tmp_path))
    native_library.library.cache_clear()
    try:
        assert native_library.library() is not None
        kept, = (tmp_path / 'native').iterdir()
        made_ns = kept.stat().st_mtime_ns
        native_library.library.cache_clear()
        assert native_library.library() is not None
        assert kept.stat().st_mtime_ns == made_ns
    finally:
        native_library.library.cache_clear()
