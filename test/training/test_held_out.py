# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is held out is answered with and without sensors, each text run below them once."""

from __future__ import annotations

from tiny_models import connectors, latents, model, tokenizer, WEIGHTS_HASH

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.state_cache import StateMemory
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.training.held_out import judge
from mpnp_ros.training.labelled import Labelled

ANSWERS, CONTROLS = ('red', 'green'), ('question_only', 'shuffled')


def held_out(moments: int = 6) -> list[Labelled]:
    """Return two questions about each moment, the second ones after all of the first."""
    sensed = [{'camera': latents(seed=moment)} for moment in range(moments)]
    return [Labelled(
        AskedQuestion(f'{moment} {what}', moment, f'what colour is the {what} {moment}?', 'red',
                      ANSWERS), 'bag', f'scene {moment}',
        TrainingSample(f'what colour is the {what} {moment}?', 'red', sensed[moment]), 0)
        for what in ('car', 'truck') for moment in range(moments)]


def answerer() -> Answerer:
    given = LanguageModel(model('llama'), tokenizer(), id='tiny', weights_hash=WEIGHTS_HASH)
    return Answerer(given, connectors(given, {'camera': 12}, system_prompt='be brief'))


def test_records_come_in_the_order_of_the_questions_one_control_after_the_other() -> None:
    asked = held_out()
    records = judge(answerer(), asked, CONTROLS, batch=2)
    assert [(record.control, record.id) for record in records] == [
        (control, one.question.id) for control in ('', *CONTROLS) for one in asked]


def test_answers_do_not_depend_on_how_many_moments_are_answered_together() -> None:
    asked = held_out()
    for one, other in zip(judge(answerer(), asked, CONTROLS, batch=1),
                          judge(answerer(), asked, CONTROLS, batch=32), strict=True):
        assert (one.id, one.answer) == (other.id, other.answer)
        assert all(abs(a - b) < 1e-5 for a, b in zip(one.scores, other.scores, strict=True))


def test_texts_are_not_run_again_for_controls_where_few_are_kept() -> None:
    def passes(controls: tuple[str, ...], kept_bytes: int) -> tuple[int, StateMemory]:
        asking, memory = answerer(), StateMemory(kept_bytes)
        asking.keep_states(memory)
        calls: list[int] = []
        lowest = asking.llm.attention.architecture.blocks[0]
        lowest.register_forward_hook(lambda *_: calls.append(1))
        judge(asking, held_out(), controls, batch=2)
        return len(calls), memory
    _, whole = passes((), 2 ** 24)
    count, few = passes((), whole.used_bytes // 2)
    assert few.dropped
    assert passes(CONTROLS, whole.used_bytes // 2)[0] == count
