# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Slots that are looked at behind a question only, and by what its words say of them."""

from __future__ import annotations

from collections.abc import Sequence
import copy
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from tiny_models import (
    connectors, ENCODER_HASH, FAMILIES, latents, llm, random_slots, stock)
import torch
from torch import Tensor
from transformers import DynamicCache

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.attention import BlockSlots, Slots
from mpnp_ros.core.connector import Connector, ConnectorConfig
from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.flops import count_flops, count_run
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.relevance import opened, question_words
from mpnp_ros.core.text_states import Text, TextStates
from mpnp_ros.core.upper import UpperBlocks

QUESTIONS = ('what colour?', 'is the way clear?', 'how many cars are there, and where?')
CANDIDATES = ('red', 'green', 'no way', 'yes')
GIVEN = [family for family in FAMILIES if family not in ('mistral', 'gemma3')]


def late_slots(given: LanguageModel, rows: int = 3, relevant: bool = False) -> Slots:
    made = random_slots(given, rows=rows)
    numbers = torch.Generator().manual_seed(5)
    return tuple(block and dataclasses.replace(
        block, answer_only=True, relevance=torch.randn(
            rows, block.key.shape[2], given.words, generator=numbers) if relevant else None)
        for block in made)


def one_row(given: LanguageModel, slots: Slots, row: int, prompt: Sequence[int]) -> Slots:
    """Return a row of slots as a question opens them, by hand."""
    lead = given.format.lead
    embedding: Any = given.model.get_input_embeddings()
    with torch.no_grad():
        words: Tensor = embedding(torch.tensor(prompt[:-lead])).mean(0)
    made = []
    for block in slots:
        assert block is not None
        gate = block.log_gate[row:row + 1]
        if block.relevance is not None:
            gate = gate + (block.relevance[row] @ words)[None]
        made.append(BlockSlots(block.key[row:row + 1], block.value[row:row + 1], gate))
    return tuple(made)


def by_hand(given: LanguageModel, prompt: Sequence[int], answer: Sequence[int],
            slots: Slots) -> Tensor:
    """Return the logits [K, vocabulary] of an answer, the whole model run in two passes."""
    lead, cache = given.format.lead, DynamicCache(config=given.model.config)
    with torch.no_grad():
        given.model(input_ids=torch.tensor([prompt[:-lead]]), past_key_values=cache,
                    use_cache=True)
        with given.attention.attached(slots):
            logits: Tensor = given.model(
                input_ids=torch.tensor([[*prompt[-lead:], *answer[:-1]]]),
                past_key_values=cache, use_cache=True).logits
    return logits[0, lead - 1:].float()


def shares_by_hand(given: LanguageModel, prompt: Sequence[int], slots: Slots) -> Tensor:
    totals = []
    for candidate in CANDIDATES:
        answer = given.format.answer(candidate)
        likely = by_hand(given, prompt, answer, slots).log_softmax(-1)
        totals.append(sum(likely[place, token] for place, token in enumerate(answer)))
    return torch.stack([torch.as_tensor(total) for total in totals]).softmax(0)


@pytest.mark.parametrize('relevant', [False, True])
@pytest.mark.parametrize('family', GIVEN)
def test_many_questions_at_once_give_what_the_whole_model_gives(
        family: str, relevant: bool) -> None:
    given = llm(family)
    slots = late_slots(given, relevant=relevant)
    prompts = [given.prompt(question, 'Answer.') for question in QUESTIONS]
    texts = [given.ask(prompt, CANDIDATES, (0, 2)) for prompt in prompts]
    for shared in ((), given.beginning('Answer.')):
        for prompt, shares in zip(prompts, given.score_texts(texts, slots, shared)):
            for place, row in enumerate((0, 2)):
                expected = shares_by_hand(given, prompt, one_row(given, slots, row, prompt))
                assert torch.allclose(shares[place], expected, atol=1e-4)


