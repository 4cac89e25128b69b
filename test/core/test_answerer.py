# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""From a question and latents to an answer, its scores, gates and costs."""

from __future__ import annotations

import dataclasses

import pytest
from tiny_models import connectors, latents, llm
import torch

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.connectors import Connectors

QUESTION, CANDIDATES = 'what colour is the nearest car?', ('red', 'green', 'blue')


def answerer(system_prompt: str = '') -> Answerer:
    return Answerer(llm(), connectors(llm(), system_prompt=system_prompt))


def readings() -> dict[str, object]:
    return {'camera': latents(), 'lidar': latents('lidar', tokens=4, width=7)}


def test_the_answer_is_the_most_probable_candidate() -> None:
    given = answerer().answer(QUESTION, readings(), candidates=CANDIDATES)
    assert len(given.scores) == 3 and sum(given.scores) == pytest.approx(1.0, abs=1e-5)
    assert given.text == CANDIDATES[given.scores.index(max(given.scores))]
    assert given.finish_reason == 'stop'


def test_latents_change_the_scores() -> None:
    text_only = answerer().answer(QUESTION, {}, candidates=CANDIDATES)
    fused = answerer().answer(QUESTION, readings(), candidates=CANDIDATES)
    assert text_only.scores != pytest.approx(fused.scores, abs=1e-6)


def test_without_latents_it_is_the_llm_alone() -> None:
    model = llm()
    given = answerer().answer(QUESTION, {}, candidates=CANDIDATES)
    assert given.scores == model.score(model.prompt(QUESTION), CANDIDATES)
    assert given.gates == {}


def test_gates_are_told_for_what_was_used_only() -> None:
    given = answerer().answer(QUESTION, {'camera': latents()}, candidates=CANDIDATES)
    assert given.gates == {'camera': pytest.approx([0.3679, 0.3679], abs=1e-3)}


def test_without_candidates_text_is_generated_and_streamed() -> None:
    pieces: list[str] = []
    given = answerer().answer(QUESTION, readings(), max_new_tokens=6, on_token=pieces.append)
    assert given.text == ''.join(pieces).strip()
    assert given.output_tokens <= 6
    assert given.scores == []


def test_generation_can_be_stopped() -> None:
    given = answerer().answer(QUESTION, readings(), should_stop=lambda: True)
    assert (given.finish_reason, given.output_tokens) == ('stopped', 0)


def test_the_system_prompt_is_the_connectors_unless_another_is_given() -> None:
    bare = answerer().answer(QUESTION, {}, candidates=CANDIDATES)
    trained = answerer('Be brief.').answer(QUESTION, {}, candidates=CANDIDATES)
    given = answerer().answer(QUESTION, {}, candidates=CANDIDATES, system_prompt='Be brief.')
    none = answerer('Be brief.').answer(QUESTION, {}, candidates=CANDIDATES, system_prompt='')
    assert trained.prompt_tokens > bare.prompt_tokens
    assert given.scores == trained.scores
    assert none.scores == bare.scores


def test_every_part_of_the_time_is_told() -> None:
    scored = answerer().answer(QUESTION, readings(), candidates=CANDIDATES)
    assert scored.fuse_ms > 0 and scored.score_ms > 0
    assert scored.core_ms == pytest.approx(scored.fuse_ms + scored.score_ms)
    text = answerer().answer(QUESTION, readings(), max_new_tokens=3)
    assert text.prefill_ms > 0 and text.decode_ms > 0
    assert text.core_ms >= text.fuse_ms + text.prefill_ms + text.decode_ms


def test_latents_the_connectors_were_not_trained_for_are_refused() -> None:
    other = dataclasses.replace(latents(), weights_hash='f' * 64)
    given = answerer()
    with pytest.raises(ConnectorMismatch, match='encoder weights ffffffffffff'):
        given.check(other)
    with pytest.raises(ConnectorMismatch, match='encoder weights ffffffffffff'):
        given.answer(QUESTION, {'camera': other})


def test_a_refused_question_leaves_the_next_one_as_it_was() -> None:
    given = answerer()
    expected = given.answer(QUESTION, readings(), candidates=CANDIDATES).scores
    with pytest.raises(ValueError, match='the question is empty'):
        given.answer(' ', readings(), candidates=CANDIDATES)
    with pytest.raises(ValueError, match='takes at most 256'):
        given.answer('why? ' * 2000, readings(), candidates=CANDIDATES)
    assert given.answer(QUESTION, readings(), candidates=CANDIDATES).scores == expected


def test_an_llm_without_connectors_answers_and_refuses_latents() -> None:
    given = Answerer(llm(), Connectors({}))
    assert given.answer(QUESTION, {}, max_new_tokens=2).output_tokens <= 2
    with pytest.raises(ConnectorMismatch, match="'camera' has no connector.*for no modality"):
        given.answer(QUESTION, {'camera': latents()})


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_latents_of_half_precision_are_taken(dtype: torch.dtype) -> None:
    half = dataclasses.replace(latents(), tokens=latents().tokens.to(dtype))
    full = answerer().answer(QUESTION, {'camera': latents()}, candidates=CANDIDATES)
    given = answerer().answer(QUESTION, {'camera': half}, candidates=CANDIDATES)
    assert given.scores == pytest.approx(full.scores, abs=0.02)
