# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions about one moment in one batch get the answers of each; lower blocks run once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tiny_models import BLOCKS, connectors, FAMILIES, latents, llm

from mpnp_ros.core.answerer import Answerer, AnswerResult
from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.frame_questions import answer_frame, FrameQuestion
from mpnp_ros.core.question_vectors import question_vectors
from mpnp_ros.core.state_cache import StateMemory

COLOURS, CLEAR = ('red', 'green', 'blue'), ('yes', 'no')
ASKED = [FrameQuestion('what colour is the nearest car?', COLOURS),
         FrameQuestion('is the way clear?', CLEAR),
         FrameQuestion('what colour is the truck?', COLOURS)]
CONNECTED = 2


def answerer(family: str = 'llama') -> Answerer:
    given = llm(family)
    made = Answerer(given, connectors(given, system_prompt='answer briefly', blocks=CONNECTED))
    made.keep_states(StateMemory(2 ** 24))
    return made


def frame(seed: int) -> dict[str, object]:
    return {'camera': latents(seed=seed),
            'lidar': latents('lidar', tokens=4, width=7, seed=seed + 100)}


@contextmanager
def counted(given: Answerer) -> Iterator[list[int]]:
    """Count how often each block of the LLM runs."""
    runs = [0] * BLOCKS

    def count(index: int) -> None:
        runs[index] += 1

    handles = [block.register_forward_hook(lambda *_, index=index: count(index))
               for index, block in enumerate(given.llm.attention.architecture.blocks)]
    try:
        yield runs
    finally:
        for handle in handles:
            handle.remove()


@pytest.mark.parametrize('family', FAMILIES)
def test_each_question_gets_what_it_gets_alone(family: str) -> None:
    given = answerer(family)
    for question, result in zip(ASKED, answer_frame(given, frame(1), ASKED)):
        assert isinstance(result, AnswerResult)
        alone = given.answer(question.text, frame(1), candidates=question.candidates)
        assert result.scores == pytest.approx(alone.scores, abs=1e-5)
        assert (result.text, result.gates) == (alone.text, alone.gates)
        assert (result.prompt_tokens, result.together) == (alone.prompt_tokens, 3)


def test_without_latents_the_text_is_answered() -> None:
    given = answerer()
    for question, result in zip(ASKED, answer_frame(given, {}, ASKED)):
        assert isinstance(result, AnswerResult)
        alone = given.answer(question.text, {}, candidates=question.candidates)
        assert result.scores == pytest.approx(alone.scores, abs=1e-5)


def test_a_question_that_cannot_be_asked_spoils_no_other() -> None:
    asked = [FrameQuestion('car ' * 500, COLOURS), ASKED[0], FrameQuestion('?', ('a', 'a'))]
    long, answer, twice = answer_frame(answerer(), frame(1), asked)
    assert isinstance(long, ValueError) and 'tokens' in str(long)
    assert isinstance(answer, AnswerResult) and answer.text in COLOURS
    assert isinstance(twice, ValueError) and 'given twice' in str(twice)


def test_latents_of_another_encoder_are_refused() -> None:
    with pytest.raises(ConnectorMismatch):
        answer_frame(answerer(), {'camera': latents(width=5)}, ASKED)


@pytest.mark.parametrize('asked', [ASKED[:1], ASKED])
def test_on_a_new_frame_no_block_below_the_connected_ones_runs(
        asked: list[FrameQuestion]) -> None:
    given = answerer()
    answer_frame(given, frame(1), asked)
    with counted(given) as runs:
        answer_frame(given, frame(2), asked)
    assert runs[:BLOCKS - CONNECTED] == [0] * (BLOCKS - CONNECTED)
    assert min(runs[BLOCKS - CONNECTED:]) > 0


def test_on_a_new_frame_the_prompt_of_a_free_text_runs_no_lower_block() -> None:
    given = answerer()
    given.answer(ASKED[0].text, frame(1), max_new_tokens=1)
    with counted(given) as runs:
        given.answer(ASKED[0].text, frame(2), max_new_tokens=1)
    assert runs[:BLOCKS - CONNECTED] == [0] * (BLOCKS - CONNECTED)


@pytest.mark.parametrize('together', [False, True])
def test_the_vector_of_an_answered_question_runs_no_block(together: bool) -> None:
    given = answerer()
    expected = question_vectors(given.llm, given.connectors, [ASKED[0].text])[0]
    if together:
        answer_frame(given, frame(1), ASKED)
    else:
        given.answer(ASKED[0].text, frame(1), candidates=COLOURS)
    with counted(given) as runs:
        vector = given.question_vector(ASKED[0].text, COLOURS, together=together)
    assert runs == [0] * BLOCKS
    assert vector == pytest.approx(list(expected), abs=1e-5)


def test_kept_states_stay_within_their_bytes_and_are_counted() -> None:
    given = answerer()
    states = StateMemory(30_000)
    given.keep_states(states)
    for number in range(12):
        given.answer(f'what colour is car {number}?', frame(1), candidates=COLOURS)
        assert states.used_bytes <= 30_000
    assert 0 < len(states) and states.dropped > 0
    hits, misses = states.hits, states.misses
    given.answer('what colour is car 11?', frame(2), candidates=COLOURS)
    assert (states.hits - hits, states.misses - misses) == (1, 0)
    given.answer('what colour is car 0?', frame(2), candidates=COLOURS)
    assert states.misses == misses + 1


def test_with_nothing_kept_the_answers_are_the_same() -> None:
    given = answerer()
    kept = given.answer(ASKED[0].text, frame(1), candidates=COLOURS)
    nothing = StateMemory(0)
    given.keep_states(nothing)
    again = given.answer(ASKED[0].text, frame(1), candidates=COLOURS)
    assert (len(nothing), nothing.used_bytes) == (0, 0)
    assert again.scores == pytest.approx(kept.scores, abs=1e-6)
