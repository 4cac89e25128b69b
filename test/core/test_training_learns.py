# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Connectors of a frozen LLM learn to answer from sensors, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import connectors, llm
import torch
from toy_task import accuracy, CANDIDATES, CHANCE, samples, shuffled, UNKNOWN

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.evaluate import evaluate
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.train import train_connectors, TrainingConfig

HELD_OUT = samples(60, seed=2)
CONFIG = TrainingConfig(steps=150, batch=32, learning_rate=3e-2, gate_learning_rate=2e-2,
                        unknown_answer=UNKNOWN, precision='float32')


@pytest.fixture(scope='module')
def trained() -> Connectors:
    """Return connectors trained on other readings than the ones held out."""
    given = connectors(llm('opt'), blocks=3)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    train_connectors(llm('opt'), given, samples(500, seed=1), CONFIG)
    torch.set_num_threads(threads)
    return given


def scored(given: Connectors, asked: list[TrainingSample],
           modalities: tuple[str, ...] | None = None) -> list[str]:
    return evaluate(llm('opt'), given, asked, candidates=[CANDIDATES] * len(asked),
                    modalities=modalities)


def test_held_out_readings_are_answered(trained: Connectors) -> None:
    assert accuracy(scored(trained, HELD_OUT), [sample.answer for sample in HELD_OUT]) > 0.9


def test_greedy_text_is_the_answer_and_ends(trained: Connectors) -> None:
    texts = evaluate(llm('opt'), trained, HELD_OUT[:40])
    assert accuracy(texts, [sample.answer for sample in HELD_OUT[:40]]) > 0.9


def test_readings_of_other_samples_give_chance(trained: Connectors) -> None:
    answers = scored(trained, shuffled(HELD_OUT))
    assert accuracy(answers, [sample.answer for sample in HELD_OUT]) < CHANCE + 0.15


@pytest.mark.parametrize('attached', ['camera', 'lidar'])
def test_each_modality_alone_answers_its_question_and_knows_what_it_cannot_tell(
        trained: Connectors, attached: str) -> None:
    answers = scored(trained, HELD_OUT, (attached,))
    expected = [sample.answer_under((attached,), UNKNOWN) for sample in HELD_OUT]
    assert UNKNOWN in expected
    assert accuracy(answers, expected) > 0.9


def test_with_nothing_attached_it_is_the_frozen_llm(trained: Connectors) -> None:
    model = llm('opt')
    answers = scored(trained, HELD_OUT[:2], ())
    for sample, answer in zip(HELD_OUT, answers):
        scores = model.score(model.prompt(sample.question), CANDIDATES)
        assert answer == CANDIDATES[scores.index(max(scores))]


def test_many_samples_at_once_are_answered_as_one_by_one(trained: Connectors) -> None:
    answerer = Answerer(llm('opt'), trained)
    single = [answerer.answer(sample.question, sample.latents, candidates=CANDIDATES).text
              for sample in HELD_OUT[:20]]
    assert scored(trained, HELD_OUT[:20]) == single


def test_saved_connectors_answer_as_before(trained: Connectors, tmp_path: Path) -> None:
    trained.save(tmp_path)
    loaded = Connectors.load(tmp_path, llm('opt'))
    assert scored(loaded, HELD_OUT) == scored(trained, HELD_OUT)
    assert loaded.training_summary['camera']['steps'] == CONFIG.steps
    assert loaded.training_summary['camera']['samples'] == 1000


def test_gates_have_moved(trained: Connectors) -> None:
    fresh = connectors(llm('opt'), blocks=3).gates()
    for modality, gates in trained.gates().items():
        assert max(abs(a - b) for a, b in zip(gates, fresh[modality])) > 0.02