def test_one_reading_serves_many_questions_each_of_which_opens_it_in_its_own_way() -> None:
    given = llm()
    slots = late_slots(given, rows=1, relevant=True)
    # Of one length, so that they run together.
    prompts = [given.prompt(question) for question in ('is it red?', 'is it yes?')]
    assert len(prompts[0]) == len(prompts[1])
    texts = [given.ask(prompt, CANDIDATES) for prompt in prompts]
    for prompt, shares in zip(prompts, given.score_texts(texts, slots)):
        assert torch.allclose(
            shares[0], shares_by_hand(given, prompt, one_row(given, slots, 0, prompt)), atol=1e-4)


@pytest.mark.parametrize('family', ['llama', 'gemma3'])
def test_one_question_gives_what_the_whole_model_gives_in_whichever_way_it_is_run(
        family: str) -> None:
    given = llm(family)
    slots = late_slots(given, rows=1, relevant=True)
    prompt = given.prompt(QUESTIONS[0])
    runner = given.runner(slots)
    text = given.ask(prompt, CANDIDATES)
    shares = runner.weigh(runner.start(prompt, slots), text.answers).softmax(-1)[0]
    assert torch.allclose(
        shares, shares_by_hand(given, prompt, one_row(given, slots, 0, prompt)), atol=1e-4)


def test_free_text_goes_on_as_it_began() -> None:
    given = llm()
    slots = late_slots(given, rows=1, relevant=True)
    prompt = given.prompt(QUESTIONS[1])
    written = given.generate(prompt, slots=slots, max_new_tokens=5)
    tokens = [*written.token_ids, *[given.format.end_id] * (written.finish_reason == 'stop')]
    logits = by_hand(given, prompt, [*tokens, 0], one_row(given, slots, 0, prompt))
    assert logits[:len(tokens)].argmax(-1).tolist() == tokens


def test_what_is_asked_does_not_look_but_what_follows_does() -> None:
    given = llm()
    slots = late_slots(given, rows=1)
    early = tuple(block and dataclasses.replace(block, answer_only=False) for block in slots)
    prompt = given.prompt(QUESTIONS[0])
    assert given.score(prompt, CANDIDATES, slots=slots) != pytest.approx(
        given.score(prompt, CANDIDATES, slots=early), abs=1e-3)
    assert given.score(prompt, CANDIDATES, slots=slots) != pytest.approx(
        given.score(prompt, CANDIDATES), abs=1e-3)


def test_what_follows_a_question_is_counted() -> None:
    assert llm().tokenizer.decode(llm().prompt('is it?')[-llm().format.lead:]) == '\nAnswer:'


@pytest.mark.parametrize('fixed', [True, False])
def test_training_runs_texts_as_answering_does(fixed: bool) -> None:
    given = llm()
    slots = late_slots(given)
    texts = [Text(tuple(given.prompt(question)), tuple(given.format.answer(candidate)))
             for question, candidate in zip(QUESTIONS, CANDIDATES)]
    blocks = UpperBlocks(given.model, given.attention.architecture, 2)
    batch = TextStates(given, blocks, texts, late=given.format.lead, fixed=fixed).batch(texts)
    with torch.no_grad():
        logits = batch.logits(blocks, given.attention, slots)
    for row, text in enumerate(texts):
        expected = by_hand(given, text.prompt, text.answer,
                           one_row(given, slots, row, text.prompt))
        assert torch.allclose(logits[row, :len(text.answer)], expected, atol=1e-3)


def test_words_are_those_before_the_answer_begins() -> None:
    given = llm()
    prompts = [given.prompt(question) for question in QUESTIONS[:2]]
    longer = [[*prompts[0][:-1], 5], prompts[1]]     # another last token says nothing
    words, others = (question_words(
        given.model.get_input_embeddings(), some, given.format.lead, given.device)
        for some in (prompts, longer))
    assert torch.equal(words, others)
    assert not torch.allclose(words[0], words[1])


