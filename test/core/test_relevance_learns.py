# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions learn which tokens they are about, together with others about the same moment."""

from __future__ import annotations

from collections import Counter
import dataclasses
from typing import Any

import pytest
from tiny_models import connectors, llm
import torch
from toy_task import assert_goes_on_bit_for_bit, learned, samples, UNKNOWN

from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.draws import Draws
from mpnp_ros.core.followers import Followers
from mpnp_ros.core.lora import Lora, LoraConfig
from mpnp_ros.core.samples import gather_tokens
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.core.whitened_questions import whiten_questions

SAMPLES = samples(20, seed=1)
CONFIG = TrainingConfig(steps=6, batch=8, unknown_answer=UNKNOWN, precision='float32', together=2)


def about(**changes: Any) -> Any:
    return connectors(llm(), answer_only=True, relevance=4, **changes)


def training(given: Any = None, fresh: bool = True, lora: Lora | None = None,
             **changes: Any) -> ConnectorTraining:
    given = about() if given is None else given
    return ConnectorTraining(llm(), given, SAMPLES, dataclasses.replace(CONFIG, **changes),
                             fresh=given.modalities if fresh else (), lora=lora)


def test_the_task_is_learned() -> None:
    assert learned(training(
        steps=80, learning_rate=1e-2, relevance_learning_rate=1e-2, batch=16)) < 0.5


def test_it_goes_on_bit_for_bit() -> None:
    assert_goes_on_bit_for_bit(training)


def test_a_state_of_other_coordinates_is_refused() -> None:
    run = training()
    run.advance()
    state = run.state()
    turned = {name: -value if name.startswith('keys.') else value
              for name, value in state.tensors.items()}
    with pytest.raises(ValueError, match='coordinates'):
        training().restore(dataclasses.replace(state, tensors=turned))


def test_texts_beyond_a_sliding_window_are_refused() -> None:
    given = connectors(llm('mistral'), answer_only=True, relevance=4)
    with pytest.raises(ValueError, match='slides'):
        ConnectorTraining(llm('mistral'), given, SAMPLES, CONFIG)


def test_what_has_been_learned_is_where_a_training_goes_on() -> None:
    given = about()
    run = training(given)
    while not run.finished:
        run.advance()
    before = {name: value.clone() for name, value in given.state_dict().items()}
    training(given, fresh=False)
    for name, value in given.state_dict().items():
        assert torch.allclose(value, before[name], atol=1e-5), name


def test_directions_of_the_words_are_about_as_wide_as_each_other() -> None:
    given = about()
    numbers = torch.Generator().manual_seed(0)
    words = torch.randn(50, llm().words, generator=numbers) * torch.logspace(0, -2, llm().words)
    followers = Followers()
    whiten_questions(followers, given, words, fresh=given.modalities)
    relevance = given['camera'].relevance
    assert torch.allclose(relevance.mean, words.mean(0), atol=1e-6)
    # What is used is what is trained, in the words' own coordinates: it follows a change.
    (name,) = [name for name in followers.trained if '0.relevance.query' in name]
    used = relevance.query.weight.detach().clone()
    spread = ((words - words.mean(0)) @ used.T).std()
    assert 0.3 < float(spread) < 3.0
    with torch.no_grad():
        followers.trained[name].mul_(2.0)
    followers.push()
    assert torch.allclose(relevance.query.weight, 2.0 * used, atol=1e-5)


def test_one_question_alone_can_be_learned() -> None:
    one = [sample for sample in SAMPLES if sample.question == 'what colour?']
    run = ConnectorTraining(llm(), about(), one, CONFIG, fresh=('camera', 'lidar'))
    run.advance()
    assert run.means.loss > 0.0


def test_questions_with_lora_run_anew_in_each_step() -> None:
    pytest.importorskip('peft')
    lora = Lora(llm(), 2, LoraConfig(rank=2))
    try:
        run = training(lora=lora, lora_learning_rate=1e-2)
        while not run.finished:
            run.advance()
        state = run.state()
        assert any(bool(value.any()) for name, value in state.tensors.items()
                   if name.startswith('lora.') and 'lora_B' in name)
    finally:
        lora.detach()


def test_questions_about_one_moment_come_together_and_none_is_left_out() -> None:
    draws = Draws(SAMPLES, 8, 0.0, 0, together=2)
    seen: Counter[int] = Counter()
    for _ in range(len(SAMPLES) // 8):
        chosen, _ = draws.next()
        moments = [tuple(map(id, sample.latents.values())) for sample in chosen]
        assert sorted(Counter(moments).values()) == [2, 2, 2, 2]
        seen.update(id(sample) for sample in chosen)
    assert sorted(seen.values()) == [1] * len(SAMPLES)


def test_tokens_of_a_moment_are_aligned_once() -> None:
    chosen = [SAMPLES[0], SAMPLES[1], SAMPLES[2]]       # two questions about the first moment
    batch = gather_tokens(chosen, [['camera'], ['camera', 'lidar'], ['lidar']],
                          torch.device('cpu'))['camera']
    assert len(batch.tokens) == 1
    assert batch.rows is not None and batch.present is not None
    assert batch.present.all(-1).tolist() == [True, True, False]
    given = about()
    with torch.no_grad():
        slots = given.fuse({'camera': batch}, torch.randn(3, llm().words))
    assert slots is not None and slots[0] is not None
    assert slots[0].key.shape[0] == 3
    assert bool(torch.isinf(slots[0].log_gate[2]).all())
    assert not torch.allclose(slots[0].log_gate[0], slots[0].log_gate[1])
