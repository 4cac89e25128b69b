# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The promises of the core, kept by the language model that the package uses by default."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tiny_models import closed, connectors, latents, random_slots
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import gather_tokens, TrainingSample
from mpnp_ros.core.text_runner import TextRunner
from mpnp_ros.core.train import train_connectors, TrainingConfig
from mpnp_ros.core.weights import locate

pytestmark = pytest.mark.weights
NAME = 'smollm2-135m-instruct'
QUESTION = 'What is the capital of France?'
# Logits reach 29: rounding of the stock model's own cached decoding is 6e-5.
TOLERANCE = 2e-4
_LOADED: dict[str, LanguageModel] = {}


@pytest.fixture
def llm(need_weights: Callable[[str], None]) -> LanguageModel:
    need_weights(NAME)
    if NAME not in _LOADED:
        _LOADED[NAME] = LanguageModel.load(NAME)
    return _LOADED[NAME]


@pytest.fixture
def stock(need_weights: Callable[[str], None]) -> PreTrainedModel:
    need_weights(NAME)
    return AutoModelForCausalLM.from_pretrained(locate(NAME), dtype=torch.float32).eval()


def test_without_slots_logits_are_bit_identical_to_stock(
        llm: LanguageModel, stock: PreTrainedModel) -> None:
    ids = torch.tensor([llm.prompt(QUESTION)])
    with torch.no_grad():
        assert torch.equal(llm.model(ids).logits, stock(ids).logits)


def test_it_knows_what_it_was_trained_on(llm: LanguageModel) -> None:
    given = llm.generate(llm.prompt(QUESTION), max_new_tokens=24)
    assert 'Paris' in given.text
    assert given.finish_reason == 'stop'


def test_candidates_are_scored_by_meaning(llm: LanguageModel) -> None:
    prompt = llm.prompt('Is the sky blue on a clear day? Answer with yes or no.')
    cities = ['Paris.', 'London.', 'Madrid.']
    scores = llm.score(llm.prompt(QUESTION, 'Answer in one word.'), cities)
    assert scores[0] == max(scores)
    assert sum(llm.score(prompt, ['Yes', 'No', 'Banana'])) == pytest.approx(1.0, abs=1e-5)


def test_closed_gates_leave_it_as_it_is(llm: LanguageModel) -> None:
    ids = torch.tensor([llm.prompt(QUESTION)])
    slots = closed(random_slots(llm, blocks=8))
    with torch.no_grad():
        expected = llm.model(ids).logits
        with llm.attention.attached(slots):
            given = llm.model(ids).logits
    torch.testing.assert_close(given, expected, rtol=0, atol=TOLERANCE)


def test_decoding_with_a_cache_equals_a_full_pass(llm: LanguageModel) -> None:
    slots = random_slots(llm, blocks=8)
    prompt, added = llm.prompt(QUESTION), [504, 15673, 1076, 314]
    runner = TextRunner(llm.model, llm.attention)
    started = runner.start(prompt, slots)
    steps = [started.logits[0], *(runner.grow(started, token) for token in added)]
    with torch.no_grad(), llm.attention.attached(slots):
        full = llm.model(torch.tensor([[*prompt, *added]]), use_cache=False).logits[0]
    torch.testing.assert_close(
        torch.stack(steps), full[len(prompt) - 1:], rtol=0, atol=TOLERANCE)


def test_connectors_learn_on_it_within_seconds(llm: LanguageModel) -> None:
    """One reading that is red and one that is blue, by heart: gradients do reach the connector."""
    given = connectors(llm, {'camera': 12}, blocks=2, system_prompt='Answer in one word.')
    readings = [{'camera': latents(seed=seed)} for seed in (1, 2)]
    samples = [TrainingSample('What colour is the car?', colour, reading)
               for colour, reading in zip(('red', 'blue'), readings)]
    train_connectors(llm, given, samples, TrainingConfig(steps=25, batch=4, learning_rate=1e-2))
    answerer = Answerer(llm, given)
    for sample in samples:
        asked = answerer.answer(
            sample.question, sample.latents, candidates=('red', 'blue', 'green'))
        assert asked.text == sample.answer and max(asked.scores) > 0.9
        assert answerer.answer(sample.question, sample.latents).text == sample.answer


def test_two_samples_of_a_batch_do_not_mix(llm: LanguageModel) -> None:
    given = connectors(llm, {'camera': 12}, blocks=2)
    samples = [TrainingSample('?', 'red', {'camera': latents(seed=seed)}) for seed in (1, 2)]
    prompt = llm.prompt(QUESTION)
    with torch.no_grad():
        both = given.fuse(gather_tokens(samples, [['camera'], ['camera']], llm.device))
    together = llm.score_batch(prompt, ('red', 'blue'), both)
    for row, sample in zip(together, samples):
        alone = llm.score(prompt, ('red', 'blue'), slots=given.slots(sample.latents))
        assert row.tolist() == pytest.approx(alone, abs=1e-4)
