# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The adapt action learns connectors while questions are answered, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
import json
import os
from pathlib import Path
import signal
import sys
from typing import Any

sys.path[1:1] = [str(Path(__file__).parents[1] / part) for part in ('core', 'evaluation')]

from action_msgs.msg import GoalStatus  # noqa: E402
import pytest  # noqa: E402
from rclpy.action import ActionClient  # noqa: E402
from std_srvs.srv import Trigger  # noqa: E402
from suite import query  # noqa: E402
from tiny_suite import make_suite, START_NS, STEP_NS, TinySuite  # noqa: E402

from mpnp_ros.action import Adapt  # noqa: E402
from mpnp_ros.core.latents import pack  # noqa: E402
from mpnp_ros.evaluation.offline.latent_store import read_moments  # noqa: E402
from mpnp_ros.msg import LatentTokens, ModalityDecision, ModalityStatus  # noqa: E402
from mpnp_ros.nodes.latents_message import fill_message  # noqa: E402
from mpnp_ros.nodes.llm_node import LlmNode  # noqa: E402
from mpnp_ros.nodes.qos import latched_qos, latents_qos  # noqa: E402
from mpnp_ros.training.adaptation.request import AdaptationCode  # noqa: E402

Code = Adapt.Result
# The tiny model says 'yes' by itself: 'no' has to be learned.
TEXT, CANDIDATES = 'is the way clear?', ['yes', 'no']


@pytest.fixture(scope='module')
def suite(tmp_path_factory: pytest.TempPathFactory) -> TinySuite:
    """Return a tiny suite with the drives `no` and `yes`, named after all their answers."""
    made = make_suite(tmp_path_factory.mktemp('suite'))
    for answer in CANDIDATES:
        made.drive(answer, 6)
        (made.folder / answer / 'questions.jsonl').write_text(''.join(json.dumps({
            'stamp_ns': START_NS + index * STEP_NS, 'question': TEXT, 'candidates': CANDIDATES,
            'answer': answer}) + '\n' for index in range(6)), encoding='utf-8')
    return made


