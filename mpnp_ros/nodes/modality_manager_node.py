# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Decide at run time which modalities the LLM node uses, and say why."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater
import numpy as np

from mpnp_ros.manager.configured import policy_from, settings_from
from mpnp_ros.manager.decider import Decider
from mpnp_ros.manager.policies.base import Plan
from mpnp_ros.manager.policy import EVERYTHING, StaticPolicy
from mpnp_ros.manager.power import PowerError, read_watts
from mpnp_ros.manager.report import Report
from mpnp_ros.manager.situation import AskedQuestion
from mpnp_ros.msg import (
    Answer, ModalityDecision, ModalityStatus, QuestionVector, StandingQuestions)
from mpnp_ros.nodes.decision_message import decision_message, said, write_cost
from mpnp_ros.nodes.managed import ManagedNode, run
from mpnp_ros.nodes.plan_service import PlanService
from mpnp_ros.nodes.qos import latched_qos, overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.srv import GetModalities, PlanModalities, SetModalities, SetPolicy
from mpnp_ros.suite.parameters import ManagerParameters

_TICK_S = 0.2
_POWER_PERIOD_S = 1.0
_LOG_PERIOD_S = 10.0
_SHOWN_S = 30.0   # for which a refused status shows in the diagnostics


class ModalityManagerNode(ManagedNode):
    """Keep the catalogue of modalities and publish the decision which of them are used."""

    Parameters = ManagerParameters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__('modality_manager', **kwargs)
        self._qos_watch = QosWatch(self)
        self._catalogue: dict[str, ModalityStatus] = {}
        self._decision = ModalityDecision()
        self._decider = Decider(StaticPolicy([EVERYTHING]), settings_from(self.parameters))
        self._modalities: list[str] = []
        self._publisher: Any = None
        self._problems: dict[str, str] = {}
        self._refused_s = -_SHOWN_S
        self.diagnostics.add('decision', self._diagnose_decision)
        self.diagnostics.add('budget', self._diagnose_budget)
        self.diagnostics.add('qos', self._qos_watch.diagnose)

    def _setup(self) -> None:
        self._modalities = [name for name in self.parameters.modalities if name]
        self._decider = Decider(
            policy_from(self.parameters, self.parameters.policy, self._modalities),
            settings_from(self.parameters))
        self._publisher = self.own(self.create_lifecycle_publisher(
            ModalityDecision, 'modality_decision', latched_qos(),
            event_callbacks=self._qos_watch.publisher('modality_decision'),
            qos_overriding_options=overridable()), self.destroy_lifecycle_publisher)

    def _start(self) -> None:
        self._catalogue.clear()
        self._problems.clear()
        self._decision = ModalityDecision()
        self._decider = Decider(self._decider.policy, settings_from(self.parameters))
        for kind, topic, callback, qos in (
            (ModalityStatus, 'modality_status', self._on_status, latched_qos(depth=64)),
            (StandingQuestions, 'standing_questions', self._on_standing, latched_qos()),
            (Answer, 'answers', self._on_answer, 10),
            (QuestionVector, 'question_vectors', self._on_vector, latched_qos(depth=64)),
        ):
            self.own(self.create_subscription(
                kind, topic, callback, qos, event_callbacks=self._qos_watch.subscription(topic),
                qos_overriding_options=overridable()), self.destroy_subscription)
        plan = PlanService(self._decider, self._decide_planned)
        services: tuple[tuple[Any, str, Any], ...] = (
            (SetModalities, 'set_modalities', self._on_set),
            (SetPolicy, 'set_policy', self._on_set_policy),
            (GetModalities, 'get_modalities', self._on_get),
            (PlanModalities, 'plan_modalities', plan.answer))
        for service, name, serve in services:
            self.own(self.create_service(service, name, serve), self.destroy_service)
        self.steady_timer(self._tick_s, self._on_tick)
        if self.parameters.power_file:
            self.steady_timer(_POWER_PERIOD_S, self._read_power)
        self._publish(self._decider.decide(time.monotonic()), 'startup')

    def _on_status(self, status: ModalityStatus) -> None:
        try:
            report = Report.of(status)
            self._decider.take_report(report, time.monotonic())
        except ValueError as error:
            self._refused_s = time.monotonic()
            self._problem('status', f'refused a status: {error}')
            return
        self._problem(report.modality, report.problem)
        self._catalogue[report.modality] = status
        self._decide('catalogue')

    def _on_standing(self, message: StandingQuestions) -> None:
        self._decider.asked.stand([AskedQuestion(one.question, tuple(one.modalities))
                                   for one in message.questions])
        self._decide('standing')

    def _on_answer(self, answer: Answer) -> None:
        self._decider.take_answer(answer, time.monotonic())
        self._decide('question')

    def _on_vector(self, message: QuestionVector) -> None:
        self._problem('question_vectors', self._decider.take_vector(
            message.question, np.array(message.vector, dtype=np.float32), message.llm,
            message.block))
        self._decide('question')

    def _on_tick(self) -> None:
        now_s = time.monotonic()
        if now_s - self._refused_s > _SHOWN_S:
            self._problem('status', '')
        before = self._decider.settings
        self._decider.settings = dataclasses.replace(
            settings_from(self.parameters), context=before.context)
        self._decider.pass_time(now_s, self._tick_s)
        trigger = 'question'   # one of which the time is over
        if any(context.due(now_s) for context in self._decider.contexts.values()):
            trigger = 'retry'
        if self._decider.settings != before:
            trigger = 'budget'
        for name, context in self._decider.contexts.items():
            status = self._catalogue[name]
            if not context.online and status.state != ModalityStatus.OFFLINE:
                status.state = ModalityStatus.OFFLINE
                status.message = f'no status for {now_s - context.heard_s:.1f} s'
                self.get_logger().warning(f'{name} is offline: {status.message}')
                trigger = 'catalogue'
        self._decide(trigger)

    @property
    def _tick_s(self) -> float:
        return float(min(_TICK_S, self.parameters.offline_after_s / 4.0))

    def _read_power(self) -> None:
        try:
            self._decider.take_power(read_watts(self.parameters.power_file))
            self._problem('power', '')
        except PowerError as error:
            self._problem('power', f'the power is not known: {error}')

    def _on_set(
        self, request: SetModalities.Request, response: SetModalities.Response
    ) -> SetModalities.Response:
        problem = self._problem_with(request.modalities)
        if problem:
            response.success, response.message = False, problem
        else:
            self._modalities = list(request.modalities)
            self._decider.policy = StaticPolicy(self._modalities)
            self._decide('set_modalities', always=True)
            response.success = True
            response.message = said(self._decider.plan)
        response.selected = self._decider.plan.selected
        return response

    def _on_set_policy(
        self, request: SetPolicy.Request, response: SetPolicy.Response
    ) -> SetPolicy.Response:
        try:
            self._decider.policy = policy_from(
                self.parameters, request.policy, self._modalities)
        except (ValueError, OSError) as error:
            response.success, response.message = False, str(error)
        else:
            self._decide('set_policy', always=True)
            response.success, response.message = True, said(self._decider.plan)
        response.selected = self._decider.plan.selected
        return response

    def _decide_planned(self) -> Plan:
        self._decide('plan_modalities')
        return self._decider.plan

    def _problem_with(self, modalities: list[str]) -> str:
        unknown = sorted(set(modalities) - set(self._catalogue) - {EVERYTHING, ''})
        if unknown:
            known = ', '.join(sorted(self._catalogue)) or 'none yet'
            return f'unknown modality {", ".join(unknown)}; known: {known}'
        try:
            StaticPolicy(modalities)
        except ValueError as error:
            return str(error)
        return ''

    def _on_get(
        self, _request: GetModalities.Request, response: GetModalities.Response
    ) -> GetModalities.Response:
        response.catalogue = [self._catalogue[name] for name in sorted(self._catalogue)]
        response.decision = self._decision
        return response

    def _decide(self, trigger: str, always: bool = False) -> None:
        plan = self._decider.decide(time.monotonic())
        # A trouble that comes and goes belongs on the status topic; the decision is repeated
        # only when it, or what is asked for, changes.
        verdict = [(choice.modality, choice.selected) for choice in plan.choices]
        if always or verdict != list(zip(self._decision.modalities, self._decision.selected)):
            self._publish(plan, trigger)
        else:
            write_cost(plan, self._decision)

    def _publish(self, plan: Plan, trigger: str) -> None:
        before = {name for name, used in zip(
            self._decision.modalities, self._decision.selected) if used}
        self._decision = decision_message(
            plan, self._decider.policy.name, trigger, self._decision.sequence + 1)
        self._decision.header.stamp = self.get_clock().now().to_msg()
        self._publisher.publish(self._decision)
        self.get_logger().info(
            f'decision {self._decision.sequence} ({trigger}): {said(plan, before)}')

    def _problem(self, what: str, problem: str) -> None:
        """Remember what is wrong with an input; '' where nothing is any more."""
        if problem:
            self._problems[what] = problem
            self.get_logger().warning(f'{what}: {problem}',
                                      throttle_duration_sec=_LOG_PERIOD_S)
        else:
            self._problems.pop(what, None)

    def _diagnose_decision(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        plan = self._decider.plan
        status.summary(DiagnosticStatus.OK, 'in use: ' + (', '.join(plan.selected) or 'none'))
        status.add('policy', self._decider.policy.name)
        for choice in plan.choices:
            status.add(choice.modality,
                       f'{"selected" if choice.selected else "left out"}: {choice.reason}')
        for question in self._decider.asked.at(time.monotonic()):
            status.add('counts', question.quoted())
        for name, known in sorted(self._catalogue.items()):
            if known.state in (ModalityStatus.ERROR, ModalityStatus.STALE,
                               ModalityStatus.OFFLINE):
                status.mergeSummary(DiagnosticStatus.WARN, f'{name}: {known.message}')
        for what, problem in sorted(self._problems.items()):
            status.mergeSummary(DiagnosticStatus.WARN, f'{what}: {problem}')
        return status

    def _diagnose_budget(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        status.summary(DiagnosticStatus.OK, 'within the budget')
        for name, words in self._decider.spending().items():
            status.add(name, words)
        if self.parameters.budget_watts and not self.parameters.power_file:
            status.mergeSummary(DiagnosticStatus.WARN, 'budget_watts has no effect: no '
                                'power_file tells the power of this board')
        return status


def main(args: list[str] | None = None) -> None:
    """Run the modality manager node."""
    run(ModalityManagerNode, args)


if __name__ == '__main__':
    main()
