# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""With no modality attached, the LLM is the stock LLM, bit for bit."""

from __future__ import annotations

import copy

import pytest
from tiny_models import FAMILIES, llm, random_slots, stock
import torch

from mpnp_ros.core.attention import LatentAttention

PROMPT = list(range(20, 50))


@pytest.mark.parametrize('family', FAMILIES)
def test_logits_are_bit_identical_to_stock(family: str) -> None:
    ids = torch.tensor([PROMPT])
    with torch.no_grad():
        expected = stock(family)(input_ids=ids).logits
        given = llm(family).model(input_ids=ids).logits
    assert torch.equal(given, expected)


@pytest.mark.parametrize('family', FAMILIES)
def test_padded_batches_are_bit_identical_to_stock(family: str) -> None:
    ids = torch.tensor([PROMPT, PROMPT])
    mask = torch.ones_like(ids)
    mask[1, :7] = 0
    with torch.no_grad():
        expected = stock(family)(input_ids=ids, attention_mask=mask).logits
        given = llm(family).model(input_ids=ids, attention_mask=mask).logits
    assert torch.equal(given[mask.bool()], expected[mask.bool()])


@pytest.mark.parametrize('family', FAMILIES)
def test_greedy_text_is_that_of_stock_generate(family: str) -> None:
    expected = stock(family).generate(
        torch.tensor([PROMPT]), max_new_tokens=12, do_sample=False, pad_token_id=0)
    given = llm(family).generate(PROMPT, max_new_tokens=12)
    assert given.token_ids == [
        token for token in expected[0, len(PROMPT):].tolist()
        if token != llm(family).format.end_id]


def test_eager_attention_stays_eager_and_bit_identical() -> None:
    eager = copy.deepcopy(stock('llama'))
    eager.set_attn_implementation('eager')
    ids = torch.tensor([PROMPT])
    with torch.no_grad():
        expected = eager(input_ids=ids).logits
        LatentAttention(eager)
        given = eager(input_ids=ids).logits
    assert torch.equal(given, expected)


@pytest.mark.parametrize('family', FAMILIES)
def test_slots_do_change_the_logits(family: str) -> None:
    """Guards the tests above: slots that were never attached would pass them all."""
    model = llm(family)
    ids = torch.tensor([PROMPT])
    with torch.no_grad():
        text_only = model.model(input_ids=ids).logits
        with model.attention.attached(random_slots(model)):
            fused = model.model(input_ids=ids).logits
    assert float((fused - text_only).abs().max()) > 0.1