class Adapting:
    """An LLM node without connectors, and clients of what adapts it."""

    def __init__(self, graph: Any, suite: TinySuite, root: Path, **parameters: Any) -> None:
        self.graph, self.suite = graph, suite
        self.node = graph.add(LlmNode, **{
            'model': str(suite.folder / 'model'), 'connectors': 'none', 'threads': 1,
            'default_deadline_s': 30.0, 'max_age_s': 60.0, 'adapt_suite': str(suite.params_file),
            'adapted_connectors': str(root), **parameters})
        self.feedback: list[Adapt.Feedback] = []
        self._client = ActionClient(graph.node, Adapt, 'adapt')
        self._restore = graph.node.create_client(Trigger, 'restore_connectors')
        graph.until(self._client.server_is_ready, 'the action server')

    def send(self, answer: str = 'no', **fields: Any) -> Any:
        """Send a goal to learn from a drive and return its handle."""
        future = self._client.send_goal_async(
            Adapt.Goal(**{'data': str(self.suite.folder / answer / 'drive'), **fields}),
            feedback_callback=lambda message: self.feedback.append(message.feedback))
        goal = self.graph.until(lambda: future.done() and future.result(), 'the acceptance')
        assert goal.accepted
        return goal

    def result(self, goal: Any) -> tuple[int, Adapt.Result]:
        """Wait for the end of a goal and return its status and result."""
        future = goal.get_result_async()
        reply = self.graph.until(lambda: future.done() and future.result(), 'the result', 90.0)
        return reply.status, reply.result

    def restore(self) -> Trigger.Response:
        """Bring back the connectors before."""
        return self.graph.call(self._restore, Trigger.Request())

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the modalities that the node has connectors for."""
        return self.node._answerer.connectors.modalities

    def attach_lidar(self, tokens: Path) -> None:
        """Attach a lidar and give it the latents of a moment that was encoded for learning."""
        latents = read_moments(tokens)[0].available['lidar'].latents
        node = self.graph.node
        status = node.create_publisher(ModalityStatus, 'modality_status', latched_qos(8))
        status.publish(ModalityStatus(
            modality='lidar', latents_topic='latents/lidar', state=ModalityStatus.ACTIVE))
        decision = node.create_publisher(ModalityDecision, 'modality_decision', latched_qos())
        decision.publish(ModalityDecision(
            modalities=['lidar'], selected=[True], reasons=['']))
        publisher = node.create_publisher(LatentTokens, 'latents/lidar', latents_qos())
        self.graph.until(lambda: self.node._attached.cache.taps, 'the tap')
        self.graph.until(publisher.get_subscription_count, 'the subscription')
        message = LatentTokens(views=['top'])
        fill_message(message, pack(latents.tokens, 'float32'), latents)
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)
        tap = self.node._attached.cache.taps['lidar']
        self.graph.until(lambda: tap.received, 'the latents')
        assert not tap.refusal, tap.refusal

    def close(self) -> None:
        """Destroy the client."""
        self._client.destroy()


@pytest.fixture
def adapting(graph, suite, tmp_path) -> Iterator[Adapting]:
    """Return an LLM node that has learned nothing yet."""
    one = Adapting(graph, suite, tmp_path / 'adapted')
    yield one
    one.close()


def until_training(adapting: Adapting) -> None:
    adapting.graph.until(
        lambda: any(one.step for one in adapting.feedback), 'the first step', 90.0)


def test_learns_while_questions_are_answered_and_can_be_restored(
        graph, suite, tmp_path, adapting) -> None:
    goal = adapting.send(max_steps=20)
    ended = goal.get_result_async()
    until_training(adapting)
    answered = query(graph, question=TEXT, candidates=CANDIDATES)
    assert answered.success and answered.text == 'yes'
    assert not ended.done()
    status, result = adapting.result(goal)
    assert status == GoalStatus.STATUS_SUCCEEDED, result.message
    assert result.success and result.taken_over, result.message
    assert (result.accuracy_before, result.accuracy_after, result.steps) == (0.0, 1.0, 20)
    assert result.flops > 0 and result.seconds > 0 and result.questions > 0
    assert [one.step for one in adapting.feedback if one.step][-1] == 20
    assert {one.phase for one in adapting.feedback} <= {'encoding', 'judging', 'training'}
    assert adapting.modalities == ('lidar',)
    assert (Path(result.connectors) / 'lidar.safetensors').is_file()
    assert result.restore == ''          # there were none
    assert query(graph, question=TEXT, candidates=CANDIDATES).text == 'yes'
    adapting.attach_lidar(next((tmp_path / 'adapted').rglob('tokens_*.safetensors')))
    seen = query(graph, question=TEXT, candidates=CANDIDATES)
    assert [one.modality for one in seen.modalities] == ['lidar']
    assert seen.text == 'no'             # as it was taught
    # A node that starts now takes them up, if it is to.
    graph.remove(adapting.node)
    again = Adapting(graph, suite, tmp_path / 'adapted', use_adapted=True)
    assert again.modalities == ('lidar',)
    restored = again.restore()
    assert restored.success, restored.message
    assert again.modalities == ()
    assert query(graph, question=TEXT, candidates=CANDIDATES).text == 'yes'
    restored = again.restore()
    assert not restored.success and 'nothing to restore' in restored.message
    again.close()


def test_a_second_adaptation_is_refused_and_the_first_can_be_cancelled(adapting) -> None:
    first = adapting.send(max_steps=100000)
    status, second = adapting.result(adapting.send())
    assert status == GoalStatus.STATUS_ABORTED
    assert second.error_code == Code.ERROR_BUSY
    assert 'another adaptation is going on' in second.message
    until_training(adapting)
    assert not adapting.restore().success
    cancel = first.cancel_goal_async()
    adapting.graph.until(cancel.done, 'the reply to the cancel')
    status, result = adapting.result(first)
    assert status == GoalStatus.STATUS_CANCELED
    assert result.error_code == Code.ERROR_CANCELED
    assert adapting.modalities == () and not result.taken_over


def test_a_killed_process_leaves_the_node_as_it_was(graph, adapting, tmp_path) -> None:
    goal = adapting.send()
    os.kill(adapting.node._adapt_server._process.pid, signal.SIGKILL)
    status, result = adapting.result(goal)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code == Code.ERROR_PROCESS and 'SIGKILL' in result.message
    assert adapting.modalities == ()
    assert not list((tmp_path / 'adapted').rglob('*.safetensors'))
    assert query(graph, question=TEXT, candidates=CANDIDATES).success


def test_a_node_that_is_deactivated_ends_it(graph, adapting) -> None:
    goal = adapting.send()
    adapting.node.trigger_deactivate()
    status, result = adapting.result(goal)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code == Code.ERROR_INACTIVE
    status, result = adapting.result(adapting.send())
    assert result.error_code == Code.ERROR_INACTIVE


@pytest.mark.parametrize(('fields', 'code', 'text'), [
    ({'data': '/nowhere'}, Code.ERROR_DATA, '/nowhere: there is no such file'),
    ({'held_out_share': -0.5}, Code.ERROR_REQUEST, 'held_out_share is -0.5'),
    ({'modalities': ['lidar', 'lidar']}, Code.ERROR_REQUEST, 'name lidar more than once'),
])
def test_a_goal_that_cannot_be_done_names_the_item(adapting, fields, code, text) -> None:
    status, result = adapting.result(adapting.send(**fields))
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code == code and text in result.message, result.message


def test_codes_are_those_of_the_process() -> None:
    for code in AdaptationCode:
        assert getattr(Code, 'OK' if not code else f'ERROR_{code.name}') == int(code)
    known = [name for name in dir(type(Code)) if name.startswith('ERROR_')]
    assert len(known) == len(AdaptationCode) - 1
