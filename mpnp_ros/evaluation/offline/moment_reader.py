# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read a bag in order and stop at each moment that is asked about, as the running suite would."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
import dataclasses
from dataclasses import dataclass
import itertools
import time
from typing import Any

import numpy as np

from mpnp_ros.core.flop_counter import count_encode_flops
from mpnp_ros.core.latents import Latents, unpack
from mpnp_ros.core.transforms import TransformTree
from mpnp_ros.encoders.base import Encoder
from mpnp_ros.evaluation.bags.bag import Bag, BagMessage, MessageError
from mpnp_ros.evaluation.offline.encoder_report import report_of
from mpnp_ros.evaluation.offline.latent_stream import LatentStream
from mpnp_ros.evaluation.offline.moment import Available, by_moment, Moment
from mpnp_ros.evaluation.offline.sensor_stream import ReadingSet, SensorStream
from mpnp_ros.evaluation.problem import Problem, Problems
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.record import Verdict
from mpnp_ros.manager.policy import Offer, Policy
from mpnp_ros.manager.report import Report, State, STATUS_TYPE
from mpnp_ros.suite.configuration import SuiteConfiguration
from mpnp_ros.suite.freshness import Held
from mpnp_ros.suite.latents_fields import LATENTS_TYPE
from mpnp_ros.suite.reading_set import encode_set, EncodedSet
from mpnp_ros.suite.stamp import NS, seconds_between
from mpnp_ros.suite.view_geometry import take_transforms

STATIC_TRANSFORMS = '/tf_static'


@dataclass(frozen=True)
class Encoded:
    """How far encoding has come by a moment, for a run that goes on behind it.

    :ivar sets: number of the set that was encoded last, by modality; its latents are those that
        the moment has of it.
    :ivar refusals: what was wrong with the newest input, by modality.
    :ivar problems: what could not be encoded up to there.
    """

    sets: dict[str, int]
    refusals: dict[str, str]
    problems: tuple[Problem, ...]


