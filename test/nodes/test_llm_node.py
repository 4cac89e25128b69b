# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The LLM node answers through its service, with the modalities that are attached."""

import numpy as np
import pytest
from sensors import cloud
from suite import LLM, query, Suite

from mpnp_ros.msg import Answer
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.srv import Query

Code = Query.Response


@pytest.fixture
def suite(graph, lidar_connectors) -> Suite:
    """Return the whole suite with a lidar that delivers points at 20 Hz."""
    return Suite(graph, lidar_connectors)


def test_answer_with_a_modality_says_what_was_used(suite) -> None:
    suite.until_attached('lidar')
    response = suite.ask('Is the way clear?', candidates=['yes', 'no'])
    assert response.success, response.message
    assert response.text in ('yes', 'no')
    assert sum(response.scores) == pytest.approx(1.0, abs=1e-4)
    assert response.text == response.candidates[int(np.argmax(response.scores))]
    (use,) = response.modalities
    assert use.modality == 'lidar'
    assert 0.0 <= use.age_s < 2.0
    assert use.tokens > 0
    assert len(use.gates) == suite.connected_blocks
    assert 0.0 < response.timing.core_ms <= response.timing.total_ms
    assert response.timing.prompt_tokens > 0


def test_free_text_answer_counts_its_tokens(suite) -> None:
    suite.until_attached('lidar')
    response = suite.ask('What is the capital of France?', max_tokens=5)
    assert response.success, response.message
    assert 0 < response.timing.output_tokens <= 5
    assert response.text.strip()


def test_no_modality_attached_is_answered_from_text_and_says_so(graph) -> None:
    graph.add(LlmNode, **LLM, connectors='none')
    response = query(graph, question='What is the capital of France?', max_tokens=12)
    assert response.success, response.message
    assert response.message == 'text only: no modality is attached'
    assert not response.modalities
    assert 'Paris' in response.text


def test_deselected_modality_is_unsubscribed_and_its_encoder_idles(suite) -> None:
    suite.until_attached('lidar')
    suite.select([])
    suite.graph.until(lambda: suite.sensor.get_subscription_count() == 0, 'the idle encoder')
    response = suite.ask('Is the way clear?')
    assert response.success
    assert response.message == 'text only: no modality is attached'
    suite.select(['lidar'])
    suite.until_attached('lidar')
    assert suite.ask('Is the way clear?').modalities


def test_named_modality_must_be_known_and_attached(suite) -> None:
    suite.until_attached('lidar')
    unknown = suite.ask('Is the way clear?', modalities=['sonar'])
    assert (unknown.success, unknown.error_code) == (False, Code.ERROR_MODALITY)
    assert 'sonar' in unknown.message and 'lidar' in unknown.message
    suite.select([])
    suite.graph.until(lambda: not suite.llm._attached.cache.taps, 'the detachment')
    detached = suite.ask('Is the way clear?', modalities=['lidar'])
    assert detached.error_code == Code.ERROR_MODALITY
    assert 'not attached' in detached.message


def test_text_only_uses_nothing(suite) -> None:
    suite.until_attached('lidar')
    response = suite.ask('Is the way clear?', text_only=True)
    assert response.success and not response.modalities
    assert response.message == 'text only: as asked'


def test_sampled_answers_repeat_with_their_seed(suite) -> None:
    def sampled(seed: int) -> str:
        return suite.ask('Name an animal.', text_only=True, temperature=1.5, seed=seed,
                         max_tokens=8).text

    assert sampled(1) == sampled(1)
    assert len({sampled(seed) for seed in range(6)}) > 1


def test_answers_are_published_and_change_is_flagged(suite) -> None:
    answers = suite.graph.collect(Answer, 'answers')
    suite.until_attached('lidar')
    suite.graph.until(
        lambda: suite.llm._topic.publisher.get_subscription_count() == 2,  # and the manager
        'the listener')
    response = suite.ask('Is the way clear?', candidates=['yes', 'no'])
    suite.graph.until(lambda: answers, 'the published answer')
    assert answers[0].text == response.text
    assert answers[0].question == 'Is the way clear?'
    assert not answers[0].changed
    other = suite.ask('Is the way clear?', candidates=['maybe'])
    suite.graph.until(lambda: len(answers) == 2, 'the second answer')
    assert answers[1].text == other.text and answers[1].changed


def test_clock_jump_forgets_the_latents(graph, lidar_connectors) -> None:
    suite = Suite(graph, lidar_connectors, use_sim_time=True)
    suite.set_time(100.0)
    suite.until_attached('lidar')
    assert suite.llm._attached.cache.taps['lidar'].held is not None
    suite.stop_sensor()
    suite.set_time(50.0)
    tap = suite.llm._attached.cache.taps['lidar']
    suite.graph.until(lambda: tap.held is None, 'the empty cache')
    response = suite.ask('Is the way clear?')
    assert response.success and not response.modalities
    assert 'no latents have arrived' in response.message


def test_parameters_answer_while_the_model_generates(suite) -> None:
    """One thread owns the model; callbacks never wait for it."""
    from rcl_interfaces.srv import GetParameters
    suite.until_attached('lidar')
    client = suite.graph.node.create_client(GetParameters, '/llm/get_parameters')
    ask = suite.ask_async('Tell a long story.', text_only=True, max_tokens=60)
    suite.graph.until(lambda: suite.llm._busy, 'the start of the generation')
    response = suite.graph.call(client, GetParameters.Request(names=['max_tokens']))
    assert response.values[0].integer_value == 32
    assert not ask.done()
    suite.graph.until(ask.done, 'the answer')


def test_encoder_in_trouble_leaves_the_last_good_latents(suite) -> None:
    suite.until_attached('lidar')
    suite.stop_sensor()
    suite.sensor.publish(cloud(suite.graph.node.get_clock().now(), np.zeros((0, 4))))
    response = suite.ask('Is the way clear?', max_age_s=60.0)
    assert response.success and response.modalities
