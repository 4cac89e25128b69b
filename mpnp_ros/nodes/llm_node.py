# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Answer questions with an LLM that sees the attached modalities in its last blocks."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable
import time
import traceback
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import JumpThreshold
from rclpy.duration import Duration
from rclpy.task import Future
import torch

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.state_cache import StateMemory
from mpnp_ros.nodes.adapt_server import AdaptServer
from mpnp_ros.nodes.answer_topic import AnswerTopic
from mpnp_ros.nodes.answering import Answering, failed
from mpnp_ros.nodes.ask_server import AskServer
from mpnp_ros.nodes.attachments import Attachments
from mpnp_ros.nodes.connectors_in_use import ConnectorsInUse
from mpnp_ros.nodes.inference_thread import InferenceThread
from mpnp_ros.nodes.latent_bus import LatentBus
from mpnp_ros.nodes.managed import ManagedNode, run
from mpnp_ros.nodes.qos import questions_qos
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.question import check_request, Code, Outcome, Question, Refused
from mpnp_ros.nodes.question_queue import QuestionQueue, QueueFull
from mpnp_ros.nodes.stamps import nanoseconds
from mpnp_ros.nodes.standing_question import StandingQuestion
from mpnp_ros.nodes.standing_questions import StandingQuestions
from mpnp_ros.nodes.watch_server import WatchServer
from mpnp_ros.srv import Query
from mpnp_ros.suite.loading import load_answerer
from mpnp_ros.suite.parameters import LlmParameters

MIB = 2 ** 20
JOIN_S = 10.0   # a pass through the model cannot be interrupted


