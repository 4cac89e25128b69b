# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a bag consists of, for those who read it."""

from __future__ import annotations

from dataclasses import dataclass

from rosbags.interfaces import Qos


class BagError(ValueError):
    """Nothing of a bag can be used; names the path and the cause."""


class MessageError(ValueError):
    """A message cannot be decoded: names the topic and the cause; the stamp is an attribute.

    So the same trouble on a topic has the same words, and is counted rather than repeated.
    """

    def __init__(self, cause: str, stamp_ns: int) -> None:
        super().__init__(cause)
        self.stamp_ns = stamp_ns


@dataclass(frozen=True)
class TopicInfo:
    """A topic of a bag; no QoS where the format keeps none (ROS 1)."""

    topic: str
    type: str
    messages: int
    qos: tuple[Qos, ...]


@dataclass(frozen=True)
class BagMessage:
    """A serialised message (CDR), and when it was received."""

    topic: str
    type: str
    stamp_ns: int
    data: bytes | memoryview
