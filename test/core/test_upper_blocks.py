# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The model run in two parts: below the connected blocks, and from there on."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_models import BLOCKS, FAMILIES, llm, model, random_slots, tangled
import torch

from mpnp_ros.core.architecture import UnsupportedArchitecture
from mpnp_ros.core.attention import LatentAttention
from mpnp_ros.core.lower_states import LowerStates
from mpnp_ros.core.state_cache import StateCache
from mpnp_ros.core.upper import UpperBlocks

IDS = torch.tensor([list(range(20, 40)), list(range(50, 70))])


def parts(family: str = 'llama', blocks: int = 2) -> UpperBlocks:
    given = llm(family)
    return UpperBlocks(given.model, given.attention.architecture, blocks)


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('blocks', [1, 2, BLOCKS])
def test_two_parts_are_bit_identical_to_one_pass(family: str, blocks: int) -> None:
    given, split = llm(family), parts(family, blocks)
    slots = random_slots(given, blocks)
    with torch.no_grad(), given.attention.attached(slots):
        whole = given.model(input_ids=IDS, use_cache=False).logits
        assert torch.equal(split.upper(split.lower(IDS), IDS), whole)


POSITIONS = torch.tensor([[3, 4, 4], [19, 0, 7]])


@pytest.mark.parametrize('family', FAMILIES)
def test_logits_can_be_had_at_some_positions_of_each_row(family: str) -> None:
    given, split = llm(family), parts(family)
    states, slots = split.lower(IDS), random_slots(given)
    with torch.no_grad(), given.attention.attached(slots):
        some = split.upper(states, IDS, positions=POSITIONS)
        whole = split.upper(states, IDS)
    for row in range(2):
        torch.testing.assert_close(some[row], whole[row, POSITIONS[row]], rtol=0, atol=2e-5)


def test_gradients_at_positions_are_those_of_a_whole_pass() -> None:
    given, split = llm(), parts()
    states, grads = split.lower(IDS), []
    for shorter in (False, True):
        slots = random_slots(given, rows=2)
        assert slots[0] is not None
        slots[0].key.requires_grad_(True)
        with given.attention.attached(slots):
            if shorter:
                logits = split.upper(states, IDS, positions=POSITIONS)
            else:
                logits = split.upper(states, IDS)[torch.arange(2)[:, None], POSITIONS]
        logits.square().sum().backward()
        grads.append(slots[0].key.grad)
    torch.testing.assert_close(grads[0], grads[1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('keep', [0, 1, 7])
def test_the_last_tokens_have_the_logits_they_have_in_a_whole_pass(
        family: str, keep: int) -> None:
    given, split = llm(family), parts(family)
    states, slots = split.lower(IDS), random_slots(given)
    with torch.no_grad(), given.attention.attached(slots):
        whole = split.upper(states, IDS)[:, IDS.shape[1] - keep:]
        torch.testing.assert_close(split.upper(states, IDS, keep=keep), whole, rtol=0, atol=2e-5)


@pytest.mark.parametrize('family', ['llama', 'gpt_neox', 'gemma3'])
@pytest.mark.parametrize(('wanted', 'rows'), [({'keep': 3}, 3), ({'positions': POSITIONS}, 5)])
def test_feed_forward_of_the_last_block_runs_where_logits_are_wanted(
        family: str, wanted: dict[str, Any], rows: int) -> None:
    split = parts(family)
    seen: list[int] = []
    mlp = split._tail._block[0]
    handle = mlp.register_forward_hook(lambda _, given, __: seen.append(given[0].shape[1]))
    try:
        split.upper(split.lower(IDS), IDS, **wanted)
    finally:
        handle.remove()
    assert seen == [rows]


def test_a_head_whose_logits_are_changed_afterwards_is_not_plain() -> None:
    capped = model('gemma3', final_logit_softcapping=1.0)
    assert UpperBlocks(capped, LatentAttention(capped).architecture, 2).plain_head is None
    assert parts('gemma3').plain_head is not None


def test_gradients_reach_the_slots_but_no_state() -> None:
    given, split = llm(), parts()
    slots = random_slots(given, rows=2)
    assert slots[0] is not None
    slots[0].key.requires_grad_(True)
    states = split.lower(IDS)
    with given.attention.attached(slots):
        split.upper(states, IDS).sum().backward()
    assert slots[0].key.grad is not None and float(slots[0].key.grad.abs().max()) > 0
    assert not states.requires_grad


def test_the_model_itself_is_left_alone() -> None:
    before = dict(llm().model.named_modules())
    split = parts()
    split.upper(split.lower(IDS), IDS)
    after = dict(llm().model.named_modules())
    assert before.keys() == after.keys()
    assert all(after[name] is module for name, module in before.items())


def test_an_exception_leaves_no_states_behind() -> None:
    split = parts()
    with pytest.raises(IndexError):
        split.upper(split.lower(IDS), torch.tensor([[10 ** 6] * 20]))
    with pytest.raises(RuntimeError, match='without states'):
        split._restored[0].forward()


@pytest.mark.parametrize('blocks', [0, BLOCKS + 1])
def test_a_number_of_blocks_that_is_not_there_is_refused(blocks: int) -> None:
    with pytest.raises(ValueError, match=f'{blocks} connected blocks: expected 1 to 4'):
        parts(blocks=blocks)


def test_a_model_whose_blocks_pass_on_more_than_states_is_refused() -> None:
    """Upper blocks that remember what a lower one saw: two parts would not add up."""
    given = tangled()
    architecture = LatentAttention(given).architecture
    with pytest.raises(UnsupportedArchitecture, match='cannot be run from the states'):
        UpperBlocks(given, architecture, 2)


def test_answers_after_a_prompt_have_the_states_of_the_whole_text() -> None:
    given, split = llm(), parts()
    lower = LowerStates(given.model, split)
    prompt = lower.prompt(range(20, 40))
    answers = lower.answers(prompt, [[60, 61, 2], [62, 2]])
    whole = split.lower(torch.tensor([[*range(20, 40), 60, 61]]))
    torch.testing.assert_close(answers.states[0], whole[0, 20:], rtol=0, atol=2e-5)
    assert answers.counts.tolist() == [[True, True, True], [True, True, False]]
    assert prompt.size_bytes > 0


def test_the_least_recently_used_states_are_dropped_first() -> None:
    cache: StateCache[str] = StateCache(10)
    cache.put('a', 'A', 4)
    cache.put('b', 'B', 4)
    assert cache.get('a') == 'A'
    cache.put('c', 'C', 4)
    assert (cache.get('a'), cache.get('b'), cache.get('c')) == ('A', None, 'C')


def test_states_larger_than_the_cache_are_not_kept_and_drop_nothing() -> None:
    cache: StateCache[str] = StateCache(10)
    cache.put('a', 'A', 4)
    cache.put('huge', 'H', 11)
    assert cache.get('huge') is None and cache.get('a') == 'A'


def test_a_value_kept_again_counts_once() -> None:
    cache: StateCache[str] = StateCache(10)
    for _ in range(5):
        cache.put('a', 'A', 6)
    cache.put('b', 'B', 4)
    assert len(cache) == 2
