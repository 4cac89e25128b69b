# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Generation: greedy and sampled, streamed, stopped, and why it finished."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tiny_models import llm, random_slots, stock, tokenizer

from mpnp_ros.core.llm import LanguageModel

PROMPT = list(range(20, 50))


def ending_with(tokens: list[int] | int) -> LanguageModel:
    """Return a language model whose generation configuration names these end tokens."""
    model = copy.deepcopy(stock('llama'))
    model.generation_config.eos_token_id = tokens
    return LanguageModel(model, tokenizer(), id='ends', weights_hash='a' * 64)


def test_greedy_text_is_the_same_each_time() -> None:
    texts = {llm().generate(PROMPT, max_new_tokens=20, seed=seed).text for seed in (0, 1)}
    assert len(texts) == 1


def test_a_seed_decides_what_is_sampled() -> None:
    def sampled(seed: int) -> list[int]:
        return llm().generate(PROMPT, max_new_tokens=20, temperature=1.5, seed=seed).token_ids
    assert sampled(3) == sampled(3)
    assert sampled(3) != sampled(4)


def test_slots_change_what_is_generated() -> None:
    with_slots = llm().generate(PROMPT, slots=random_slots(llm()), max_new_tokens=10)
    assert with_slots.token_ids != llm().generate(PROMPT, max_new_tokens=10).token_ids


@pytest.mark.parametrize('temperature', [0.0, 1.0, 3.0])
def test_streamed_pieces_join_to_the_text(temperature: float) -> None:
    """Random bytes, most of them no valid text: the hardest case for a stream."""
    pieces: list[str] = []
    given = llm().generate(PROMPT, max_new_tokens=80, temperature=temperature, seed=1,
                           on_token=pieces.append)
    assert ''.join(pieces) == given.text
    assert given.text == tokenizer().decode(given.token_ids, skip_special_tokens=True)
    assert len(pieces) > 10


def test_it_finishes_at_the_length_asked_for() -> None:
    given = llm().generate(PROMPT, max_new_tokens=5)
    assert (given.finish_reason, len(given.token_ids)) == ('length', 5)


@pytest.mark.parametrize('as_list', [True, False])
def test_it_finishes_at_an_end_token_and_does_not_show_it(as_list: bool) -> None:
    greedy = llm().generate(PROMPT, max_new_tokens=6).token_ids
    end = greedy[3]
    first = greedy.index(end)
    given = ending_with([end, 1] if as_list else end).generate(PROMPT, max_new_tokens=6)
    assert (given.finish_reason, given.token_ids) == ('stop', greedy[:first])


def test_it_stops_when_asked_and_keeps_what_there_is() -> None:
    pieces: list[str] = []
    asked = iter([False, False, False, True])
    given = llm().generate(PROMPT, max_new_tokens=20, on_token=pieces.append,
                           should_stop=lambda: next(asked))
    assert (given.finish_reason, len(given.token_ids)) == ('stopped', 3)
    assert ''.join(pieces) == given.text


def test_asked_to_stop_at_once_it_computes_nothing() -> None:
    given = llm().generate(PROMPT, should_stop=lambda: True)
    assert (given.finish_reason, given.token_ids, given.text) == ('stopped', [], '')


def test_an_exception_from_the_callback_leaves_no_slots_behind() -> None:
    expected = llm().generate(PROMPT, max_new_tokens=8).token_ids

    def fail(_: str) -> None:
        raise RuntimeError('the listener is gone')
    with pytest.raises(RuntimeError, match='the listener is gone'):
        llm().generate(PROMPT, slots=random_slots(llm()), max_new_tokens=8, on_token=fail)
    assert llm().generate(PROMPT, max_new_tokens=8).token_ids == expected


def test_generation_ends_where_the_context_is_full() -> None:
    prompt = [30] * 250                       # the tiny models take 256
    given = llm().generate(prompt, max_new_tokens=50)
    assert (given.finish_reason, len(given.token_ids)) == ('length', 6)


@pytest.mark.parametrize('call', ['generate', 'score'])
def test_a_prompt_that_fills_the_context_is_refused(call: str) -> None:
    prompt = [30] * 256
    with pytest.raises(ValueError, match='the prompt has 256 tokens .* takes at most 256'):
        llm().generate(prompt) if call == 'generate' else llm().score(prompt, ['yes', 'no'])


@pytest.mark.parametrize('call', ['generate', 'score'])
def test_an_empty_prompt_is_refused(call: str) -> None:
    with pytest.raises(ValueError, match='the prompt is empty'):
        llm().generate([]) if call == 'generate' else llm().score([], ['yes', 'no'])


@pytest.mark.parametrize(('options', 'words'), [
    ({'max_new_tokens': 0}, 'max_new_tokens is 0, expected at least 1'),
    ({'temperature': -0.1}, 'temperature is -0.1, expected 0 or more'),
    ({'temperature': float('nan')}, 'temperature is nan'),
    ({'top_p': 0.0}, 'top_p is 0.0, expected more than 0'),
    ({'top_p': 1.1}, 'top_p is 1.1'),
])
def test_options_out_of_range_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        llm().generate(PROMPT, **options)


def test_times_are_measured() -> None:
    given = llm().generate(PROMPT, max_new_tokens=4)
    assert given.prefill_ms > 0.0 and given.decode_ms > 0.0
