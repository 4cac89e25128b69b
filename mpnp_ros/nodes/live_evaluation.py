# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Ask a bag's questions of the running suite, and write down answers, ages and latencies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
import time
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from mpnp_ros.evaluation.offline.moment_plan import PlannedMoment
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.record import AnswerTiming, Record, same_answer, Use, Verdict
from mpnp_ros.msg import LatentTokens, ModalityDecision, ModalityStatus
from mpnp_ros.nodes.qos import latched_qos, latents_qos
from mpnp_ros.nodes.stamps import nanoseconds, stamp_from
from mpnp_ros.nodes.visitor import VisitFailed, Visitor
from mpnp_ros.srv import PlayUntil, Query, Seek

SERVICES = {'query': Query, 'replay/play_until': PlayUntil, 'replay/seek': Seek}
_ARRIVAL_S = 5.0     # that latents of a held moment may take to come
_ATTEMPTS = 6        # at the beginning of a bag
Progress = Callable[[int, int], None]
_TIMES = ('fuse_ms', 'prefill_ms', 'decode_ms', 'score_ms', 'core_ms', 'queue_ms', 'total_ms')


@dataclass
class Traffic:
    """What came on one modality's latents topic; arrivals are monotonic seconds."""

    messages: int = 0
    payload_bytes: int = 0
    stamp_ns: int = 0
    arrivals_s: list[float] = field(default_factory=list)
    status: dict[str, float] = field(default_factory=dict)

    def forget(self) -> None:
        """Begin to count anew."""
        self.messages = self.payload_bytes = self.stamp_ns = 0
        self.arrivals_s.clear()


@dataclass
class _Asked:
    question: AskedQuestion
    sent_s: float
    future: Any