class LlmNode(ManagedNode):
    """Serve `query`, `ask` and `watch`, publish `answers`, follow the manager's decisions.

    Callbacks only check, look up and queue; one thread owns the model from configuration to
    clean-up.
    """

    Parameters = LlmParameters

    def __init__(self, *, bus: LatentBus | None = None, **kwargs: Any) -> None:
        super().__init__('llm', **kwargs)
        self._bus = bus
        self._qos_watch = QosWatch(self)
        # Several queries wait at once, each in its own coroutine.
        self._query_group = ReentrantCallbackGroup()
        self._forget_questions()
        self._outcomes: collections.deque[Callable[[], None]] = collections.deque()
        self._topic = AnswerTopic(self, self._qos_watch)
        self._answerer: Answerer | None = None
        self._states: StateMemory | None = None
        self._attached: Attachments | None = None
        self._answering: Answering | None = None
        self._thread: InferenceThread[list[Question]] | None = None
        self._watch_server: WatchServer | None = None
        self._adapt_server: AdaptServer | None = None
        self._jumps = self.get_clock().create_jump_callback(
            JumpThreshold(
                min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True),
            post_callback=self._on_clock_jump)
        self.diagnostics.add('questions', self._diagnose_questions)
        self.diagnostics.add('standing questions', self._diagnose_standing)
        self.diagnostics.add('kept states', self._diagnose_states)
        self.diagnostics.add('modalities', self._diagnose_modalities)
        self.diagnostics.add('adaptation', self._diagnose_adaptation)
        self.diagnostics.add('qos', self._qos_watch.diagnose)

    # -- life cycle -----------------------------------------------------------------------

    def _setup(self) -> None:
        given = self.parameters
        if given.threads:
            torch.set_num_threads(given.threads)
        began = time.perf_counter()
        answerer = self._answerer = load_answerer(given)
        llm = answerer.llm
        self._states = StateMemory(given.state_cache_mb * MIB)
        in_use = ConnectorsInUse(answerer, self._queue, self._states, given, self.get_logger())
        answerer.keep_states(self._states)
        answerer.answer('Ready?', {}, max_new_tokens=1)  # the first pass is the slow one
        self.get_logger().info(
            f'{llm.id} ({given.dtype}, {torch.get_num_threads()} threads) with connectors for '
            f'{", ".join(answerer.connectors.modalities) or "nothing"}, '
            f'ready after {time.perf_counter() - began:.1f} s')
        self._attached = Attachments(
            self, answerer.check, self._qos_watch, self._standing.on_latents, self._bus)
        self._answering = Answering(
            answerer, self._attached, self._queue,
            lambda: self.get_clock().now().nanoseconds, lambda: self.parameters,
            lambda text, vector: self.call_soon(
                self._topic.publish_vector, text, vector, llm.id,
                llm.num_blocks - answerer.connectors.connected_blocks))
        self._thread = InferenceThread(
            self._queue.take, self._answering.answer, name='llm', on_error=self._on_error)
        self._topic.open()
        on_query: Any = self._on_query  # rclpy runs coroutines, its type hints do not say so
        self.own(self.create_service(
            Query, 'query', on_query, qos_profile=questions_qos(),
            callback_group=self._query_group), self.destroy_service)
        self.own(AskServer(self, self._ask, self.call_soon, self._query_group), AskServer.close)
        self._watch_server = WatchServer(
            self, self._standing, self._qos_watch, self._answering.frame,
            self._attached.missing, self._query_group)
        self._adapt_server = AdaptServer(self, in_use, self._query_group)

    def _start(self) -> None:
        assert self._attached is not None
        self._queue.open()
        self._attached.open()
        self._standing.wake()

    def _stop(self) -> None:
        # Not waited for: what is in work stops at its next token, and its outcome is known here.
        for question in self._queue.shut():
            if not question.standing:
                question.resolve(Outcome(
                    error_code=Code.ERROR_INACTIVE, message='the LLM node was deactivated'))
        if self._attached is not None:
            self._attached.close()
        if self._adapt_server is not None:
            self._adapt_server.stop()

    def _teardown(self) -> None:
        if self._adapt_server is not None:
            self._adapt_server.join(JOIN_S)
        self._queue.end()
        if self._thread is not None:
            self._thread.join(JOIN_S)
        self._forget_questions()
        self._answerer = self._states = self._attached = self._answering = self._thread = None
        self._watch_server = self._adapt_server = None

    def _forget_questions(self) -> None:
        given = self.parameters
        self._queue = QuestionQueue(given.queue_size, given.max_batch)
        self._standing = StandingQuestions(
            self._queue, lambda: self.parameters, self._resolve_standing)

    @property
    def _busy(self) -> bool:
        return self._thread is not None and self._thread.busy

    def _on_clock_jump(self, _jump: Any) -> None:
        if self._attached is not None:
            self._attached.forget_latents()

    # -- questions asked once -------------------------------------------------------------

    async def _on_query(self, request: Query.Request, response: Query.Response) -> Query.Response:
        outcome: Outcome = await self._ask(request)
        return outcome.fill(response)

    async def _ask(
        self, request: Any, *, on_token: Callable[[str, int], None] | None = None,
        canceled: Callable[[], bool] = lambda: False,
    ) -> Outcome:
        arrived_s = time.monotonic()
        future: Future = Future(executor=self.executor)

        def publish(outcome: Outcome) -> None:
            outcome.timing.total_ms = (time.monotonic() - arrived_s) * 1e3
            self._topic.publish(request.question, self._known(request.modalities), outcome)

        def take(outcome: Outcome) -> None:
            if not future.done():
                publish(outcome)
                future.set_result(outcome)

        try:
            question = self._take_up(
                request, arrived_s, lambda outcome: self._in_order(lambda: take(outcome)))
            question.on_token, question.canceled = on_token, canceled
            outcome = await self._wait_for(question, future)
        except Refused as refused:
            outcome = Outcome(error_code=refused.code, message=str(refused))
            self.get_logger().warning(f'question refused: {refused}', throttle_duration_sec=1.0)
            publish(outcome)
        return outcome

    def _known(self, modalities: Iterable[str]) -> list[str]:
        return [] if self._attached is None else self._attached.known(modalities)

    def _take_up(
        self, request: Any, arrived_s: float, resolve: Callable[[Outcome], None]
    ) -> Question:
        """Check a request as far as it can be; raises `Refused`."""
        given = self.parameters
        if not self.active or self._answering is None:
            raise Refused(Code.ERROR_INACTIVE, 'the LLM node is not active')
        check_request(request, given)
        now_ns = self.get_clock().now().nanoseconds
        deadline_s = arrived_s + given.default_deadline_s
        deadline_ns = nanoseconds(request.deadline)
        if deadline_ns:
            if deadline_ns <= now_ns:
                raise Refused(Code.ERROR_DEADLINE, 'the deadline had passed '
                              f'{(now_ns - deadline_ns) / 1e9:.3f} s before the question came')
            deadline_s = arrived_s + (deadline_ns - now_ns) / 1e9
        question = Question(
            text=request.question, candidates=tuple(request.candidates),
            modalities=tuple(request.modalities), text_only=request.text_only,
            max_age_s=request.max_age_s, max_tokens=request.max_tokens or given.max_tokens,
            temperature=request.temperature, seed=request.seed,
            arrived_s=arrived_s, deadline_s=deadline_s, resolve=resolve)
        self._answering.frame(question)    # refuses at once what names a modality in vain
        return question

    async def _wait_for(self, question: Question, future: Future) -> Outcome:
        """Hand a question to the model and wait for the outcome or the deadline."""
        try:
            self._queue.ask(question)
        except QueueFull as full:
            raise Refused(Code.ERROR_BUSY, f'busy: {full} (parameter queue_size)') from full

        def give_up() -> None:
            over = question.over()
            if over is not None:
                question.resolve(over)

        # In a group of its own: a group keeps a reference to every entity it ever had.
        timer = self.create_timer(
            max(question.deadline_s - time.monotonic(), 0.001) + 0.001, give_up,
            clock=self._steady, callback_group=ReentrantCallbackGroup())
        try:
            outcome: Outcome = await future
        finally:
            self.destroy_timer(timer)
        return outcome

    def _on_error(self, questions: list[Question], error: Exception) -> None:
        self.get_logger().error(
            ''.join(traceback.format_exception(error)), throttle_duration_sec=1.0)
        for question in questions:
            question.resolve(failed(error))

    # -- standing questions ---------------------------------------------------------------

    def _resolve_standing(self, standing: StandingQuestion, outcome: Outcome) -> None:
        self._in_order(lambda: self._take_standing(standing, outcome))

    def _take_standing(self, standing: StandingQuestion, outcome: Outcome) -> None:
        if standing not in self._standing:
            return                         # dropped while it was in work
        if outcome.error_code == Code.ERROR_BUSY:
            standing.leave_out()
            self._queue.mark_due([standing])
        else:
            self._topic.publish_standing(standing, self._known(standing.modalities), outcome)

    def _in_order(self, take: Callable[[], None]) -> None:
        """Have the executor take an outcome, after those that came before it."""
        # Tasks of the executor do not keep their order, hence one queue for the outcomes.
        self._outcomes.append(take)
        self.call_soon(self._take_outcomes)

    def _take_outcomes(self) -> None:
        while self._outcomes:
            self._outcomes.popleft()()

    # -- diagnostics ----------------------------------------------------------------------

    def _diagnose_questions(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        return self._topic.diagnose(status, self._queue.waiting)

    def _diagnose_standing(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        if self._watch_server is None:
            status.summary(DiagnosticStatus.OK, 'not configured')
            return status
        return self._watch_server.diagnose(status)

    def _diagnose_states(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        states = self._states
        if states is None:
            status.summary(DiagnosticStatus.OK, 'not configured')
            return status
        status.summary(DiagnosticStatus.OK, f'{states.used_bytes / MIB:.1f} MiB in '
                       f'{len(states)} texts')
        status.add('capacity (MiB)', f'{states.capacity_bytes / MIB:.1f}')
        for name in ('used_bytes', 'hits', 'misses', 'dropped'):
            status.add(name.replace('_', ' '), str(getattr(states, name)))
        return status

    def _diagnose_modalities(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        if self._attached is None:
            status.summary(DiagnosticStatus.OK, 'not configured')
            return status
        return self._attached.diagnose(status)

    def _diagnose_adaptation(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        if self._adapt_server is None:
            status.summary(DiagnosticStatus.OK, 'not configured')
            return status
        return self._adapt_server.diagnose(status)


def main(args: list[str] | None = None) -> None:
    """Run the LLM node."""
    run(LlmNode, args)


if __name__ == '__main__':
    main()
