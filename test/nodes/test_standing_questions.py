# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A question that stands is answered on every new latent, until it is dropped."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_llm import CANDIDATES, QUESTION, save_tiny, TinyLlm

from mpnp_ros.msg import QuestionVector, StandingQuestions
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.nodes.question import Refused
from mpnp_ros.nodes.question_queue import QuestionQueue
from mpnp_ros.nodes.standing_questions import StandingQuestions as Standing
from mpnp_ros.srv import Query, Watch
from mpnp_ros.suite.parameters import LlmParameters

Code = Query.Response


@pytest.fixture(scope='module')
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the parameters of an LLM node with a tiny model."""
    return save_tiny(tmp_path_factory.mktemp('tiny'))


@pytest.fixture
def tiny(graph: Any, saved: dict[str, str]) -> TinyLlm:
    """Return an LLM node whose camera is attached and has given nothing yet."""
    return TinyLlm(graph, saved)


def listed(tiny: TinyLlm) -> list[Any]:
    return tiny.graph.collect(StandingQuestions, 'standing_questions', latched_qos())


def test_every_new_latent_is_answered_with_scores_ages_and_a_change_flag(tiny) -> None:
    reply = tiny.watch()
    assert reply.success, reply.message
    for count, seed in enumerate((0, 1, 3, 2), 1):
        tiny.give(seed)
        answer = tiny.until_answers(count)
        assert (answer.question_id, answer.question) == (reply.id, QUESTION)
        assert answer.success and answer.text == CANDIDATES[seed % 2]
        assert sum(answer.scores) == pytest.approx(1.0, abs=1e-4)
        (use,) = answer.modalities
        assert use.modality == 'camera' and 0.0 <= use.age_s < 2.0
    assert [answer.changed for answer in tiny.answers] == [False, True, False, True]


def test_only_changes_are_published_where_that_is_asked(tiny) -> None:
    tiny.watch(id='quiet', only_changes=True)
    tiny.watch(id='all')
    for count, seed in enumerate((0, 2, 1), 1):
        tiny.give(seed)
        tiny.graph.until(lambda count=count: len(
            [one for one in tiny.answers if one.question_id == 'all']) == count, 'an answer')
    tiny.graph.until(lambda: len(tiny.answers) == 5, 'the change')
    quiet = [answer for answer in tiny.answers if answer.question_id == 'quiet']
    assert [answer.text for answer in quiet] == ['yes', 'no']


def test_latents_at_hand_are_answered_at_once(tiny) -> None:
    tiny.give(1)
    tiny.watch()
    assert tiny.until_answers(1).text == 'no'


def test_only_latents_that_a_question_uses_call_for_an_answer(tiny) -> None:
    tiny.attach('camera', 'lidar')
    tiny.watch(id='camera', modalities=['camera'])
    tiny.watch(id='both')
    tiny.give(0, 'lidar')
    assert tiny.until_answers(1).question_id == 'both'
    tiny.give(0, 'camera')
    tiny.until_answers(3)
    uses = {answer.question_id: [use.modality for use in answer.modalities]
            for answer in tiny.answers[1:]}
    assert uses == {'camera': ['camera'], 'both': ['camera', 'lidar']}


def test_questions_on_the_same_latents_are_answered_in_one_batch(tiny) -> None:
    for name in ('a', 'b', 'c'):
        tiny.watch(id=name)
    tiny.give(0)
    tiny.until_answers(3)
    assert [answer.timing.together for answer in tiny.answers] == [3, 3, 3]


def test_what_the_model_is_too_slow_for_is_left_out_and_counted(tiny) -> None:
    tiny.watch()
    with tiny.kept_busy() as busy:
        for seed in (0, 2, 0, 1):
            tiny.give(seed)
    tiny.graph.until(busy.done, 'the end of the generation')
    tiny.graph.until(lambda: [one for one in tiny.answers if one.question_id], 'the answer')
    (answer,) = [one for one in tiny.answers if one.question_id]
    assert (answer.text, answer.shed) == ('no', 3)
    report = tiny.graph.diagnostics(tiny.node)['standing questions']
    assert {entry.key: entry.value for entry in report.values}['watch_1 shed'] == '3'


def test_a_question_asked_once_does_not_wait_for_a_standing_one_in_work(tiny) -> None:
    tiny.give(0)
    with tiny.held() as waits:
        tiny.watch(candidates=[], max_tokens=200)
        tiny.graph.until(waits.is_set, 'the standing question in work')
        once = tiny.ask(question=QUESTION, candidates=CANDIDATES)
        tiny.graph.until(lambda: tiny.node._queue.waiting, 'the other question')
    tiny.graph.until(once.done, 'the answer')
    assert once.result().success
    answer = tiny.until_answers(2)
    assert [answer.question_id for answer in tiny.answers][:1] == ['']
    assert answer.question_id and answer.success and answer.shed == 1


def test_each_question_is_told_to_the_manager_as_a_vector_once(tiny) -> None:
    vectors = tiny.graph.collect(QuestionVector, 'question_vectors', latched_qos(64))
    tiny.watch()
    for count in (1, 2):
        tiny.give(count)
        tiny.until_answers(count)
    tiny.graph.until(lambda: vectors, 'the vector')
    once = tiny.ask(question='what is near?', candidates=CANDIDATES)
    tiny.graph.until(lambda: once.done() and len(vectors) == 2, 'the other vector')
    assert [one.question for one in vectors] == [QUESTION, 'what is near?']
    assert [len(one.vector) for one in vectors] == [32, 32]
    assert {(one.llm, one.block) for one in vectors} == {('model', 2)}


def test_the_list_of_standing_questions_follows_watch_and_unwatch(tiny) -> None:
    lists = listed(tiny)

    def until(*ids: str) -> None:
        tiny.graph.until(lambda: lists and [one.id for one in lists[-1].questions] == [*ids],
                         f'the list of {ids}')

    until()
    tiny.watch(id='a', modalities=['camera'], lease_s=100.0)
    until('a')
    (first,) = lists[-1].questions
    assert (first.question, first.candidates) == (QUESTION, CANDIDATES)
    assert (first.modalities, first.lease_s) == (['camera'], 100.0)
    tiny.watch(id='b')
    until('a', 'b')
    tiny.unwatch('a')
    until('b')


def test_what_is_dropped_is_answered_no_more(tiny) -> None:
    for name in ('a', 'b', 'c'):
        tiny.watch(id=name)
    assert tiny.unwatch('a').ids == ['a']
    unknown = tiny.unwatch('a')
    assert not unknown.success and "'a'; ids: b, c" in unknown.message
    tiny.give(0)
    assert {tiny.until_answers(count).question_id for count in (1, 2)} == {'b', 'c'}
    assert tiny.unwatch('*').ids == ['b', 'c']
    tiny.give(1)
    once = tiny.ask(question=QUESTION, candidates=CANDIDATES)
    tiny.graph.until(once.done, 'the answer')
    assert [answer.question_id for answer in tiny.answers[2:]] == ['']


def test_a_question_whose_lease_is_not_renewed_is_dropped(tiny) -> None:
    lists = listed(tiny)
    tiny.watch(id='kept', lease_s=0.5)
    tiny.watch(id='left', lease_s=0.5)
    assert tiny.watch(id='kept', question='', candidates=[], lease_s=100.0).success
    tiny.graph.until(
        lambda: lists and [one.id for one in lists[-1].questions] == ['kept'], 'the end')
    assert [one.text for one in tiny.node._standing] == [QUESTION]


@pytest.mark.parametrize(('fields', 'code', 'cause'), [
    ({'question': ''}, Code.ERROR_QUESTION, 'empty'),
    ({'question': '', 'id': 'gone'}, Code.ERROR_QUESTION, "stands under the id 'gone'"),
    ({'question': 'a' * 5000}, Code.ERROR_QUESTION, '5000 bytes'),
    ({'candidates': ['yes', 'yes']}, Code.ERROR_REQUEST, 'twice'),
    ({'min_period_s': float('nan')}, Code.ERROR_REQUEST, 'min_period_s'),
    ({'lease_s': -1.0}, Code.ERROR_REQUEST, 'lease_s'),
    ({'modalities': ['']}, Code.ERROR_REQUEST, 'modalities'),
    ({'id': '*'}, Code.ERROR_REQUEST, 'id'),
])
def test_what_cannot_stand_is_refused_with_the_cause(fields, code, cause) -> None:
    standing = Standing(QuestionQueue(1, 1), LlmParameters, lambda *_: None)
    with pytest.raises(Refused, match=cause) as refused:
        standing.watch(Watch.Request(**{
            'question': QUESTION, 'candidates': CANDIDATES, **fields}))
    assert refused.value.code == code


def test_more_questions_than_may_stand_are_refused(graph, saved) -> None:
    tiny = TinyLlm(graph, saved, max_watches=1)
    assert tiny.watch(id='a').success
    refused = tiny.watch(id='b')
    assert (refused.success, refused.error_code) == (False, Code.ERROR_BUSY)
    assert 'max_watches' in refused.message
    assert tiny.watch(id='a', question='another?').success


def test_standing_questions_outlive_deactivation_but_not_the_configuration(tiny) -> None:
    lists = listed(tiny)
    tiny.watch(id='a')
    tiny.node.trigger_deactivate()
    inactive = tiny.watch(id='b')
    assert inactive.success and 'not active' in inactive.message
    tiny.node.trigger_activate()
    tiny.attach('camera')
    tiny.give(0)
    tiny.until_answers(2)
    tiny.node.trigger_deactivate()
    tiny.node.trigger_cleanup()
    tiny.node.trigger_configure()
    tiny.graph.until(lambda: lists and lists[-1].questions == [], 'the empty list')
    assert len(tiny.node._standing) == 0


def test_silent_sensors_are_told_once_and_answers_go_on_with_them(graph, saved) -> None:
    tiny = TinyLlm(graph, saved, max_age_s=0.3)
    tiny.watch(only_changes=True)
    tiny.give(0)
    assert tiny.until_answers(1).success
    silent = tiny.until_answers(2)
    assert (silent.success, silent.error_code) == (False, Code.ERROR_MODALITY)
    assert 'camera: latents are' in silent.message
    graph.spin_for(0.6)
    assert len(tiny.answers) == 2
    tiny.give(0)
    assert tiny.until_answers(3).success


def test_a_modality_that_nobody_offers_yet_is_waited_for(tiny) -> None:
    reply = tiny.watch(modalities=['sonar'])
    assert reply.success and reply.message == 'no encoder offers sonar yet'
