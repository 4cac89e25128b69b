# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Many questions at once get the answers that they get one by one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tiny_models import (
    connectors, FAMILIES, latents, llm, random_slots, tangled, tokenizer, WEIGHTS_HASH)
import torch

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.connectors import Connectors, shipped_connectors
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.question_batch import answer_many, Asked

COLOURS, CLEAR = ('red', 'green', 'blue'), ('yes', 'no')
TEXTS = ('what colour is the nearest car?', 'what colour is the truck?', 'is the way clear?')
MOMENTS = [
    {'camera': latents(seed=1), 'lidar': latents('lidar', tokens=4, width=7, seed=2)},
    {'camera': latents(seed=3), 'lidar': latents('lidar', tokens=4, width=7, seed=4)},
    {'lidar': latents('lidar', tokens=4, width=7, seed=5)},
    {'camera': latents(seed=6, tokens=3)},
    {},
]
ASKED = [Asked(text, CLEAR if text == TEXTS[2] else COLOURS, moment)
         for moment in (3, 0, 2, 1, 4) for text in TEXTS if (text, moment) != (TEXTS[1], 1)]


def answerer(family: str = 'llama') -> Answerer:
    given = llm(family)
    return Answerer(given, connectors(given, system_prompt='answer briefly'))


@pytest.mark.parametrize('family', FAMILIES)
def test_scores_are_those_of_one_question_at_a_time(family: str) -> None:
    one_by_one = answerer(family)
    given = answer_many(one_by_one, MOMENTS, ASKED)
    for asked, answer in zip(ASKED, given):
        alone = one_by_one.answer(asked.text, MOMENTS[asked.moment], candidates=asked.candidates)
        assert answer.scores == pytest.approx(alone.scores, abs=1e-5)
        assert answer.text == alone.text


def test_a_shared_beginning_changes_no_score() -> None:
    given = llm()
    slots = random_slots(given, rows=3)
    system = 'answer briefly'
    texts = [given.ask(given.prompt(text, system), COLOURS, rows)
             for text, rows in zip(TEXTS, ((0, 1, 2), (2,), (1, 0)))]
    shared = given.beginning(system)
    assert len(shared) > 3
    for one, other in zip(given.score_texts(texts, slots, shared),
                          given.score_texts(texts, slots)):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_questions_of_another_beginning_are_scored_all_the_same() -> None:
    given = llm()
    slots = random_slots(given, rows=2)
    texts = [given.ask(given.prompt(text), COLOURS, (0, 1)) for text in TEXTS]
    for one, other in zip(given.score_texts(texts, slots, (1, 2, 3)),
                          given.score_texts(texts, slots)):
        assert torch.equal(one, other)


def test_closed_gates_leave_the_answers_of_the_text() -> None:
    shut = answerer()
    for connector in shut.connectors:
        connector.gate.close()
    asked = [Asked(text, COLOURS, moment) for text in TEXTS for moment in (0, 1)]
    for one, answer in zip(asked, answer_many(shut, MOMENTS, asked)):
        alone = shut.answer(one.text, {}, candidates=COLOURS)
        assert answer.scores == pytest.approx(alone.scores, abs=1e-5)


def test_a_model_that_only_runs_as_a_whole_gets_the_same_answers() -> None:
    given = LanguageModel(tangled(), tokenizer(), id='tangled', weights_hash=WEIGHTS_HASH)
    whole = Answerer(given, connectors(given, system_prompt='answer briefly'))
    for asked, answer in zip(ASKED[:5], answer_many(whole, MOMENTS, ASKED[:5])):
        alone = whole.answer(asked.text, MOMENTS[asked.moment], candidates=asked.candidates)
        assert answer.scores == pytest.approx(alone.scores, abs=1e-5)


def test_free_text_is_that_of_one_question_at_a_time() -> None:
    one_by_one = answerer()
    asked = [Asked(text, (), moment) for moment in (0, 4, 2) for text in TEXTS]
    for one, answer in zip(asked, answer_many(one_by_one, MOMENTS, asked, max_new_tokens=5)):
        alone = one_by_one.answer(one.text, MOMENTS[one.moment], max_new_tokens=5)
        assert (answer.text, answer.scores) == (alone.text, ())


@pytest.mark.parametrize('batch', [1, 2])
def test_the_size_of_the_batch_changes_no_answer(batch: int) -> None:
    whole, parts = (answer_many(answerer(), MOMENTS, ASKED, batch=size) for size in (32, batch))
    for one, other in zip(whole, parts):
        assert one.scores == pytest.approx(other.scores, abs=1e-5)


def test_the_same_call_gives_the_same_bits() -> None:
    assert answer_many(answerer(), MOMENTS, ASKED) == answer_many(answerer(), MOMENTS, ASKED)


def test_a_question_that_cannot_be_asked_spoils_no_other() -> None:
    asked = [Asked('', COLOURS, 0), ASKED[0], Asked(TEXTS[0], ('red', 'red'), 0),
             Asked('car ' * 500, COLOURS, 0)]
    empty, answer, twice, long = answer_many(answerer(), MOMENTS, asked)
    assert 'empty' in empty.error and 'given twice' in twice.error and 'tokens' in long.error
    assert answer.text in COLOURS and not answer.error


def test_latents_of_another_encoder_are_refused() -> None:
    with pytest.raises(ConnectorMismatch):
        answer_many(answerer(), [{'camera': latents(width=5)}], [Asked(TEXTS[0], COLOURS, 0)])


def test_nothing_asked_is_nothing_answered() -> None:
    assert answer_many(answerer(), MOMENTS, []) == []


@pytest.mark.weights
def test_the_default_model_gives_questions_of_the_drive_the_same_answers(
        need_weights: Callable[[str], None]) -> None:
    need_weights('smollm2-135m-instruct')
    given = LanguageModel.load('smollm2-135m-instruct')
    shipped = Answerer(given, Connectors.load(shipped_connectors(), given))
    generator = torch.Generator().manual_seed(4)
    moments = [{connector.config.modality: Latents(
        connector.config.modality, torch.randn(29, connector.config.width, generator=generator),
        torch.linspace(-3.0, 3.0, 29), torch.zeros(29, dtype=torch.int64),
        connector.config.encoder_id, connector.config.encoder_weights_hash)
        for connector in shipped.connectors} for _ in range(2)]
    asked = [Asked(text, candidates, moment) for moment in (0, 1) for text, candidates in (
        ('Is there a truck ahead?', ('yes', 'no', 'unknown')),
        ('Is the way ahead clear for 10 meters?', ('yes', 'no', 'unknown')),
        ('What color is the nearest car ahead?', ('red', 'blue', 'light gray', 'unknown')))]
    for one, answer in zip(asked, answer_many(shipped, moments, asked)):
        alone = shipped.answer(one.text, moments[one.moment], candidates=one.candidates)
        assert answer.text == alone.text
        assert answer.scores == pytest.approx(alone.scores, abs=1e-5)
