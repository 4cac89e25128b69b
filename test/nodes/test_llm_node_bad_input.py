# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions and latents that cannot be used are refused by name; the LLM node answers on."""

import dataclasses

from diagnostic_msgs.msg import DiagnosticStatus
import pytest
from rclpy.duration import Duration
from sensors import LIDAR
from suite import LLM, query, query_async, Suite

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.srv import Query

Code = Query.Response


@pytest.fixture
def llm(graph, need_weights) -> LlmNode:
    """Return an LLM node that answers from text alone."""
    need_weights(LLM['model'])
    return graph.add(LlmNode, **LLM, connectors='none')


def still_answers(graph) -> bool:
    return query(graph, question='Is this a question?', candidates=['yes', 'no']).success


@pytest.mark.parametrize(('fields', 'code', 'cause'), [
    ({'question': ''}, Code.ERROR_QUESTION, 'empty'),
    ({'question': ' \n'}, Code.ERROR_QUESTION, 'empty'),
    ({'question': 'why? ' * 200_000}, Code.ERROR_QUESTION, '1000000 bytes'),
    ({'question': 'a?', 'candidates': ['yes', '']}, Code.ERROR_REQUEST, 'empty'),
    ({'question': 'a?', 'candidates': ['yes', 'yes']}, Code.ERROR_REQUEST, 'twice'),
    ({'question': 'a?', 'candidates': [str(n) for n in range(100)]}, Code.ERROR_REQUEST, '100'),
    ({'question': 'a?', 'temperature': -1.0}, Code.ERROR_REQUEST, 'temperature'),
    ({'question': 'a?', 'max_age_s': float('nan')}, Code.ERROR_REQUEST, 'max_age_s'),
    ({'question': 'a?', 'text_only': True, 'modalities': ['lidar']}, Code.ERROR_REQUEST,
     'text_only'),
    ({'question': 'a?', 'modalities': ['lidar']}, Code.ERROR_MODALITY, 'lidar'),
])
def test_request_that_cannot_be_answered_is_refused(graph, llm, fields, code, cause) -> None:
    response = query(graph, **fields)
    assert (response.success, response.error_code) == (False, code)
    assert cause in response.message
    assert still_answers(graph)


def test_deadline_that_has_passed_is_refused_at_once(graph, llm) -> None:
    past = (llm.get_clock().now() - Duration(seconds=1)).to_msg()
    response = query(graph, question='Too late?', deadline=past)
    assert response.error_code == Code.ERROR_DEADLINE
    assert 'had passed' in response.message
    assert still_answers(graph)


def test_deadline_that_passes_while_generating_stops_the_model(graph, llm) -> None:
    soon = (llm.get_clock().now() + Duration(nanoseconds=400_000_000)).to_msg()
    response = query(graph, question='Tell a very long story.', max_tokens=2000, deadline=soon)
    assert response.error_code == Code.ERROR_DEADLINE
    assert response.timing.total_ms < 5000.0
    assert still_answers(graph)


def test_full_queue_is_busy_and_the_waiting_questions_are_answered(graph, need_weights) -> None:
    need_weights(LLM['model'])
    graph.add(LlmNode, **{**LLM, 'queue_size': 2}, connectors='none')
    futures = [query_async(graph, question=f'Tell a story about {n} robots.', max_tokens=30)
               for n in range(6)]
    graph.until(lambda: all(future.done() for future in futures), 'all responses', 60.0)
    codes = [future.result().error_code for future in futures]
    # Two wait and one is in work, which the first may or may not be when the last arrives.
    assert codes.count(Code.OK) in (2, 3)
    assert codes.count(Code.ERROR_BUSY) == 6 - codes.count(Code.OK)


def test_client_that_leaves_does_not_stop_the_node(graph, llm) -> None:
    client = graph.node.create_client(Query, 'query')
    graph.until(client.service_is_ready, 'the query service')
    client.call_async(Query.Request(question='Tell a long story.', max_tokens=60))
    graph.until(lambda: llm._busy, 'the start of the generation')
    graph.node.destroy_client(client)
    graph.until(lambda: not llm._busy, 'the end of the generation')
    assert still_answers(graph)


def test_deactivation_answers_what_is_waiting(graph, llm) -> None:
    futures = [query_async(graph, question='Tell a story.', max_tokens=40) for _ in range(3)]
    graph.until(lambda: llm._busy, 'the start of the generation')
    graph.until(lambda: llm._queue.waiting == 2, 'the queue')
    llm.trigger_deactivate()
    graph.until(lambda: all(future.done() for future in futures), 'all responses')
    codes = [future.result().error_code for future in futures]
    assert codes == [Code.ERROR_INACTIVE] * 3
    inactive = query(graph, question='Anybody there?')
    assert inactive.error_code == Code.ERROR_INACTIVE
    llm.trigger_activate()
    assert still_answers(graph)


def test_latents_of_another_encoder_are_refused_and_named(graph, lidar_connectors) -> None:
    suite = Suite(graph, lidar_connectors)
    suite.until_attached('lidar')
    graph.remove(suite.encoder)
    graph.add(EncoderNode, **LIDAR, options__sectors=16)
    graph.until(lambda: graph.diagnostics(suite.llm)['modalities'].level
                == DiagnosticStatus.ERROR, 'the refusal in the diagnostics')
    response = suite.ask('Is the way clear?', modalities=['lidar'])
    assert response.error_code == Code.ERROR_MODALITY
    assert 'sectors=16' in response.message and 'sectors=32' in response.message
    assert still_answers(graph)


def test_stale_latents_are_left_out_and_said_so(graph, lidar_connectors) -> None:
    suite = Suite(graph, lidar_connectors, max_age_s=0.5)
    suite.until_attached('lidar')
    suite.stop_sensor()
    graph.spin_for(0.6)
    response = suite.ask('Is the way clear?')
    assert response.success and not response.modalities
    assert 'text only' in response.message and 'old' in response.message
    refused = suite.ask('Is the way clear?', modalities=['lidar'])
    assert refused.error_code == Code.ERROR_MODALITY


def test_connectors_of_another_model_are_refused_at_configure(
        graph, lidar_connectors, default_llm, tmp_path) -> None:
    connectors = Connectors.load(lidar_connectors, default_llm)
    connectors['lidar'].config = dataclasses.replace(
        connectors['lidar'].config, llm_id='another-llm', llm_weights_hash=64 * '0')
    connectors.save(tmp_path)
    node = graph.add(LlmNode, bring_up=False, **LLM, connectors=str(tmp_path))
    node.bring_up()
    assert not node.active
    assert 'another-llm' in node.last_error


def test_missing_weights_name_the_command_that_fetches_them(
        graph, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv('MPNP_CACHE', str(tmp_path))
    node = graph.add(LlmNode, bring_up=False, **LLM, connectors='none')
    node.bring_up()
    assert not node.active
    assert 'mpnp-weights fetch' in node.last_error
