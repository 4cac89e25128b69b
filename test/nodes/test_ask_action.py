# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The ask action streams its answer, can be cancelled, and says why it aborts."""

from action_msgs.msg import GoalStatus
import pytest
from rclpy.action import ActionClient
from suite import LLM, query

from mpnp_ros.action import Ask
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.srv import Query

Code = Query.Response


@pytest.fixture
def client(graph, need_weights) -> ActionClient:
    """Return a client of an LLM node that answers from text alone."""
    need_weights(LLM['model'])
    graph.add(LlmNode, **LLM, connectors='none')
    one = ActionClient(graph.node, Ask, 'ask')
    graph.until(one.server_is_ready, 'the action server')
    yield one
    one.destroy()


def send(graph, client: ActionClient, pieces: list[Ask.Feedback], **fields):
    future = client.send_goal_async(
        Ask.Goal(**fields), feedback_callback=lambda message: pieces.append(message.feedback))
    goal = graph.until(lambda: future.done() and future.result(), 'the acceptance')
    assert goal.accepted
    return goal


def result_of(graph, goal):
    future = goal.get_result_async()
    return graph.until(lambda: future.done() and future.result(), 'the result')


def test_pieces_join_to_the_answer_of_the_query_service(graph, client) -> None:
    pieces: list[Ask.Feedback] = []
    question = 'What is the capital of France?'
    reply = result_of(graph, send(graph, client, pieces, question=question, max_tokens=12))
    assert reply.status == GoalStatus.STATUS_SUCCEEDED
    assert reply.result.success
    assert len(pieces) > 1
    assert ''.join(piece.delta for piece in pieces).strip() == reply.result.text
    counts = [piece.output_tokens for piece in pieces]
    assert counts == sorted(counts)
    assert counts[-1] == reply.result.timing.output_tokens
    assert reply.result.text == query(graph, question=question, max_tokens=12).text


def test_cancel_stops_at_a_token_and_the_next_question_is_answered(graph, client) -> None:
    pieces: list[Ask.Feedback] = []
    goal = send(graph, client, pieces, question='Tell a very long story.', max_tokens=2000)
    graph.until(lambda: pieces, 'the first piece')
    cancel = goal.cancel_goal_async()
    graph.until(cancel.done, 'the reply to the cancel')
    reply = result_of(graph, goal)
    assert reply.status == GoalStatus.STATUS_CANCELED
    assert reply.result.error_code == Code.ERROR_CANCELED
    assert 0 < reply.result.timing.output_tokens < 2000
    assert query(graph, question='Are you there?', candidates=['yes', 'no']).success


def test_empty_question_aborts_with_the_cause(graph, client) -> None:
    reply = result_of(graph, send(graph, client, [], question=''))
    assert reply.status == GoalStatus.STATUS_ABORTED
    assert reply.result.error_code == Code.ERROR_QUESTION
    assert 'empty' in reply.result.message
