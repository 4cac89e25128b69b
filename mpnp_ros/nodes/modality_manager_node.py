# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Decide at run time which modalities the LLM node uses, and say why."""

from __future__ import annotations

import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
import diagnostic_updater

from mpnp_ros.manager.policy import Choice, EVERYTHING, Offer, StaticPolicy
from mpnp_ros.msg import ModalityDecision, ModalityStatus
from mpnp_ros.nodes.managed import ManagedNode, run
from mpnp_ros.nodes.qos import latched_qos, overridable
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.srv import GetModalities, SetModalities
from mpnp_ros.suite.parameters import ManagerParameters


class ModalityManagerNode(ManagedNode):
    """Keep the catalogue of modalities and publish the decision which of them are used."""

    Parameters = ManagerParameters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__('modality_manager', **kwargs)
        self._qos_watch = QosWatch(self)
        self._catalogue: dict[str, ModalityStatus] = {}
        self._heard_s: dict[str, float] = {}
        self._decision = ModalityDecision()
        self._policy = StaticPolicy([EVERYTHING])
        self._publisher: Any = None
        self.diagnostics.add('decision', self._diagnose_decision)
        self.diagnostics.add('qos', self._qos_watch.diagnose)

    def _setup(self) -> None:
        self._policy = StaticPolicy([name for name in self.parameters.modalities if name])
        self._publisher = self.own(self.create_lifecycle_publisher(
            ModalityDecision, 'modality_decision', latched_qos(),
            event_callbacks=self._qos_watch.publisher('modality_decision'),
            qos_overriding_options=overridable()), self.destroy_lifecycle_publisher)

    def _start(self) -> None:
        self._catalogue.clear()
        self._heard_s.clear()
        self._decision = ModalityDecision()
        self.own(self.create_subscription(
            ModalityStatus, 'modality_status', self._on_status, latched_qos(depth=64),
            event_callbacks=self._qos_watch.subscription('modality_status'),
            qos_overriding_options=overridable()), self.destroy_subscription)
        self.own(self.create_service(
            SetModalities, 'set_modalities', self._on_set), self.destroy_service)
        self.own(self.create_service(
            GetModalities, 'get_modalities', self._on_get), self.destroy_service)
        self.steady_timer(self.parameters.offline_after_s / 4.0, self._look_for_silence)
        self._decide('startup')

    def _on_status(self, status: ModalityStatus) -> None:
        known = self._catalogue.get(status.modality)
        self._catalogue[status.modality] = status
        self._heard_s[status.modality] = time.monotonic()
        if known is None or self._offer(known) != self._offer(status):
            self._decide('catalogue')

    def _look_for_silence(self) -> None:
        latest_s = time.monotonic() - self.parameters.offline_after_s
        for modality, status in self._catalogue.items():
            if status.state != ModalityStatus.OFFLINE and self._heard_s[modality] < latest_s:
                status.state = ModalityStatus.OFFLINE
                status.message = (
                    f'no status for more than {self.parameters.offline_after_s:.1f} s')
                self.get_logger().warning(f'{modality} is offline: {status.message}')
                self._decide('catalogue')

    def _on_set(
        self, request: SetModalities.Request, response: SetModalities.Response
    ) -> SetModalities.Response:
        problem = self._problem_with(request.modalities)
        if problem:
            response.success, response.message = False, problem
        else:
            self._policy = StaticPolicy(request.modalities)
            self._decide('set_modalities')
            response.success = True
            response.message = '; '.join(
                f'{choice.modality} {"selected" if choice.selected else "left out"}: '
                f'{choice.reason}' for choice in self._choices) or 'no modality is known yet'
        response.selected = [choice.modality for choice in self._choices if choice.selected]
        return response

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

    def _decide(self, trigger: str) -> None:
        offers = {name: self._offer(status) for name, status in self._catalogue.items()}
        self._choices: list[Choice] = self._policy.decide(offers)
        # A trouble that comes and goes belongs on the status topic; the decision is repeated
        # only when it, or what is asked for, changes.
        verdict = [(choice.modality, choice.selected) for choice in self._choices]
        before = list(zip(self._decision.modalities, self._decision.selected))
        if trigger == 'catalogue' and verdict == before:
            return
        decision = ModalityDecision(
            sequence=self._decision.sequence + 1,
            policy=self._policy.name,
            trigger=trigger,
            modalities=[choice.modality for choice in self._choices],
            selected=[choice.selected for choice in self._choices],
            reasons=[choice.reason for choice in self._choices],
        )
        decision.header.stamp = self.get_clock().now().to_msg()
        self._decision = decision
        self._publisher.publish(decision)
        self.get_logger().info(f'decision {decision.sequence} ({trigger}): ' + ('; '.join(
            f'{choice.modality} {"selected" if choice.selected else "left out"}: {choice.reason}'
            for choice in self._choices) or 'no modality is known yet'))

    @staticmethod
    def _offer(status: ModalityStatus) -> Offer:
        troubled = status.state in (ModalityStatus.ERROR, ModalityStatus.STALE)
        return Offer(
            status.modality,
            online=status.state != ModalityStatus.OFFLINE,
            trouble=status.message if troubled else '')

    def _diagnose_decision(
        self, status: diagnostic_updater.DiagnosticStatusWrapper
    ) -> diagnostic_updater.DiagnosticStatusWrapper:
        decision = self._decision
        selected = [name for name, used in zip(decision.modalities, decision.selected) if used]
        status.summary(DiagnosticStatus.OK, 'in use: ' + (', '.join(selected) or 'none'))
        for name, used, reason in zip(decision.modalities, decision.selected, decision.reasons):
            status.add(name, f'{"selected" if used else "left out"}: {reason}')
        for name, known in sorted(self._catalogue.items()):
            if known.state in (ModalityStatus.ERROR, ModalityStatus.STALE,
                               ModalityStatus.OFFLINE):
                status.mergeSummary(DiagnosticStatus.WARN, f'{name}: {known.message}')
        return status


def main(args: list[str] | None = None) -> None:
    """Run the modality manager node."""
    run(ModalityManagerNode, args)


if __name__ == '__main__':
    main()
