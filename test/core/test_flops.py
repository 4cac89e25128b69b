# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The operations counted for an answer are those that its sizes call for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from tiny_models import connectors, FAMILIES, latents, llm
import torch

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.flop_counter import count_encode_flops
from mpnp_ros.core.flops import count_flops, count_run
from mpnp_ros.encoders.base import Encoded, View

QUESTION, CANDIDATES = 'what colour is the nearest car?', ('red', 'green', 'blue')


def answerer(family: str = 'llama') -> Answerer:
    return Answerer(llm(family), connectors(llm(family)))


def by_hand(given: Answerer, rows: int, length: int, past: int, slots: int, logits: int, *,
            spared: int = 0) -> int:
    """Count the matrix products of a pass of `length` tokens in each row, two a product.

    `spared` tokens of a row go without the last block's feed-forward part.
    """
    config = given.llm.model.config
    hidden, heads = config.hidden_size, config.num_attention_heads
    width, kv_width = heads * given.llm.head_dim, given.llm.num_kv_heads * given.llm.head_dim
    block = hidden * (2 * width + 2 * kv_width) + 3 * hidden * config.intermediate_size
    total = rows * length * block * given.llm.num_blocks
    for index in range(given.llm.num_blocks):
        connected = index >= given.llm.num_blocks - given.connectors.connected_blocks
        seen = past + length + (slots if connected else 0)
        total += 2 * rows * width * length * seen
    total -= rows * spared * 3 * hidden * config.intermediate_size
    return 2 * (total + rows * logits * hidden * config.vocab_size)


def test_an_answer_from_the_text_counts_its_products() -> None:
    given = answerer()
    length = len(given.llm.prompt(QUESTION))
    counted = count_flops(given, QUESTION, {})
    assert counted == {
        'fuse': 0, 'answer': by_hand(given, 1, length, 0, 0, 1, spared=length - 1)}


def test_slots_cost_attention_in_the_connected_blocks_alone() -> None:
    given = answerer()
    length = len(given.llm.prompt(QUESTION))
    counted = count_flops(given, QUESTION, {'camera': latents(tokens=6)})
    assert counted['answer'] == by_hand(given, 1, length, 0, 6, 1, spared=length - 1)
    assert counted['fuse'] > 0


def test_candidates_under_slots_share_the_pass_of_the_prompt() -> None:
    given = answerer()
    length = len(given.llm.prompt(QUESTION))
    inner = sum(len(given.llm.format.answer(text)) - 1 for text in CANDIDATES)
    counted = count_flops(given, QUESTION, {'camera': latents(tokens=6)}, CANDIDATES)
    assert counted['answer'] == by_hand(
        given, 1, length + inner, 0, 6, inner, spared=length - 1)


def test_candidates_share_the_pass_of_the_prompt_without_sensors_too() -> None:
    given = answerer()
    length = len(given.llm.prompt(QUESTION))
    inner = sum(len(given.llm.format.answer(text)) - 1 for text in CANDIDATES)
    counted = count_flops(given, QUESTION, {}, CANDIDATES)
    assert counted['answer'] == by_hand(
        given, 1, length + inner, 0, 0, inner, spared=length - 1)


def test_candidates_without_connectors_are_a_pass_of_their_own() -> None:
    given = Answerer(llm(), Connectors({}))
    length = len(given.llm.prompt(QUESTION))
    longest = max(len(given.llm.format.answer(text)) for text in CANDIDATES) - 1
    counted = count_flops(given, QUESTION, {}, CANDIDATES)
    assert counted['answer'] == by_hand(given, 1, length, 0, 0, 1) + by_hand(
        given, len(CANDIDATES), longest, length, 0, longest)


def test_what_was_kept_before_does_not_lower_the_count() -> None:
    given, seen = answerer(), {'camera': latents(tokens=6)}
    first = count_flops(given, QUESTION, seen, CANDIDATES)
    given.answer(QUESTION, seen, candidates=CANDIDATES)
    assert count_flops(given, QUESTION, seen, CANDIDATES) == first
    assert count_flops(Answerer(given.llm, given.connectors), QUESTION, seen, CANDIDATES) == first


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('candidates', [(), CANDIDATES])
def test_what_is_put_together_is_what_a_whole_run_counts(
    family: str, candidates: tuple[str, ...]
) -> None:
    given = answerer(family)
    for seen in ({}, {'camera': latents(tokens=6)},
                 {'camera': latents(tokens=9), 'lidar': latents('lidar', tokens=4, width=7)}):
        assert count_flops(given, QUESTION, seen, candidates) == count_run(
            given, QUESTION, seen, candidates)


def test_encoding_counts_the_products_of_the_network() -> None:
    class Projection:
        """All of an encoder that is asked for."""

        def encode(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Encoded:
            tokens = torch.from_numpy(np.stack(samples)) @ torch.ones(8, 5)
            return Encoded(tokens, torch.zeros(len(samples)), torch.zeros(len(samples)).long())

    samples = [np.ones(8, np.float32)] * 3
    assert count_encode_flops(Projection(), samples, [View('main')] * 3) == 2 * 3 * 8 * 5


def test_attention_on_the_processor_is_counted_as_its_two_products() -> None:
    query, key = torch.ones(2, 3, 7, 8), torch.ones(2, 3, 11, 8)

    class Attention:
        """All of an encoder that is asked for."""

        def encode(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> None:
            torch.nn.functional.scaled_dot_product_attention(query, key, key)

    assert count_encode_flops(Attention(), [], []) == 2 * (2 * 2 * 3 * 7 * 11 * 8)
