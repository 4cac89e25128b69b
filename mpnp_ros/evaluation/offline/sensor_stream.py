# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One modality of a bag that is read: its sensor messages put into sets, as its node would."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mpnp_ros.encoders.assembler import Assembler, Reading
from mpnp_ros.encoders.base import checked_options, encoder_class, View
from mpnp_ros.suite.configuration import ModalityConfiguration
from mpnp_ros.suite.freeze_watch import FreezeWatch
from mpnp_ros.suite.reading_set import RateLimit
from mpnp_ros.suite.stamp import nanoseconds, seconds_between
from mpnp_ros.suite.view_geometry import ViewGeometry

_KEPT = 4   # newest sets that are tried one after the other where the newest cannot be encoded


@dataclass(frozen=True)
class ReadingSet:
    """Readings to encode in one batch, with where their views look by then.

    `number` counts the sets of the modality in this bag, from 1. `frozen` says of views whose
    sensor froze why their readings are not encoded.
    """

    number: int
    readings: tuple[Reading, ...]
    views: dict[str, View]
    frozen: dict[str, str] = field(default_factory=dict)

    @property
    def stamp_ns(self) -> int:
        """Return the oldest stamp, the one that the latents carry."""
        return min(reading.stamp_ns for reading in self.readings)


class SensorStream:
    """Follow one modality's topics; nothing is decoded before a set is wanted.

    A node encodes every set that is due, this hands out the newest: what nobody asks about costs
    no encoding. It is assumed that the node keeps up with its sensor.
    """

    def __init__(
        self, given: ModalityConfiguration,
        lookup: Callable[[str, str], np.ndarray | None],
    ) -> None:
        self._parameters = given.parameters
        names = given.parameters.views
        self.topics = {given.topic(view): view for view in names}
        self.info_topics = {given.info_topic(view): view for view in names
                            if given.info_topic(view)}
        kind = encoder_class(given.parameters.encoder)
        self._never_repeats = kind.never_repeats
        self._watches = {view: FreezeWatch() for view in names}
        kinds = kind.message_types
        self._types = {view: given.views[view].type or kinds[0] for view in names}
        self._geometry = {
            view: ViewGeometry(view, given.views[view], given.parameters.base_frame, lookup)
            for view in names}
        self._assembler = Assembler(
            names, max_skew_s=given.parameters.max_skew_s,
            stale_after_s=given.parameters.stale_after_s,
            window_s=kind.window_s(checked_options(kind, given.options)))
        self._limit = RateLimit()
        self._sets: deque[ReadingSet] = deque(maxlen=_KEPT)
        self._last_input_ns: int | None = None
        self.due = 0
        """Sets so far that the node would have encoded."""

    def wants(self, topic: str, kind: str) -> str:
        """Return '' for a topic and type that this modality reads, otherwise what it expects."""
        view = self.topics.get(topic)
        expected = 'sensor_msgs/msg/CameraInfo' if view is None else self._types[view]
        return '' if kind == expected else expected

    def take_info(self, topic: str, message: Any) -> None:
        """Take a CameraInfo."""
        self._geometry[self.info_topics[topic]].take_info(message)

    def take(self, topic: str, message: Any, now_ns: int) -> str:
        """Take a sensor message received at `now_ns`; return why it is refused, or ''."""
        view = self.topics[topic]
        self._geometry[view].frame_id = message.header.frame_id
        self._last_input_ns = now_ns
        reading = Reading(view, nanoseconds(message.header.stamp), message)
        ahead_s = seconds_between(reading.stamp_ns, now_ns)
        if ahead_s > self._parameters.future_tolerance_s:
            return (f'stamp lies more than {self._parameters.future_tolerance_s:g} s in the '
                    "future of the bag's clock")
        for readings in self._assembler.add(reading):
            self._put(readings)
        return ''

    def pass_time(self, now_ns: int) -> None:
        """Put up with a set that waits for a view in vain."""
        readings = self._assembler.take_overdue(now_ns)
        if readings:
            self._put(readings)

    def _put(self, readings: list[Reading]) -> None:
        stamp_ns = max(one.stamp_ns for one in readings)
        if self._limit.due(stamp_ns, self._parameters.max_rate_hz):
            self.due += 1
            self._sets.append(ReadingSet(self.due, tuple(readings), {
                one.view: self._geometry[one.view].view() for one in readings},
                self._frozen(readings)))

    def _frozen(self, readings: list[Reading]) -> dict[str, str]:
        found = {}
        for one in readings:
            refusal = self._watches[one.view].refusal(
                self._never_repeats(one.message), one.stamp_ns, self._parameters.frozen_after_s)
            if refusal:
                found[one.view] = refusal
        return found

    def newest(self) -> list[ReadingSet]:
        """Return the newest sets that are due, the newest first."""
        return list(reversed(self._sets))

    def trouble(self, now_ns: int) -> str:
        """Return in words that the sensor has fallen silent by `now_ns`, or ''."""
        if self._last_input_ns is None:
            return ''
        silent_s = seconds_between(now_ns, self._last_input_ns)
        if silent_s <= self._parameters.stale_after_s:
            return ''
        return f'nothing has arrived on {", ".join(self.topics)} for {silent_s:.1f} s'

    def waiting(self) -> str:
        """Return in words what is waited for before anything can be encoded, or ''."""
        if self._last_input_ns is None:
            return f'nothing has arrived on {", ".join(self.topics)} yet'
        return '' if self._sets else 'the first latents are being waited for'
