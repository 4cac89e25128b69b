# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Slots enter the last blocks: what sees them, what does not, and what is refused."""

from __future__ import annotations

import math
import threading

import pytest
from tiny_models import BLOCKS, closed, FAMILIES, llm, model, random_slots, tokenizer
import torch
from torch import Tensor

from mpnp_ros.core.architecture import UnsupportedArchitecture
from mpnp_ros.core.attention import BlockSlots, Slots
from mpnp_ros.core.llm import LanguageModel

PROMPT = list(range(20, 50))


def logits(given: LanguageModel, slots: Slots | None, ids: list[int] | None = None) -> Tensor:
    with torch.no_grad(), given.attention.attached(slots):
        return given.model(input_ids=torch.tensor([ids or PROMPT]), use_cache=False).logits


@pytest.mark.parametrize('family', FAMILIES)
def test_a_closed_gate_leaves_text_as_if_nothing_was_attached(family: str) -> None:
    given = llm(family)
    torch.testing.assert_close(
        logits(given, closed(random_slots(given))), logits(given, None), rtol=0, atol=2e-5)


@pytest.mark.parametrize('family', FAMILIES)
def test_closed_slots_get_no_softmax_mass(family: str) -> None:
    """Whatever stands behind a closed gate, not one bit of the result depends on it."""
    given = llm(family)
    small = closed(random_slots(given, seed=1))
    huge = tuple(block and BlockSlots(block.key * 1e3, block.value * 1e6, block.log_gate)
                 for block in small)
    assert torch.equal(logits(given, small), logits(given, huge))


def test_a_gate_multiplies_the_share_of_its_slots() -> None:
    """Two copies of a slot with half a gate each weigh what one with an open gate does."""
    given = llm()
    single = tuple(block and BlockSlots(block.key, block.value, torch.zeros_like(block.log_gate))
                   for block in random_slots(given))
    double = tuple(block and BlockSlots(
        torch.cat([block.key] * 2, dim=2), torch.cat([block.value] * 2, dim=2),
        torch.cat([block.log_gate + math.log(0.5)] * 2, dim=1)) for block in single)
    torch.testing.assert_close(logits(given, double), logits(given, single), rtol=0, atol=2e-5)


@pytest.mark.parametrize('family', FAMILIES)
def test_the_order_of_slots_does_not_matter(family: str) -> None:
    given = llm(family)
    slots = random_slots(given)
    reversed_slots = tuple(block and BlockSlots(
        block.key.flip(2), block.value.flip(2), block.log_gate.flip(1)) for block in slots)
    torch.testing.assert_close(
        logits(given, reversed_slots), logits(given, slots), rtol=0, atol=2e-5)


@pytest.mark.parametrize('family', FAMILIES)
def test_no_token_sees_a_later_one(family: str) -> None:
    given = llm(family)
    slots = random_slots(given)
    changed = [*PROMPT[:20], *range(120, 130)]
    torch.testing.assert_close(
        logits(given, slots, changed)[:, :20], logits(given, slots)[:, :20], rtol=0, atol=2e-5)


@pytest.mark.parametrize('family', ['mistral', 'gemma3'])
def test_a_sliding_window_of_text_hides_no_slot(family: str) -> None:
    """The window is 8 tokens: the last of 30 still sees the slots in every block."""
    given = llm(family)
    lowest = (random_slots(given)[0], *[None] * (BLOCKS - 1))
    change = (logits(given, lowest) - logits(given, None))[0, -1].abs().max()
    assert float(change) > 0.01


@pytest.mark.parametrize('family', FAMILIES)
def test_each_row_of_a_batch_sees_its_own_slots(family: str) -> None:
    given = llm(family)
    both = random_slots(given, rows=2)
    ids = torch.tensor([PROMPT, PROMPT])
    with torch.no_grad(), given.attention.attached(both):
        together = given.model(input_ids=ids, use_cache=False).logits
    for row in range(2):
        own = tuple(block and BlockSlots(*(
            part[row:row + 1] for part in (block.key, block.value, block.log_gate)))
            for block in both)
        torch.testing.assert_close(together[row:row + 1], logits(given, own), rtol=0, atol=2e-5)


