# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The services `watch` and `unwatch`, and the topic that lists the standing questions."""

from __future__ import annotations

from collections.abc import Callable
import time

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater
from rclpy.callback_groups import CallbackGroup

from mpnp_ros.msg import StandingQuestions as StandingQuestionsMessage
from mpnp_ros.nodes.managed import ManagedNode
from mpnp_ros.nodes.qos import latched_qos, overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.question import Frame, Outcome, Question, Refused
from mpnp_ros.nodes.standing_question import StandingQuestion
from mpnp_ros.nodes.standing_questions import StandingQuestions
from mpnp_ros.srv import Unwatch, Watch

LOOK_PERIOD_S = 0.25   # how often leases and silent sensors are looked after


class WatchServer:
    """Serve standing questions for as long as the node is configured.

    They are answered while the node is active and survive its deactivation: they belong to the
    robot's task, and who asked may not know that the node was paused.
    """

    def __init__(
        self, node: ManagedNode, standing: StandingQuestions, qos_watch: QosWatch,
        frame: Callable[[Question], Frame], missing: Callable[[list[str]], list[str]],
        group: CallbackGroup,
    ) -> None:
        self._node, self._standing = node, standing
        self._frame, self._missing = frame, missing
        node.own(node.create_service(Watch, 'watch', self._on_watch, callback_group=group),
                 node.destroy_service)
        node.own(node.create_service(Unwatch, 'unwatch', self._on_unwatch, callback_group=group),
                 node.destroy_service)
        self._list = node.own(node.create_publisher(
            StandingQuestionsMessage, 'standing_questions', latched_qos(),
            event_callbacks=qos_watch.publisher('standing_questions'),
            qos_overriding_options=overridable()), node.destroy_publisher)
        node.steady_timer(LOOK_PERIOD_S, self._look)
        self._publish_list()

    def diagnose(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        """Report each standing question, what was shed of it and what keeps it unanswered."""
        status.summary(DiagnosticStatus.OK, f'{len(self._standing)} standing')
        for one in self._standing:
            if one.trouble:
                status.mergeSummary(DiagnosticStatus.WARN, f'{one.id}: {one.trouble}')
            status.add(f'{one.id} answered', str(one.answered))
            status.add(f'{one.id} shed', str(one.shed_in_all))
            status.add(f'{one.id} answer', 'none yet' if one.last_text is None else one.last_text)
        return status

    def _on_watch(self, request: Watch.Request, response: Watch.Response) -> Watch.Response:
        try:
            standing = self._standing.watch(request)
        except Refused as refused:
            self._node.get_logger().warning(
                f'watch refused: {refused}', throttle_duration_sec=1.0)
            response.success, response.error_code = False, refused.code
            response.message = str(refused)
            return response
        response.success, response.id = True, standing.id
        missing = self._missing(list(standing.modalities))
        if not self._node.active:
            response.message = 'the LLM node is not active: answers come once it is'
        elif missing:
            response.message = f'no encoder offers {", ".join(missing)} yet'
        self._publish_list()
        return response

    def _on_unwatch(
        self, request: Unwatch.Request, response: Unwatch.Response
    ) -> Unwatch.Response:
        known = ', '.join(one.id for one in self._standing) or 'none'
        response.ids = self._standing.unwatch(request.id)
        response.success = bool(response.ids) or request.id in ('', '*')
        if not response.success:
            response.message = f'no question stands under the id {request.id!r}; ids: {known}'
        if response.ids:
            self._publish_list()
        return response

    def _look(self) -> None:
        over = self._standing.expire()
        if over:
            self._node.get_logger().info(f'standing questions not renewed: {", ".join(over)}')
            self._publish_list()
        if self._node.active:
            for standing in self._standing:
                self._look_for_silence(standing)

    def _look_for_silence(self, standing: StandingQuestion) -> None:
        """Say once that a question goes unanswered, when its last answer has grown too old."""
        now_s = time.monotonic()
        limit_s = standing.max_age_s or self._node.parameters.max_age_s
        if standing.trouble or now_s - standing.heard_s <= limit_s:
            return
        try:
            self._frame(standing.question(now_s))
        except Refused as refused:
            standing.resolve(standing, Outcome(error_code=refused.code, message=str(refused)))

    def _publish_list(self) -> None:
        message = StandingQuestionsMessage(
            questions=[standing.message() for standing in self._standing])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._list.publish(message)
