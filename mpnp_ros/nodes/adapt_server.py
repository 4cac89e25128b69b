# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The action `adapt` and the service `restore_connectors`."""

from __future__ import annotations

from contextlib import ExitStack
import math
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater
from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import CallbackGroup
from rclpy.task import Future
from std_srvs.srv import Trigger

from mpnp_ros.action import Adapt
from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.nodes.connectors_in_use import ConnectorsInUse
from mpnp_ros.nodes.managed import ManagedNode
from mpnp_ros.training.adaptation.process import AdaptationProcess, Event
from mpnp_ros.training.adaptation.request import (
    AdaptationCode,
    AdaptationError,
    AdaptationRequest,
)

_OF_THE_LLM = ('model', 'dtype', 'device', 'system_prompt', 'max_age_s', 'future_tolerance_s',
               'max_tokens')


class AdaptServer:
    """Serve one adaptation at a time, in a process of its own, while questions are answered.

    As with `ask`, a goal that cannot be done is taken and ends as aborted, with a code and a
    sentence: a rejected goal could not say why.
    """

    def __init__(self, node: ManagedNode, in_use: ConnectorsInUse, group: CallbackGroup) -> None:
        self._node, self._in_use = node, in_use
        self._process: AdaptationProcess | None = None
        self._goal: ServerGoalHandle | None = None
        self._progress: Event | None = None
        self._exchanging = False
        self._told, self._failed = 'none so far', False
        node.own(ActionServer(
            node, Adapt, 'adapt', self._execute, callback_group=group,
            cancel_callback=self._on_cancel), ActionServer.destroy)
        on_restore: Any = self._on_restore   # rclpy runs coroutines, its hints do not say so
        node.own(node.create_service(
            Trigger, 'restore_connectors', on_restore, callback_group=group),
            node.destroy_service)

    def stop(self) -> None:
        """End what is going on; what was learned so far is lost, the connectors stay."""
        if self._process is not None:
            self._process.stop(AdaptationCode.INACTIVE, 'the LLM node was deactivated')

    def join(self, timeout_s: float) -> None:
        """Wait for the end of what `stop` has ended."""
        if self._process is not None:
            self._process.join(timeout_s)

    def diagnose(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        """Report what goes on and how the last adaptation ended."""
        level = DiagnosticStatus.WARN if self._failed else DiagnosticStatus.OK
        status.summary(level, f'last: {self._told}')
        if self._process is not None:
            told = self._progress or {}
            status.summary(DiagnosticStatus.OK, 'learning: ' + (
                f'step {told["step"]} of {told["steps"]}' if told.get('step') else 'begun'))
        status.add('connectors', str(self._in_use.folder or 'none'))
        return status

    # -- adapt ----------------------------------------------------------------------------

    def _on_cancel(self, goal: ServerGoalHandle) -> CancelResponse:
        if self._process is not None and self._goal is not None and (
                bytes(goal.goal_id.uuid) == bytes(self._goal.goal_id.uuid)):
            self._process.stop(
                AdaptationCode.CANCELED, 'cancelled; the connectors are the old ones')
        return CancelResponse.ACCEPT

    async def _execute(self, goal: ServerGoalHandle) -> Adapt.Result:
        ended: Future = Future(executor=self._node.executor)
        with ExitStack() as alone:
            try:
                self._begin(goal, ended, alone)
            except AdaptationError as error:
                last: Event = _failed(error.code, str(error))
            else:
                last = await ended
                self._process = self._goal = self._progress = None
        result = self._result(last)
        if result.success:
            self._node.get_logger().info(f'adaptation: {result.message}')
        else:
            self._node.get_logger().warning(f'adaptation: {result.message}')
        self._told, self._failed = result.message, not result.success
        if result.success:
            goal.succeed()
        elif result.error_code == Adapt.Result.ERROR_CANCELED:
            goal.canceled()
        else:
            goal.abort()
        return result

    def _begin(self, goal: ServerGoalHandle, ended: Future, alone: ExitStack) -> None:
        """Start to learn; raises AdaptationError where that is refused."""
        if goal.is_cancel_requested:
            raise AdaptationError(AdaptationCode.CANCELED, 'cancelled before it began')
        if not self._node.active:
            raise AdaptationError(AdaptationCode.INACTIVE, 'the LLM node is not active')
        if self._process is not None or self._exchanging:
            raise AdaptationError(AdaptationCode.BUSY, 'another adaptation is going on: wait for '
                                  'it or cancel it')
        request = self._request(goal.request)
        request.check()
        alone.enter_context(self._in_use.adapted.alone())
        self._told, self._failed = 'none so far', False
        try:
            self._process = AdaptationProcess(
                request, self._on_progress, lambda last: self._on_end(last, ended))
        except OSError as error:
            raise AdaptationError(AdaptationCode.PROCESS, 'the process that learns cannot be '
                                  f'started: {error}') from error
        self._goal = goal

    def _request(self, goal: Adapt.Goal) -> AdaptationRequest:
        given, adapted = self._node.parameters, self._in_use.adapted
        return AdaptationRequest(
            data=goal.data, modalities=list(goal.modalities),
            held_out_share=goal.held_out_share, max_seconds=goal.max_seconds,
            max_flops=goal.max_flops, max_bytes=goal.max_bytes, max_steps=goal.max_steps,
            seed=goal.seed, suite=given.adapt_suite, threads=given.adapt_threads,
            start=str(self._in_use.folder or ''), out=str(adapted.next_set()),
            tokens=str(adapted.tokens), llm={name: getattr(given, name) for name in _OF_THE_LLM})

    def _on_progress(self, told: Event) -> None:
        """Take in what the process tells, on the thread that listens to it."""
        self._progress = {**(self._progress or {}), **told}
        self._node.call_soon(self._publish)

    def _publish(self) -> None:
        told, goal = self._progress, self._goal
        if told is None or goal is None or not goal.is_active:
            return
        goal.publish_feedback(Adapt.Feedback(
            phase=told.get('phase', ''), step=told.get('step', 0), steps=told.get('steps', 0),
            **{name: told.get(name, math.nan)
               for name in ('loss', 'accuracy', 'seconds_left')}))

    def _on_end(self, last: Event, ended: Future) -> None:
        """Take up what was learned, on the thread that listens to the process."""
        def finish(final: Event) -> None:
            self._node.call_soon(ended.set_result, final)

        if not last.get('connectors'):
            finish(last)
            return
        before = self._in_use.folder

        def done(error: Exception | None) -> None:
            if error is not None:
                code = (AdaptationCode.DISK if isinstance(error, OSError)
                        else AdaptationCode.INTERNAL)
                finish(_failed(code, 'the new connectors were learned but cannot be taken up: '
                               f'{error}; the old ones stay'))
                return
            finish({**last, 'restore': str(before or '')})

        try:
            self._in_use.exchange(Path(last['connectors']), done)
        except ConnectorMismatch as error:
            finish(_failed(AdaptationCode.CONNECTORS, f'{error}; the old ones stay'))

    def _result(self, last: Event) -> Adapt.Result:
        if last['event'] == 'failed':
            return Adapt.Result(error_code=last['code'], message=last['message'])
        taken = 'restore' in last
        message = (
            f'{", ".join(last["learned"])}: accuracy {last["before"]:.3f} before, '
            f'{last["after"]:.3f} after on {last["questions"]} questions held out '
            f'({last["low"]:+.3f} to {last["high"]:+.3f}), {last["steps"]} steps in '
            f'{last["seconds"]:.1f} s{_best(last)}: '
            + ('the new connectors are in use' if taken else 'the old connectors stay'))
        if last['problems']:
            message += f'. Of the data: {last["problems"]}'
        return Adapt.Result(
            success=True, message=message, accuracy_before=last['before'],
            accuracy_after=last['after'], difference_low=last['low'],
            difference_high=last['high'], questions=last['questions'], steps=last['steps'],
            seconds=last['seconds'], flops=float(last['flops']), taken_over=taken,
            connectors=last['connectors'], restore=last.get('restore', ''))

    # -- restore_connectors ---------------------------------------------------------------

    async def _on_restore(
        self, _request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        if self._process is not None or self._exchanging:
            response.message = 'an adaptation is going on: wait for it or cancel it'
            return response
        ended: Future = Future(executor=self._node.executor)
        self._exchanging = True
        try:
            before = self._in_use.before()
            self._in_use.exchange(
                before, lambda error: self._node.call_soon(ended.set_result, error))
            error = await ended
            if error is not None:
                response.message = f'the connectors cannot be taken up: {error}'
                return response
        except (AdaptationError, ConnectorMismatch) as error:
            response.message = str(error)
            return response
        finally:
            self._exchanging = False
        response.success = True
        response.message = f'in use again: {before or "no connectors"}'
        return response


def _best(last: Event) -> str:
    return '' if last['best_step'] == last['steps'] else f', best after {last["best_step"]}'


def _failed(code: AdaptationCode, message: str) -> Event:
    return {'event': 'failed', 'code': int(code), 'message': message}