@pytest.mark.parametrize('family', FAMILIES)
def test_padded_text_with_slots_equals_unpadded(family: str) -> None:
    given = llm(family)
    slots = random_slots(given)
    ids = torch.tensor([[0] * 5 + PROMPT])
    mask = torch.ones_like(ids)
    mask[:, :5] = 0
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    with torch.no_grad(), given.attention.attached(slots):
        padded = given.model(input_ids=ids, attention_mask=mask, position_ids=positions,
                             use_cache=False).logits
    torch.testing.assert_close(padded[:, 5:], logits(given, slots), rtol=0, atol=5e-5)


@pytest.mark.parametrize('family', FAMILIES)
def test_states_below_the_connected_blocks_do_not_depend_on_slots(family: str) -> None:
    given = llm(family)
    seen: list[Tensor] = []
    handles = [block.register_forward_pre_hook(
        lambda module, arguments: seen.append(arguments[0].clone()))
        for block in given.attention.architecture.blocks]
    try:
        logits(given, None)
        logits(given, random_slots(given, blocks=2))
    finally:
        for handle in handles:
            handle.remove()
    text_only, fused = seen[:BLOCKS], seen[BLOCKS:]
    same = [torch.equal(a, b) for a, b in zip(text_only, fused)]
    # The block that slots enter first still gets the same input; the one above it does not.
    assert same == [True, True, True, False]


def test_eager_attention_takes_slots_like_sdpa() -> None:
    plain = llm()
    eager_model = model('llama')
    eager_model.set_attn_implementation('eager')
    eager = LanguageModel(eager_model, tokenizer(), id='eager', weights_hash='a' * 64)
    slots = random_slots(plain)
    torch.testing.assert_close(logits(eager, slots), logits(plain, slots), rtol=0, atol=2e-5)


def test_slots_are_gone_after_an_exception() -> None:
    given = llm()
    expected = logits(given, None)
    with pytest.raises(RuntimeError, match='on purpose'):
        with given.attention.attached(random_slots(given)):
            raise RuntimeError('on purpose')
    assert torch.equal(logits(given, None), expected)


def test_slots_of_one_thread_are_not_seen_by_another() -> None:
    given = llm()
    expected = logits(given, None)
    result: list[Tensor] = []
    with given.attention.attached(random_slots(given)):
        other = threading.Thread(target=lambda: result.append(given.model(
            input_ids=torch.tensor([PROMPT]), use_cache=False).logits.detach()))
        other.start()
        other.join(timeout=60)
    assert torch.equal(result[0], expected)


def test_slots_of_one_model_do_not_enter_another() -> None:
    first, second = llm('llama'), llm('qwen2')
    expected = logits(second, None)
    with torch.no_grad(), first.attention.attached(random_slots(first)):
        given = second.model(input_ids=torch.tensor([PROMPT]), use_cache=False).logits
    assert torch.equal(given, expected)


@pytest.mark.parametrize(('change', 'words'), [
    ({'key': (1, 4, 5, 8)}, 'block 3: key has shape'),
    ({'value': (1, 2, 5, 16)}, 'block 3: value has shape'),
    ({'log_gate': (1, 4)}, 'do not fit together'),
    ({'value': (1, 2, 6, 8)}, 'do not fit together'),
])
def test_slots_of_the_wrong_shape_are_refused(
        change: dict[str, tuple[int, ...]], words: str) -> None:
    shapes = {'key': (1, 2, 5, 8), 'value': (1, 2, 5, 8), 'log_gate': (1, 5), **change}
    block = BlockSlots(**{name: torch.zeros(shape) for name, shape in shapes.items()})
    with pytest.raises(ValueError, match=words):
        with llm().attention.attached((block,)):
            pass


def test_slots_for_more_blocks_than_there_are_are_refused() -> None:
    given = llm()
    with pytest.raises(ValueError, match='slots for 5 blocks: the LLM has 4'):
        with given.attention.attached(random_slots(given, blocks=5)):
            pass


def test_a_model_without_the_attention_interface_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedArchitecture, match='BloomForCausalLM'):
        LanguageModel(model('bloom'), tokenizer(), id='bloom', weights_hash='a' * 64)
