# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Many samples at once: any batch size, modalities missing here and there, bad input."""

from __future__ import annotations

import dataclasses

import pytest
from tiny_models import connectors, latents, llm
from toy_task import CANDIDATES, samples

from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.evaluate import evaluate
from mpnp_ros.core.samples import TrainingSample

SAMPLES = samples(12, seed=3)


@pytest.mark.parametrize('batch', [1, 5, 64])
def test_answers_do_not_depend_on_the_batch_size(batch: int) -> None:
    choice = [CANDIDATES] * len(SAMPLES)
    given = connectors(llm())
    expected = evaluate(llm(), given, SAMPLES, candidates=choice)
    assert evaluate(llm(), given, SAMPLES, candidates=choice, batch=batch) == expected


def test_each_sample_may_have_candidates_of_its_own() -> None:
    choice = [(str(index), f'{index} cars') for index in range(len(SAMPLES))]
    answers = evaluate(llm(), connectors(llm()), SAMPLES, candidates=choice)
    assert all(answer in own for answer, own in zip(answers, choice))


def test_samples_that_lack_a_modality_are_answered_like_those_unplugged() -> None:
    given, choice = connectors(llm()), [CANDIDATES] * len(SAMPLES)
    lacking = [dataclasses.replace(
        sample, latents={'camera': sample.latents['camera']}, needs=()) for sample in SAMPLES]
    assert evaluate(llm(), given, lacking, candidates=choice) == evaluate(
        llm(), given, SAMPLES, candidates=choice, modalities=('camera',))


def test_readings_of_different_lengths_share_a_batch() -> None:
    given = connectors(llm())
    mixed = [TrainingSample('what colour?', 'red', {'camera': latents(tokens=count, seed=count)})
             for count in (1, 4, 9)]
    choice = [CANDIDATES] * 3
    one_by_one = [evaluate(llm(), given, [sample], candidates=[CANDIDATES])[0] for sample in mixed]
    assert evaluate(llm(), given, mixed, candidates=choice) == one_by_one


def test_lists_of_candidates_that_do_not_match_the_samples_are_refused() -> None:
    with pytest.raises(ValueError, match='1 lists of candidates for 24 samples'):
        evaluate(llm(), connectors(llm()), SAMPLES, candidates=[CANDIDATES])


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match='there are no samples'):
        evaluate(llm(), connectors(llm()), [])


def test_latents_of_another_encoder_are_refused() -> None:
    other = dataclasses.replace(latents(), encoder_id='other')
    with pytest.raises(ConnectorMismatch, match="from encoder 'other'"):
        evaluate(llm(), connectors(llm()), [TrainingSample('?', 'red', {'camera': other})])
