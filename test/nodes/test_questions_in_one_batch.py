# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions that wait for the model on the same latents are answered in one batch."""

from __future__ import annotations

from typing import Any

import pytest
from rclpy.action import ActionClient
from rclpy.duration import Duration
from tiny_llm import CANDIDATES, QUESTION, save_tiny, TinyLlm

from mpnp_ros.action import Ask
from mpnp_ros.srv import Query

Code = Query.Response


@pytest.fixture(scope='module')
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the parameters of an LLM node with a tiny model."""
    return save_tiny(tmp_path_factory.mktemp('tiny'))


@pytest.fixture
def tiny(graph: Any, saved: dict[str, str]) -> TinyLlm:
    """Return an LLM node with a camera that has given latents."""
    one = TinyLlm(graph, saved)
    one.give(1)
    return one


def test_waiting_questions_get_together_what_they_get_alone(tiny) -> None:
    alone = tiny.ask(question=QUESTION, candidates=CANDIDATES)
    tiny.graph.until(alone.done, 'the answer')
    asked = [(QUESTION, CANDIDATES), ('what is near?', ['car', 'bus', 'truck']),
             (QUESTION, CANDIDATES)]
    with tiny.kept_busy():
        futures = [tiny.ask(question=text, candidates=candidates) for text, candidates in asked]
        tiny.graph.until(lambda: tiny.node._queue.waiting == 3, 'the queue')
    tiny.graph.until(lambda: all(future.done() for future in futures), 'the answers')
    replies = [future.result() for future in futures]
    assert all(reply.success for reply in replies)
    assert [reply.timing.together for reply in replies] == [3, 3, 3]
    assert [list(reply.candidates) for reply in replies] == [one for _, one in asked]
    for reply in (replies[0], replies[2]):
        assert reply.scores == pytest.approx(alone.result().scores, abs=1e-5)
        assert [use.modality for use in reply.modalities] == ['camera']


def test_a_deadline_and_a_cancel_are_honoured_within_a_batch(tiny) -> None:
    client = ActionClient(tiny.graph.node, Ask, 'ask')
    tiny.graph.until(client.server_is_ready, 'the action server')
    with tiny.kept_busy():
        soon = (tiny.node.get_clock().now() + Duration(nanoseconds=300_000_000)).to_msg()
        late = tiny.ask(question=QUESTION, candidates=CANDIDATES, deadline=soon)
        sent = client.send_goal_async(Ask.Goal(question=QUESTION, candidates=CANDIDATES))
        goal = tiny.graph.until(lambda: sent.done() and sent.result(), 'the goal')
        others = [tiny.ask(question=QUESTION, candidates=CANDIDATES) for _ in range(2)]
        tiny.graph.until(lambda: tiny.node._queue.waiting == 4, 'the queue')
        goal.cancel_goal_async()
        tiny.graph.until(late.done, 'the deadline')
        assert late.result().error_code == Code.ERROR_DEADLINE
    result = goal.get_result_async()
    tiny.graph.until(lambda: result.done() and all(one.done() for one in others), 'the answers')
    assert result.result().result.error_code == Code.ERROR_CANCELED
    assert [one.result().timing.together for one in others] == [2, 2]
    client.destroy()
