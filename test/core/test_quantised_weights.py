# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Weights in fewer bits stay near the given ones, and every way through the model uses them."""

from __future__ import annotations

import copy
import threading

import pytest
from tiny_models import llm, random_slots, stock, tokenizer, WEIGHTS_HASH
import torch
from torch import nn, Tensor

from mpnp_ros.core import native_library
from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.quantised import quantise, QuantisedLinear, QuantisedWeight
from mpnp_ros.core.text_runner import TextRunner

PROMPT = list(range(20, 40))
CANDIDATES = ['red', 'green', 'no', 'the nearest car']
KINDS = ['bfloat16', 'int8', 'int4']


def weight(rows: int = 70, columns: int = 96) -> Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(1))


def quantised(kept_as: str, family: str = 'llama', *, compiled: bool = True) -> LanguageModel:
    given = LanguageModel(copy.deepcopy(stock(family)), tokenizer(), id='tiny',
                          weights_hash=WEIGHTS_HASH, compiled=compiled)
    given.quantise(kept_as)
    return given


@pytest.mark.parametrize(('kept_as', 'steps'), [('bfloat16', 2 ** 8), ('int8', 254), ('int4', 30)])
def test_a_weight_is_off_by_half_a_step_of_its_group(kept_as: str, steps: int) -> None:
    given = weight()
    groups = (given - QuantisedWeight(given, kept_as).floats()).unflatten(1, (-1, 32))
    widest = given.unflatten(1, (-1, 32)).abs().amax(-1) * 2
    assert bool((groups.abs().amax(-1) <= widest / steps * 1.01).all())


def test_weights_that_came_in_blocks_of_four_bits_stay_what_they_are() -> None:
    numbers = torch.Generator().manual_seed(2)
    codes = torch.randint(0, 16, (8, 2, 32), generator=numbers)
    codes[..., 0], codes[..., 1] = 0, 15
    scales, least = (torch.rand(8, 2, 1, generator=numbers).half().float() for _ in range(2))
    given = (codes * scales - least).flatten(1)
    torch.testing.assert_close(QuantisedWeight(given, 'int4').floats(), given, rtol=0, atol=5e-3)


@pytest.mark.parametrize('kept_as', KINDS)
@pytest.mark.parametrize('compiled', [True, False])
@pytest.mark.parametrize('inputs', [1, 3, 40])
def test_a_layer_multiplies_with_the_weight_it_keeps(
        kept_as: str, compiled: bool, inputs: int) -> None:
    kept = QuantisedWeight(weight(1100), kept_as)
    bias, given = torch.randn(1100), torch.randn(2, inputs, 96)
    layer = QuantisedLinear(kept, bias, compiled=compiled)
    with torch.no_grad():
        torch.testing.assert_close(
            layer(given), nn.functional.linear(given, kept.floats(), bias), rtol=0, atol=1e-4)


def test_what_learns_above_a_layer_gets_its_gradient() -> None:
    kept = QuantisedWeight(weight(), 'int4')
    given = torch.randn(5, 96, requires_grad=True)
    QuantisedLinear(kept, None)(given).square().sum().backward()
    own = given.grad
    given.grad = None
    nn.functional.linear(given, kept.floats()).square().sum().backward()
    torch.testing.assert_close(own, given.grad)


@pytest.mark.parametrize('kept_as', KINDS)
@pytest.mark.parametrize('family', ['llama', 'qwen2', 'gpt_neox', 'opt'])
def test_answers_are_those_of_a_model_with_such_weights(kept_as: str, family: str) -> None:
    given = quantised(kept_as, family)
    expanded = LanguageModel(copy.deepcopy(stock(family)), tokenizer(), id='tiny',
                             weights_hash=WEIGHTS_HASH)
    layers = dict(given.model.named_modules())
    for name, layer in expanded.model.named_modules():
        kept = layers[name]
        if isinstance(kept, QuantisedLinear):
            layer.weight.data = kept.quantised.floats()     # an embedding is tied to the head
    slots = random_slots(given)
    torch.testing.assert_close(
        torch.tensor(given.score(PROMPT, CANDIDATES, slots=slots)),
        torch.tensor(expanded.score(PROMPT, CANDIDATES, slots=slots)), rtol=0, atol=1e-4)
    assert given.generate(PROMPT, slots=slots, max_new_tokens=6).token_ids == expanded.generate(
        PROMPT, slots=slots, max_new_tokens=6).token_ids


def test_four_bits_leave_the_head_eight() -> None:
    given = quantised('int4')
    head = given.model.get_output_embeddings()
    assert head.quantised.codes.dtype == torch.int8
    assert given.model.model.layers[0].mlp.up_proj.quantised.codes.dtype == torch.uint8


def test_without_a_compiler_the_answers_are_the_same() -> None:
    slots = random_slots(llm())
    answers = [quantised('int8', compiled=compiled).generate(
        PROMPT, slots=slots, max_new_tokens=6).token_ids for compiled in (True, False)]
    assert answers[0] == answers[1]


def test_a_prompt_run_before_is_forgotten() -> None:
    given = quantised('dtype')
    before = given.score(PROMPT, CANDIDATES, slots=random_slots(given))
    given.quantise('int4')
    after = given.score(PROMPT, CANDIDATES, slots=random_slots(given))
    assert after != pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize(('kept_as', 'dtype', 'words'), [
    ('int3', torch.float32, "weights 'int3': expected one of"),
    ('int8', torch.bfloat16, 'multiplied in float32, dtype is torch.bfloat16'),
])
def test_what_cannot_be_kept_so_is_refused(kept_as: str, dtype: torch.dtype, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        quantise(copy.deepcopy(stock('llama')).to(dtype), kept_as)


def test_operations_are_counted_whatever_the_weights() -> None:
    counts = []
    for given in (quantised('dtype'), quantised('int4')):
        runner = TextRunner(given.model, given.attention)
        with counter() as counted:
            started = runner.start(PROMPT[:2], None)
            runner.grow(started, 60)
        counts.append(counted.get_total_flops())
    assert counts[0] == counts[1] > 0


def test_what_another_thread_counts_is_its_own_affair() -> None:
    there, done = threading.Event(), threading.Event()

    def count() -> None:
        with counter():
            there.set()
            done.wait(20.0)

    other = threading.Thread(target=count)
    other.start()
    assert there.wait(20.0)
    try:
        assert not native_library.counted()
        with counter():
            assert native_library.counted()
        assert not native_library.counted()
    finally:
        done.set()
        other.join()