class LiveEvaluation(Visitor):
    """Play to each question, ask it through the service and keep what came back.

    `hold`: the replay stands still at every moment until the latents that belong to it have
    arrived and all its questions are answered, so that the answers are those of an offline run.
    `flow`: the replay runs on; questions go out when their time has come, at most `in_flight` at
    once, and see what has arrived by then.
    """

    def __init__(self, node: Node, executor: SingleThreadedExecutor, *, timeout_s: float,
                 bag: str, in_flight: int) -> None:
        super().__init__(node, executor, timeout_s, SERVICES)
        self._bag, self._in_flight = bag, in_flight
        self.traffic: dict[str, Traffic] = {}
        self.records: list[Record] = []
        self.timings: list[AnswerTiming] = []
        self.unmatched = 0
        """Answers in `hold` that were made without the latents that belong to the moment."""
        self._decision: tuple[Verdict, ...] = ()
        node.create_subscription(
            ModalityDecision, 'modality_decision', self._on_decision, latched_qos())
        node.create_subscription(
            ModalityStatus, 'modality_status', self._on_status, latched_qos(depth=64))

    def wait_for_suite(self, modalities: Sequence[str]) -> None:
        """Wait until the manager has decided about all of the modalities."""
        self.wait_for_services()
        self.until(lambda: set(modalities) <= {one.modality for one in self._decision},
                   f'a decision about {", ".join(modalities)}')
        # What the LLM node uses is listened to as well: its arrival times, sizes and stamps.
        for verdict in self._decision:
            if verdict.selected:
                self._listen(verdict.modality)

    def begin(self, start_ns: int, moment: PlannedMoment) -> None:
        """Play the bag's beginning until its latents come through, then go back to its start.

        Middleware finds its partners in its own time: what is published before that is lost. And
        whatever the LLM node gets before it has seen the clock go back, it forgets.
        """
        asked_ns, questions, expected = moment
        for _ in range(_ATTEMPTS):
            self._play_until(asked_ns)
            arrived = self._latents_arrive(expected)
            if arrived:
                self._ask_until_matched(questions[0], expected)
            reply = self.call('replay/seek', Seek.Request(time=stamp_from(start_ns)))
            if not reply.success:
                raise VisitFailed(f'the replay cannot go back to its start: {reply.message}')
            for seen in self.traffic.values():
                seen.forget()
            if arrived:
                self._ask_until(questions[0], lambda reply: not reply.modalities)
                return
        raise VisitFailed(
            f'no latents of {", ".join(sorted(expected))} came in {_ATTEMPTS} attempts; the '
            "encoders' status says why: ros2 topic echo /mpnp/modality_status")

    def hold(self, moments: Sequence[PlannedMoment], progress: Progress) -> None:
        """Ask at each moment (time to ask at, questions, stamp of each modality's latents)."""
        for index, (asked_ns, questions, expected) in enumerate(moments):
            self._play_until(asked_ns)
            if not self._latents_arrive(expected):
                self.unmatched += 1   # lost on the way: asked all the same, and told at the end
            for question in questions:
                self._take(self._ask_until_matched(question, expected))
            progress(index + 1, len(moments))

    def flow(self, moments: Sequence[PlannedMoment], progress: Progress) -> None:
        """Ask when the time of each moment has come, while the replay runs on."""
        waiting = [(asked_ns, question)
                   for asked_ns, questions, _ in moments for question in questions]
        total = len(waiting)
        # Past the last question the clock runs on, so that its answer is not cut off.
        end = stamp_from(moments[-1][0] + round(_ARRIVAL_S * 1e9))
        playing = self.clients['replay/play_until'].call_async(PlayUntil.Request(time=end))
        busy: list[_Asked] = []
        while waiting or busy:
            self.work()
            for asked in [one for one in busy if one.future.done()]:
                busy.remove(asked)
                self._take(asked)
                progress(total - len(waiting) - len(busy), total)
            while waiting and len(busy) < self._in_flight and self._due(waiting[0][0], playing):
                busy.append(self._send(waiting.pop(0)[1]))

    def _due(self, asked_ns: int, playing: Any) -> bool:
        """Tell whether the time to ask has come; after the end of the bag it has for all."""
        return bool(self.bag_ns >= asked_ns or playing.done())

    def _play_until(self, ns: int) -> None:
        reply = self.call('replay/play_until', PlayUntil.Request(time=stamp_from(ns)), 3600.0)
        if not reply.success:
            raise VisitFailed(f'the replay cannot play to {ns} ns: {reply.message}')

    def _latents_arrive(self, expected: Mapping[str, int]) -> bool:
        def arrived() -> bool:
            return all(self.traffic[name].stamp_ns >= stamp_ns
                       for name, stamp_ns in expected.items() if name in self.traffic)

        try:
            self.until(arrived, 'the latents of the moment', _ARRIVAL_S)
        except VisitFailed:
            return False
        return True

    def _ask_until_matched(self, question: AskedQuestion, expected: Mapping[str, int]) -> _Asked:
        """Ask until the LLM node has taken up what we saw arrive; it may do so after us."""
        def matched(reply: Any) -> bool:
            used = {use.modality: nanoseconds(use.stamp) for use in reply.modalities}
            return not reply.success or all(
                used[name] >= expected.get(name, 0) for name in used) and bool(
                question.modalities or used.keys() >= expected.keys() & self.traffic.keys())

        return self._ask_until(question, matched)

    def _ask_until(self, question: AskedQuestion, done: Callable[[Any], bool]) -> _Asked:
        """Ask until a reply will do, and return the last one that there was time for."""
        for _ in range(20):
            asked = self._send(question)
            self.until(asked.future.done, 'an answer')
            if done(asked.future.result()):
                break
        return asked

    def _send(self, question: AskedQuestion) -> _Asked:
        return _Asked(question, time.monotonic(), self.clients['query'].call_async(Query.Request(
            question=question.text, candidates=list(question.candidates),
            modalities=list(question.modalities))))

    def _take(self, asked: _Asked) -> None:
        round_trip_ms = (time.monotonic() - asked.sent_s) * 1e3
        reply, question = asked.future.result(), asked.question
        expected = question.answer
        self.records.append(Record(
            id=question.id, bag=self._bag, scene=question.scene or self._bag,
            stamp_ns=question.stamp_ns, question=question.text, expected=expected,
            answer=reply.text if reply.success else '',
            right=None if expected is None
            else bool(reply.success) and same_answer(reply.text, expected),
            type=question.type, hop=question.hop, condition=question.condition,
            candidates=question.candidates,
            scores=tuple(round(float(score), 6) for score in reply.scores),
            refusal='' if reply.success else reply.message,
            note=reply.message if reply.success else '',
            modalities=tuple(Use(
                use.modality, use.encoder_id, nanoseconds(use.stamp), round(float(use.age_s), 6),
                int(use.tokens), self._payload_bytes(use.modality),
                tuple(round(float(gate), 6) for gate in use.gates))
                for use in sorted(reply.modalities, key=lambda use: use.modality)),
            decision=self._decision))
        self.timings.append(AnswerTiming(
            question.id, round_trip_ms=round_trip_ms,
            ages_s={use.modality: float(use.age_s) for use in reply.modalities},
            **_times(reply.timing)))

    def _payload_bytes(self, modality: str) -> int:
        seen = self.traffic.get(modality)
        return seen.payload_bytes // seen.messages if seen is not None and seen.messages else 0

    def _listen(self, modality: str) -> None:
        seen = self.traffic.setdefault(modality, Traffic())

        def take(message: LatentTokens) -> None:
            seen.messages += 1
            seen.payload_bytes += len(message.data)
            seen.stamp_ns = nanoseconds(message.header.stamp)
            seen.arrivals_s.append(time.monotonic())

        self.node.create_subscription(LatentTokens, f'latents/{modality}', take, latents_qos())

    def _on_decision(self, message: ModalityDecision) -> None:
        self._decision = tuple(
            Verdict(modality, bool(selected), reason) for modality, selected, reason in
            zip(message.modalities, message.selected, message.reasons))

    def _on_status(self, message: ModalityStatus) -> None:
        seen = self.traffic.setdefault(message.modality, Traffic())
        seen.status = {
            'received': float(message.received), 'published': float(message.published),
            'dropped': float(message.dropped), 'refused': float(message.refused)}


def _times(timing: Any) -> dict[str, Any]:
    return {name: float(getattr(timing, name)) for name in _TIMES}
