# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Find the sensor messages behind answers in one pass over a bag, in constant memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mpnp_ros.evaluation.bags.bag import Bag, BagMessage, MessageError
from mpnp_ros.evaluation.pictures.drive_topics import DriveTopics, SensorTopic
from mpnp_ros.evaluation.pictures.frames_moments import AnsweredMoment
from mpnp_ros.evaluation.pictures.moving_frames import MovingFrames, STATIC
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.stamp import nanoseconds, NS

_EARLY_NS = NS // 2   # a message may be recorded by so much before its own stamp
_LATE_NS = NS // 4   # transforms of a moment may come by so much after it


@dataclass(frozen=True)
class MomentMessages:
    """What the sensors gave at a moment, decoded, by topic; infos are CameraInfos by topic."""

    moment: AnsweredMoment
    sensors: dict[str, Any]
    infos: dict[str, Any]
    annotations: list[Any]


@dataclass
class _Open:
    """A moment whose messages are still coming."""

    moment: AnsweredMoment
    newest: dict[str, BagMessage] = field(default_factory=dict)
    exact: dict[str, tuple[int, BagMessage]] = field(default_factory=dict)


class MomentMessageReader:
    """Read one bag; `frames` has the transforms of the moment that was returned last."""

    def __init__(self, bag: Bag, topics: DriveTopics, problems: Problems) -> None:
        self._bag, self._topics, self._problems = bag, topics, problems
        self._sensors = {sensor.topic: sensor for sensor in topics.sensors}
        self._infos: dict[str, BagMessage] = {}
        self._latest: dict[str, BagMessage] = {}
        self.frames = MovingFrames()

    def moments(self, moments: Sequence[AnsweredMoment]) -> Iterator[MomentMessages]:
        """Return the messages of each moment of this bag, in the order of their stamps."""
        waiting = deque(sorted(moments, key=_opens_ns))
        open_ones: deque[_Open] = deque()
        for message in self._bag.messages(self._topics.all()):
            while open_ones and message.stamp_ns > open_ones[0].moment.asked_ns + _LATE_NS:
                yield self._collected(open_ones.popleft())
            while waiting and _opens_ns(waiting[0]) <= message.stamp_ns:
                self._open(waiting.popleft(), open_ones)
            if not waiting and not open_ones:
                return
            self._take(message, open_ones)
        while waiting:
            self._open(waiting.popleft(), open_ones)
        for one in open_ones:
            yield self._collected(one)

    def _open(self, moment: AnsweredMoment, open_ones: deque[_Open]) -> None:
        open_ones.append(_Open(moment, dict(self._latest)))
        # Moments end in another order than they begin where latents were old.
        in_order = sorted(open_ones, key=lambda one: one.moment.asked_ns)
        open_ones.clear()
        open_ones.extend(in_order)

    def _take(self, message: BagMessage, open_ones: Sequence[_Open]) -> None:
        topic = message.topic
        if topic in self._topics.transforms:
            # Poses are needed around a moment only; mounts always.
            if topic == STATIC or open_ones:
                self._take_transforms(message)
        elif topic in self._topics.infos:
            self._infos[topic] = message
        else:
            self._latest[topic] = message
            for one in open_ones:
                if message.stamp_ns <= one.moment.stamp_ns:
                    one.newest[topic] = message
            self._match(message, open_ones)

    def _take_transforms(self, message: BagMessage) -> None:
        decoded = self._decode(message)
        for ignored in self.frames.take(message.topic, decoded) if decoded is not None else []:
            self._problems.add(f'{message.topic}: {ignored}', self._bag.name)

    def _match(self, message: BagMessage, open_ones: Sequence[_Open]) -> None:
        """Keep a message that answers were made from: its stamp tells."""
        sensor = self._sensors.get(message.topic)
        wanted = [one for one in open_ones if sensor and sensor.modality in one.moment.used_ns]
        if sensor is None or not wanted:
            return
        decoded = self._decode(message)
        if decoded is None:
            for newest in (self._latest, *(one.newest for one in open_ones)):
                if newest.get(message.topic) is message:
                    del newest[message.topic]
            return
        stamp_ns = nanoseconds(decoded.header.stamp)
        for one in wanted:
            late_ns = _late_ns(stamp_ns, one.moment, sensor)
            if late_ns is not None and late_ns < one.exact.get(
                    message.topic, (sensor.max_skew_ns + 1, message))[0]:
                one.exact[message.topic] = late_ns, message

    def _collected(self, one: _Open) -> MomentMessages:
        chosen = one.newest | {topic: message for topic, (_, message) in one.exact.items()}
        decoded = {topic: self._decode(chosen[topic]) for topic in sorted(chosen)}
        infos = {topic: self._decode(message) for topic, message in self._infos.items()}
        return MomentMessages(
            one.moment,
            {topic: message for topic, message in decoded.items()
             if message is not None and topic in self._sensors},
            {topic: info for topic, info in infos.items() if info is not None},
            [decoded[topic] for topic in self._topics.annotations
             if decoded.get(topic) is not None])

    def _decode(self, message: BagMessage) -> Any:
        try:
            return self._bag.decode(message)
        except MessageError as error:
            self._problems.add(f'not drawn: {error}',
                               f'{self._bag.name}, stamp {message.stamp_ns}')
            return None


def _opens_ns(moment: AnsweredMoment) -> int:
    return min([moment.stamp_ns, *moment.used_ns.values()]) - _EARLY_NS


def _late_ns(stamp_ns: int, moment: AnsweredMoment, sensor: SensorTopic) -> int | None:
    """Return by how much a message is newer than the oldest of the set that was used.

    None where it does not belong to the set.
    """
    late_ns = stamp_ns - moment.used_ns[sensor.modality]
    return late_ns if 0 <= late_ns <= sensor.max_skew_ns else None
