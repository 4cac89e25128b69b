# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Answer questions with an LLM that sees the attached modalities in its last blocks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
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
from mpnp_ros.msg import Answer
from mpnp_ros.nodes.ask_server import AskServer
from mpnp_ros.nodes.attachments import Attachments
from mpnp_ros.nodes.managed import ManagedNode, run
from mpnp_ros.nodes.qos import overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.question import (
    age_of, check_request, Code, Outcome, outcome_of, Question, Refused)
from mpnp_ros.nodes.stamps import nanoseconds
from mpnp_ros.nodes.statistics import Recent
from mpnp_ros.nodes.worker import QueueFull, Worker
from mpnp_ros.srv import Query
from mpnp_ros.suite.loading import load_answerer
from mpnp_ros.suite.parameters import LlmParameters


@dataclass
class Pending:
    """A question in the queue and the future that its caller awaits."""

    question: Question
    future: Future


class LlmNode(ManagedNode):
    """Serve `query` and `ask`, publish `answers`, follow the manager's decisions.

    Callbacks only check, look up and queue; one worker thread owns the model.
    """

    Parameters = LlmParameters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__('llm', **kwargs)
        self._qos_watch = QosWatch(self)
        # Several queries wait at once, each in its own coroutine.
        self._query_group = ReentrantCallbackGroup()
        self._answerer: Answerer | None = None
        self._worker: Worker[Pending] | None = None
        self._attached: Attachments | None = None
        self._last_answers: OrderedDict[str, str] = OrderedDict()
        self._answered, self._refused = 0, 0
        self._core_ms, self._total_ms = Recent(), Recent()
        self._jumps = self.get_clock().create_jump_callback(
            JumpThreshold(
                min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True),
            post_callback=self._on_clock_jump)
        self.diagnostics.add('questions', self._diagnose_questions)
        self.diagnostics.add('modalities', self._diagnose_modalities)
        self.diagnostics.add('qos', self._qos_watch.diagnose)

    # -- life cycle -----------------------------------------------------------------------

    def _setup(self) -> None:
        given = self.parameters
        if given.threads:
            torch.set_num_threads(given.threads)
        began = time.perf_counter()
        self._answerer = load_answerer(given)
        llm, connectors = self._answerer.llm, self._answerer.connectors
        self._answerer.answer('Ready?', {}, max_new_tokens=1)  # the first pass is the slow one
        self.get_logger().info(
            f'{llm.id} ({given.dtype}, {torch.get_num_threads()} threads) with connectors for '
            f'{", ".join(connectors.modalities) or "nothing"}, '
            f'ready after {time.perf_counter() - began:.1f} s')
        self._attached = Attachments(self, connectors.check, self._qos_watch)
        self._answers = self.own(self.create_lifecycle_publisher(
            Answer, 'answers', 10, event_callbacks=self._qos_watch.publisher('answers'),
            qos_overriding_options=overridable()), self.destroy_lifecycle_publisher)
        on_query: Any = self._on_query  # rclpy runs coroutines, its type hints do not say so
        self.own(self.create_service(
            Query, 'query', on_query, callback_group=self._query_group), self.destroy_service)
        self.own(AskServer(self, self._ask, self.call_soon, self._query_group), AskServer.close)

    def _start(self) -> None:
        self._worker = Worker(
            self._answer, name='llm', on_error=self._on_answer_error,
            capacity=self.parameters.queue_size)
        assert self._attached is not None
        self._attached.open()

    def _stop(self) -> None:
        if self._attached is not None:
            self._attached.close()
        if self._worker is not None:
            worker, self._worker = self._worker, None
            for pending in worker.close():
                self._resolve(pending, Outcome(
                    error_code=Code.ERROR_INACTIVE, message='the LLM node was deactivated'))

    def _teardown(self) -> None:
        self._answerer = self._attached = None

    @property
    def _busy(self) -> bool:
        return self._worker is not None and self._worker.busy

    def _on_clock_jump(self, _jump: Any) -> None:
        if self._attached is not None:
            self._attached.forget_latents()

    # -- questions ------------------------------------------------------------------------

    async def _on_query(self, request: Query.Request, response: Query.Response) -> Query.Response:
        outcome: Outcome = await self._ask(request)
        return outcome.fill(response)

    async def _ask(
        self, request: Any, *, on_token: Callable[[str], None] | None = None,
        canceled: Callable[[], bool] = lambda: False,
    ) -> Outcome:
        arrived_s = time.monotonic()
        try:
            question = self._take_up(request, arrived_s)
            question.on_token, question.canceled = on_token, canceled
            outcome = await self._queue(question)
        except Refused as refused:
            outcome = Outcome(error_code=refused.code, message=str(refused))
            self.get_logger().warning(f'question refused: {refused}', throttle_duration_sec=1.0)
        outcome.timing.total_ms = (time.monotonic() - arrived_s) * 1e3
        self._publish(request.question, outcome)
        return outcome

    def _take_up(self, request: Any, arrived_s: float) -> Question:
        """Check a request and put the latents beside it; raises `Refused`."""
        given = self.parameters
        if self._worker is None or self._attached is None:
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
        held, note = self._attached.latents_for(
            request, now_ns, default_max_age_s=given.max_age_s,
            future_tolerance_s=given.future_tolerance_s)
        return Question(
            text=request.question, candidates=list(request.candidates), held=held,
            ages_s={modality: age_of(one, now_ns) for modality, one in held.items()},
            max_tokens=request.max_tokens or given.max_tokens,
            temperature=request.temperature, seed=request.seed,
            arrived_s=arrived_s, deadline_s=deadline_s, note=note)

    async def _queue(self, question: Question) -> Outcome:
        """Hand a question to the worker and wait for the outcome or the deadline."""
        assert self._worker is not None
        future: Future = Future(executor=self.executor)
        pending = Pending(question, future)
        try:
            self._worker.submit(pending)
        except QueueFull as full:
            raise Refused(Code.ERROR_BUSY, f'busy: {full} (parameter queue_size)') from full
        timer = self.create_timer(
            max(question.deadline_s - time.monotonic(), 0.001),
            lambda: self._resolve(pending, _late(question)), clock=self._steady,
            callback_group=self._query_group)
        try:
            outcome: Outcome = await future
        finally:
            self.destroy_timer(timer)
        return outcome

    # -- worker's thread ------------------------------------------------------------------

    def _answer(self, pending: Pending) -> None:
        question, answerer = pending.question, self._answerer
        assert answerer is not None
        began_s = time.monotonic()

        def should_stop() -> bool:
            return time.monotonic() > question.deadline_s or question.canceled()

        if should_stop():
            self._resolve(pending, _late(question))
            return
        result = answerer.answer(
            question.text,
            {modality: held.latents for modality, held in question.held.items()},
            candidates=question.candidates,
            max_new_tokens=question.max_tokens,
            temperature=question.temperature,
            seed=question.seed,
            system_prompt=self.parameters.system_prompt or None,
            should_stop=should_stop,
            on_token=question.on_token,
        )
        outcome = outcome_of(question, result, queue_ms=(began_s - question.arrived_s) * 1e3)
        if result.finish_reason == 'stopped':
            late = _late(question)
            outcome.success, outcome.error_code = False, late.error_code
            outcome.message = f'{late.message}; the text is what there was by then'
        self._resolve(pending, outcome)

    def _on_answer_error(self, pending: Pending, error: Exception) -> None:
        self.get_logger().error(''.join(traceback.format_exception(error)))
        self._resolve(pending, Outcome(
            error_code=Code.ERROR_INTERNAL,
            message=f'inference failed: {type(error).__name__}: {error}'))

    def _resolve(self, pending: Pending, outcome: Outcome) -> None:
        """Give the caller the outcome, unless it has one already; any thread may call."""
        def resolve() -> None:
            if not pending.future.done():
                pending.future.set_result(outcome)

        self.call_soon(resolve)

    # -- answers and diagnostics ----------------------------------------------------------

    def _publish(self, question: str, outcome: Outcome) -> None:
        if outcome.success:
            self._answered += 1
            self._core_ms.add(outcome.timing.core_ms)
            self._total_ms.add(outcome.timing.total_ms)
        else:
            self._refused += 1
        if not self.active:
            return
        message = outcome.fill(Answer())
        message.header.stamp = self.get_clock().now().to_msg()
        # A question of a megabyte was refused for its size; the topic need not carry it.
        message.question = question[:self.parameters.max_question_bytes]
        if outcome.success:
            message.changed = self._last_answers.get(question) not in (None, outcome.text)
            self._last_answers[question] = outcome.text
            self._last_answers.move_to_end(question)
            if len(self._last_answers) > 256:
                self._last_answers.popitem(last=False)
        self._answers.publish(message)

    def _diagnose_questions(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        status.summary(DiagnosticStatus.OK, f'{self._answered} answered')
        status.add('answered', str(self._answered))
        status.add('refused', str(self._refused))
        status.add('waiting', str(self._worker.waiting if self._worker is not None else 0))
        for name, recent in (('core', self._core_ms), ('total', self._total_ms)):
            status.add(f'{name} p50 (ms)', f'{recent.percentile(50):.1f}')
            status.add(f'{name} p95 (ms)', f'{recent.percentile(95):.1f}')
        return status

    def _diagnose_modalities(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        if self._attached is None:
            status.summary(DiagnosticStatus.OK, 'not configured')
            return status
        return self._attached.diagnose(status)


def _late(question: Question) -> Outcome:
    if question.canceled():
        return Outcome(error_code=Code.ERROR_CANCELED, message='the question was cancelled')
    waited_s = time.monotonic() - question.arrived_s
    return Outcome(error_code=Code.ERROR_DEADLINE,
                   message=f'the deadline passed after {waited_s:.3f} s')


def main(args: list[str] | None = None) -> None:
    """Run the LLM node."""
    run(LlmNode, args)


if __name__ == '__main__':
    main()