def test_slots_are_opened_for_a_question_by_the_connectors_themselves() -> None:
    given = connectors(llm(), answer_only=True, relevance=4)
    readings = {'camera': latents('camera'), 'lidar': latents('lidar', width=7)}
    words = torch.randn(1, llm().words)
    with torch.no_grad():
        for name in readings:
            relevance = given[name].relevance
            assert relevance is not None
            relevance.mean.copy_(torch.randn(llm().words))
    slots = given.slots(readings)
    assert slots is not None
    opening = opened(slots, words)
    assert opening is not None and opening[0] is not None and slots[0] is not None
    relevance = given['lidar'].relevance
    assert relevance is not None
    tokens = readings['lidar']
    with torch.no_grad():
        states = given['lidar'].aligner.trunk(  # type: ignore[union-attr, operator]
            tokens.tokens[None], tokens.azimuth[None], tokens.view[None])
        queries = relevance.query(words - relevance.mean)[0].view(2, 4)
        keys = relevance.key(states)[0].view(-1, 2, 4)
        expected = keys[:, 0] @ queries[0] / 2 + given['lidar'].gate.log()[0]
    assert torch.allclose(opening[0].log_gate[0, 6:], expected, atol=1e-4)
    assert opening[0].relevance is None


def test_files_keep_how_a_question_meets_the_slots(tmp_path: Path) -> None:
    given = connectors(llm(), answer_only=True, relevance=4)
    given.save(tmp_path)
    loaded = Connectors.load(tmp_path, llm())
    assert loaded.answer_only and loaded.relevance
    readings = {'camera': latents('camera')}
    answer = Answerer(llm(), given).answer('what colour?', readings, candidates=CANDIDATES)
    again = Answerer(llm(), loaded).answer('what colour?', readings, candidates=CANDIDATES)
    assert again.scores == answer.scores


def test_connectors_of_two_kinds_are_refused(tmp_path: Path) -> None:
    connectors(llm(), {'camera': 12}, answer_only=True, relevance=4).save(tmp_path)
    connectors(llm(), {'lidar': 7}, answer_only=True).save(tmp_path)
    with pytest.raises(ConnectorMismatch, match='relevance'):
        Connectors.load(tmp_path, llm())
    connectors(llm(), {'camera': 12}).save(tmp_path)
    with pytest.raises(ConnectorMismatch, match='answer_only'):
        Connectors.load(tmp_path, llm())


@pytest.mark.parametrize('changes', [
    {'answer_only': False}, {'words': 0}, {'faithful': True}, {'relevance': -1}])
def test_relevance_that_cannot_be_is_refused(changes: dict[str, int]) -> None:
    config = ConnectorConfig(
        'camera', 'encoder', ENCODER_HASH, 'tiny', 'a' * 64, 12, 2, 4, 2, 8, answer_only=True,
        relevance=4, words=32)
    with pytest.raises(ValueError, match='relevance'):
        Connector(dataclasses.replace(config, **changes))


@pytest.mark.parametrize('relevance', [0, 4])
def test_operations_are_counted_as_they_are_done(relevance: int) -> None:
    answerer = Answerer(llm(), connectors(llm(), answer_only=True, relevance=relevance))
    readings = {'camera': latents('camera'), 'lidar': latents('lidar', width=7)}
    for candidates in ((), CANDIDATES):
        counted = count_flops(answerer, QUESTIONS[2], readings, candidates)
        assert counted == count_run(answerer, QUESTIONS[2], readings, candidates)


def test_what_was_computed_of_a_question_is_forgotten_with_the_weights() -> None:
    given = LanguageModel(copy.deepcopy(stock('llama')), llm().tokenizer, id='own',
                          weights_hash='b' * 64)
    slots = late_slots(given, rows=1)
    prompt = given.prompt(QUESTIONS[0])
    before = given.score(prompt, CANDIDATES, slots=slots)
    with torch.no_grad():
        given.attention.architecture.blocks[-1].get_parameter(
            'self_attn.k_proj.weight').mul_(-1.0)
    given.forget()
    assert given.score(prompt, CANDIDATES, slots=slots) != pytest.approx(before, abs=1e-4)
    assert given.score(prompt, CANDIDATES, slots=slots) == pytest.approx(
        shares_by_hand(given, prompt, one_row(given, slots, 0, prompt)).tolist(), abs=1e-4)