class MomentReader:
    """Drive the encoders from one bag.

    A modality whose sensor topics the bag lacks is read from recorded latents where it has
    those. `check` raises ValueError for latents that the connectors cannot take. With `reports`
    moments say what encoders would report: how good the data are that they encoded is measured.
    """

    def __init__(
        self, bag: Bag, configuration: SuiteConfiguration, encoders: Mapping[str, Encoder],
        policy: Policy, check: Callable[[Latents], None], problems: Problems, *,
        reports: bool = False,
    ) -> None:
        self._bag, self._problems = bag, problems
        self._configuration, self._encoders = configuration, encoders
        self._policy, self._check = policy, check
        self._reports = reports
        self._tree = TransformTree()
        self._sensors = {
            modality: SensorStream(given, self._lookup)
            for modality, given in configuration.modalities.items()
            if self._has_sensor(modality) or not self._has_latents()}
        self._recorded: dict[str, LatentStream] = {}
        self._statuses: dict[str, Report] = {}
        self._refusals: dict[str, str] = {}
        self._encoded: dict[str, tuple[int, Available]] = {}
        # Apart from those of reading, which a run that goes on meets again.
        self._encoding_problems = Problems()
        self._resumed: Encoded | None = None
        self._counted: dict[tuple[str, int, int], int] = {}
        self.read_s = self.encode_s = 0.0
        """Wall time spent on reading and on encoding so far."""

    def sensing(self) -> list[str]:
        """Return the modalities that came from sensors and that a healthy suite would use."""
        choices = self._policy.decide({name: Offer(name) for name in self._sensors})
        return [choice.modality for choice in choices if choice.selected
                and choice.modality in self._sensors and self._sensors[choice.modality].due]

    def newest_stamps(self) -> Iterator[tuple[str, int]]:
        """Return the stamp of each modality's newest latents, encoded or not."""
        for name, sensor in self._sensors.items():
            for readings in sensor.newest()[:1]:
                yield name, readings.stamp_ns
        for name, stream in self._recorded.items():
            if stream.newest is not None:
                yield name, stream.newest.held.stamp_ns

    def go_on(self, last: Moment, encoded: Encoded) -> None:
        """Take up what a run before this one had encoded by its last moment."""
        self._encoded = {
            name: (number, last.available[name]) for name, number in encoded.sets.items()}
        self._encoding_problems.take(encoded.problems)
        self._resumed = encoded

    def encoding_problems(self) -> list[Problem]:
        """Return what could not be encoded; what could not be read is in `problems`."""
        return list(self._encoding_problems)

    def moments(self, questions: Iterable[AskedQuestion], settle_s: float, *,
                encode: bool = True) -> Iterator[Moment]:
        """Return the moments in order; without `encode` they come without latents."""
        for moment, _ in self.steps(questions, settle_s, encode=encode):
            yield moment

    def steps(
        self, questions: Iterable[AskedQuestion], settle_s: float, *, skip: int = 0,
        encode: bool = True,
    ) -> Iterator[tuple[Moment, Encoded]]:
        """Return the moments in order, each with how far encoding has come by then.

        The first `skip` are passed over without encoding.
        """
        messages = self._bag.messages(self._topics())
        waiting: BagMessage | None = None
        for index, (stamp_ns, asked) in enumerate(by_moment(questions)):
            asked_ns = stamp_ns + round(settle_s * 1e9)
            began = time.perf_counter()
            waiting = self._take_until(asked_ns, waiting, messages)
            for sensor in self._sensors.values():
                sensor.pass_time(asked_ns)
            read = time.perf_counter()
            self.read_s += read - began
            if index >= skip:
                moment = self._moment(index, stamp_ns, asked_ns, asked, encode)
                self.encode_s += time.perf_counter() - read
                yield moment, self._encoded_by_now()
            elif index == skip - 1 and self._resumed is not None:
                self._refusals = dict(self._resumed.refusals)
        # The rest is read too: what is wrong with it belongs into the report.
        began = time.perf_counter()
        self._take_until(None, waiting, messages)
        self.read_s += time.perf_counter() - began

    def _take_until(self, end_ns: int | None, waiting: BagMessage | None,
                    messages: Iterator[BagMessage]) -> BagMessage | None:
        """Take the messages up to a time, and return the first that is later."""
        for message in itertools.chain([] if waiting is None else [waiting], messages):
            if end_ns is not None and message.stamp_ns > end_ns:
                return message
            self._take(message)
        return None

    def _topics(self) -> list[str]:
        wanted = {STATIC_TRANSFORMS}
        for modality, stream in self._sensors.items():
            for topic in (*stream.topics, *stream.info_topics):
                known = self._bag.topics.get(topic)
                if known is None:
                    continue
                expected = stream.wants(topic, known.type)
                if expected:
                    self._problems.add(
                        f'{modality}: {topic} holds {known.type}, expected {expected}',
                        self._bag.name)
                else:
                    wanted.add(topic)
        kinds = (LATENTS_TYPE, STATUS_TYPE) if self._reports else (LATENTS_TYPE,)
        wanted |= {topic for topic, known in self._bag.topics.items() if known.type in kinds}
        return sorted(wanted)

    def _take(self, message: BagMessage) -> None:
        try:
            decoded = self._bag.decode(message)
        except MessageError as error:
            self._problems.add(str(error), f'{self._bag.name}, stamp {message.stamp_ns}')
            return
        if message.topic == STATIC_TRANSFORMS:
            for ignored in take_transforms(self._tree, decoded):
                self._problems.add(f'{STATIC_TRANSFORMS}: {ignored}', self._bag.name)
            return
        if message.type == STATUS_TYPE:
            self._take_status(decoded, message.stamp_ns)
            return
        if message.type == LATENTS_TYPE:
            if decoded.modality not in self._sensors:
                stream = self._recorded.setdefault(decoded.modality, LatentStream())
                refusal = stream.take(decoded)
                if refusal:
                    self._problems.add(f'{decoded.modality}: {refusal}',
                                       f'{self._bag.name}, stamp {message.stamp_ns}')
            return
        for modality, sensor in self._sensors.items():
            if message.topic in sensor.info_topics:
                sensor.take_info(message.topic, decoded)
            if message.topic in sensor.topics:
                refusal = sensor.take(message.topic, decoded, message.stamp_ns)
                if refusal:
                    self._refuse(modality, sensor.topics[message.topic], refusal,
                                 message.stamp_ns, self._problems)

    def _take_status(self, status: Any, stamp_ns: int) -> None:
        try:
            report = Report.of(status)
        except ValueError as error:
            self._problems.add(f'refused a status: {error}',
                               f'{self._bag.name}, stamp {stamp_ns}')
            return
        self._statuses[report.modality] = report

    def _moment(self, index: int, stamp_ns: int, asked_ns: int,
                asked: tuple[AskedQuestion, ...], encode: bool) -> Moment:
        modalities = {*self._sensors, *self._recorded}
        choices = self._policy.decide({
            name: Offer(name, trouble=self._trouble(name, asked_ns)) for name in modalities})
        decision = tuple(
            Verdict(choice.modality, choice.selected, choice.reason) for choice in choices)
        available, missing = {}, {}
        for verdict in decision:
            name = verdict.modality
            if not verdict.selected or name not in modalities:
                continue
            found = self._latents(name) if encode else None
            if found is not None:
                available[name] = found
            trouble = (self._refusals.get(name) or self._trouble(name, asked_ns)
                       or (self._sensors[name].waiting() if name in self._sensors else ''))
            if trouble:
                missing[name] = trouble
        reports = {name: self._report(name, asked_ns, available.get(name), missing.get(name, ''))
                   for name in sorted(modalities)} if self._reports else {}
        return Moment(index, stamp_ns, asked_ns, asked, decision, available, missing, reports)

    def _report(self, modality: str, now_ns: int, found: Available | None, trouble: str) -> Report:
        """Return what an encoder would say by now; one that gave nothing counts as stale."""
        silent = '' if modality in self._recorded else self._trouble(modality, now_ns)
        if found is None or silent:
            return Report(modality, State.STALE, silent or trouble)
        report = found.report
        if report is None:   # recorded latents, with a status where that was recorded too
            report = dataclasses.replace(
                self._statuses.get(modality, Report(modality, State.ACTIVE)), state=State.ACTIVE,
                message='', tokens=found.latents.tokens.shape[0],
                payload_bytes=found.payload_bytes)
        return dataclasses.replace(report, age_s=seconds_between(now_ns, found.held.stamp_ns))

    def _trouble(self, modality: str, now_ns: int) -> str:
        if modality in self._recorded:
            return self._recorded[modality].refusal
        return self._sensors[modality].trouble(now_ns)

    def _latents(self, modality: str) -> Available | None:
        if modality in self._recorded:
            found = self._recorded[modality].newest
            return found if found is not None and self._usable(modality, found.latents) else None
        kept = self._encoded.get(modality)
        for readings in self._sensors[modality].newest():
            if kept is not None and readings.number == kept[0]:
                return kept[1]
            encoded = self._encode(modality, readings)
            if encoded is not None:
                self._encoded[modality] = readings.number, encoded
                return encoded
        # Nothing new can be encoded: the last latents stay, as in the node, until too old.
        return None if kept is None else kept[1]

    def _encode(self, modality: str, readings: ReadingSet) -> Available | None:
        given = self._configuration.modalities[modality].parameters
        encoder = self._encoders[modality]
        refused: dict[str, str] = {}

        def refuse(view: str, reason: str) -> None:
            refused[view] = reason
            self._refuse(
                modality, view, reason, readings.stamp_ns, self._encoding_problems)

        for view, reason in readings.frozen.items():
            refuse(view, reason)
        live = [one for one in readings.readings if one.view not in readings.frozen]
        done = encode_set(
            encoder, live, readings.views.__getitem__, modality=modality,
            dtype=given.dtype, refuse=refuse)
        if not refused:
            self._refusals.pop(modality, None)
        if done is None:
            return None
        latents = Latents(
            modality, unpack(done.payload), done.latents.azimuth, done.latents.view,
            done.latents.encoder_id, done.latents.weights_hash)
        if not self._usable(modality, latents):
            return None
        flops = self._flops(modality, done)
        report = self._encoder_report(modality, done, refused, flops) if self._reports else None
        return Available(
            Held(latents, done.oldest.stamp_ns), done.payload.data.nbytes, flops, report)

    def _encoder_report(self, modality: str, done: EncodedSet, refused: Mapping[str, str],
                        flops: int) -> Report:
        given = self._configuration.modalities[modality].parameters
        return report_of(self._encoders[modality], given, done, refused,
                         rate_hz=self._rate_hz(modality), encode_flops=flops)

    def _rate_hz(self, modality: str) -> float:
        """Return how often an encoder is due on average over the bag, Hz; 0: not known."""
        limit_hz = self._configuration.modalities[modality].parameters.max_rate_hz
        counts = [self._bag.topics[topic].messages for topic in self._sensors[modality].topics
                  if topic in self._bag.topics]
        span_s = (self._bag.end_ns - self._bag.start_ns) / NS
        rate_hz = (max(counts, default=1) - 1) / span_s if span_s > 0.0 else 0.0
        return min(rate_hz, limit_hz) if limit_hz else rate_hz

    def _flops(self, modality: str, done: EncodedSet) -> int:
        # The networks take inputs of one size, so views and tokens tell the work.
        key = modality, len(done.used), done.payload.tokens
        if key not in self._counted:
            encoder = self._encoders[modality]
            samples = [encoder.decode(reading.message) for reading in done.used]
            self._counted[key] = count_encode_flops(encoder, samples, done.geometry)
        return self._counted[key]

    def _usable(self, modality: str, latents: Latents) -> bool:
        try:
            self._check(latents)
        except ValueError as error:
            self._refusals[modality] = f'latents refused: {error}'
            self._encoding_problems.add(
                f'{modality}: latents refused: {error}', self._bag.name)
            return False
        return True

    def _encoded_by_now(self) -> Encoded:
        return Encoded(
            {name: number for name, (number, _) in self._encoded.items()}, dict(self._refusals),
            tuple(dataclasses.replace(one, places=list(one.places))
                  for one in self._encoding_problems))

    def _refuse(self, modality: str, view: str, reason: str, stamp_ns: int,
                problems: Problems) -> None:
        self._refusals[modality] = f'{view}: {reason}'
        problems.add(f'{modality}, {view}: {reason}', f'{self._bag.name}, stamp {stamp_ns}')

    def _has_sensor(self, modality: str) -> bool:
        topics = self._configuration.modalities[modality]
        return any(topics.topic(view) in self._bag.topics for view in topics.views)

    def _has_latents(self) -> bool:
        return any(known.type == LATENTS_TYPE for known in self._bag.topics.values())

    def _lookup(self, target: str, source: str) -> np.ndarray | None:
        return self._tree.lookup(target, source.lstrip('/'))
