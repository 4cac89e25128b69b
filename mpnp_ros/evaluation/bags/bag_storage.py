# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a file of a bag gives, whatever its format."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from rosbags.interfaces import MessageDefinition, Qos

CDR, ROS1 = 'cdr', 'ros1'


class Note(Protocol):
    """Takes what is wrong with a bag."""

    def __call__(self, what: str, place: str, count: int = 1) -> None:
        """Note a problem at a place within the bag, '' for the bag as a whole."""


@dataclass(frozen=True, eq=False)
class Channel:
    """What the messages of one connection are.

    :ivar encoding: how they are serialised: `cdr`, `ros1`, or what another middleware calls it.
    """

    topic: str
    type: str
    encoding: str
    definition: MessageDefinition
    qos: tuple[Qos, ...] = ()


Raw = tuple[Channel, int, 'bytes | memoryview']
"""A message as it lies in the file, and when it was received, ns."""


class Storage(Protocol):
    """One file that could be opened; without messages `start_ns` lies after `end_ns`."""

    channels: list[tuple[Channel, int]]   # with how many messages each holds
    start_ns: int
    end_ns: int

    def messages(self, topics: Collection[str], start_ns: int, end_ns: int) -> Iterator[Raw]:
        """Yield what was received on the topics from `start_ns` to `end_ns`, both included."""
