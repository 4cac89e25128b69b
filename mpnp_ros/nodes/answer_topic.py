# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the LLM node tells of questions: their answers, their vectors, counts for diagnostics."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater

from mpnp_ros.msg import Answer, QuestionVector
from mpnp_ros.nodes.managed import ManagedNode
from mpnp_ros.nodes.qos import latched_qos, overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.question import Outcome
from mpnp_ros.nodes.standing_question import StandingQuestion
from mpnp_ros.nodes.statistics import Recent

MAX_REMEMBERED = 256


class AnswerTopic:
    """Publish outcomes, flag those that differ from the one before, count them."""

    def __init__(self, node: ManagedNode, qos_watch: QosWatch) -> None:
        self._node, self._qos_watch = node, qos_watch
        self.publisher: Any = None
        self._last_answers: OrderedDict[str, str] = OrderedDict()
        self._answered, self._refused = 0, 0
        self._core_ms, self._total_ms = Recent(), Recent()

    def open(self) -> None:
        """Make the publishers, which last as long as what the node owns by now."""
        self.publisher = self._node.own(self._node.create_lifecycle_publisher(
            Answer, 'answers', 10, event_callbacks=self._qos_watch.publisher('answers'),
            qos_overriding_options=overridable()), self._node.destroy_lifecycle_publisher)

        self._vectors = self._node.own(self._node.create_publisher(
            QuestionVector, 'question_vectors', latched_qos(depth=64),
            event_callbacks=self._qos_watch.publisher('question_vectors'),
            qos_overriding_options=overridable()), self._node.destroy_publisher)

    def publish_vector(self, question: str, vector: list[float], llm: str, block: int) -> None:
        """Publish what the language model makes of a question before any sensor."""
        self._vectors.publish(QuestionVector(
            question=question, llm=llm, block=block, vector=vector))

    def publish(self, question: str, named: Sequence[str], outcome: Outcome) -> None:
        """Publish the outcome of a question that was asked once, and the modalities it named."""
        if outcome.success:
            self._answered += 1
            self._core_ms.add(outcome.timing.core_ms)
            self._total_ms.add(outcome.timing.total_ms)
        else:
            self._refused += 1
        changed = False
        if outcome.success:
            changed = self._last_answers.get(question) not in (None, outcome.text)
            self._last_answers[question] = outcome.text
            self._last_answers.move_to_end(question)
            if len(self._last_answers) > MAX_REMEMBERED:
                self._last_answers.popitem(last=False)
        self._send(Answer(changed=changed, named=named), question, outcome)

    def publish_standing(
        self, standing: StandingQuestion, named: Sequence[str], outcome: Outcome
    ) -> None:
        """Publish the outcome of a question that stands, where it is to be published."""
        if outcome.success:
            self._core_ms.add(outcome.timing.core_ms)
        wanted, changed = standing.take(outcome)
        if wanted:
            answer = Answer(
                question_id=standing.id, changed=changed, shed=standing.shed, named=named)
            standing.shed = 0
            self._send(answer, standing.text, outcome)

    def diagnose(
        self, status: diagnostic_updater.DiagnosticStatusWrapper, waiting: int
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        """Report the counts and the times of the answers."""
        status.summary(DiagnosticStatus.OK, f'{self._answered} answered')
        status.add('answered', str(self._answered))
        status.add('refused', str(self._refused))
        status.add('waiting', str(waiting))
        for name, recent in (('core', self._core_ms), ('total', self._total_ms)):
            status.add(f'{name} p50 (ms)', f'{recent.percentile(50):.1f}')
            status.add(f'{name} p95 (ms)', f'{recent.percentile(95):.1f}')
        return status

    def _send(self, message: Answer, question: str, outcome: Outcome) -> None:
        if not self._node.active:
            return
        outcome.fill(message)
        message.header.stamp = self._node.get_clock().now().to_msg()
        # A question of a megabyte was refused for its size; the topic need not carry it.
        message.question = question[:self._node.parameters.max_question_bytes]
        self.publisher.publish(message)
