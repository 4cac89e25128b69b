# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One file of a bag: read with rosbags while that can read it, salvaged from there on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from rosbags.interfaces import Connection
from rosbags.rosbag1 import Reader as Ros1Reader
from rosbags.rosbag2 import Reader as Ros2Reader

from mpnp_ros.evaluation.bags.bag_salvage import Salvage
from mpnp_ros.evaluation.bags.bag_salvage_mcap import McapSalvage
from mpnp_ros.evaluation.bags.bag_salvage_ros1 import Ros1Salvage
from mpnp_ros.evaluation.bags.bag_salvage_sqlite3 import check_size, Sqlite3Salvage
from mpnp_ros.evaluation.bags.bag_storage import Channel, Note, Raw, ROS1, Storage

SALVAGES: dict[str, type[Salvage]] = {
    '.mcap': McapSalvage, '.db3': Sqlite3Salvage, '.bag': Ros1Salvage}


class BagFile:
    """A storage that notes what is damaged and gives the rest.

    Raises ValueError or OSError where nothing can be read.
    """

    def __init__(self, path: Path, note: Note) -> None:
        self._path, self._note = path, note
        path.open('rb').close()   # that it is there is not for rosbags to find out
        try:
            self._storage: Storage = Indexed(path)
        except Exception:   # whatever rosbags meets in bytes that are not what they should be
            self._storage = SALVAGES[path.suffix](path, note)
        self.channels = self._storage.channels
        self.start_ns, self.end_ns = self._storage.start_ns, self._storage.end_ns

    def messages(self, topics: Collection[str], start_ns: int, end_ns: int) -> Iterator[Raw]:
        """Yield what was received on the topics from `start_ns` to `end_ns`, both included."""
        missing = sum(count for channel, count in self.channels if channel.topic in topics)
        newest_ns, of_newest = start_ns, 0
        messages = self._storage.messages(topics, start_ns, end_ns)
        while isinstance(self._storage, Indexed):
            try:
                message = next(messages, None)
            except Exception:   # as above
                self._storage = SALVAGES[self._path.suffix](self._path, self._note)
                messages = self._storage.messages(topics, newest_ns, end_ns)
                for _ in range(of_newest):   # both give equal stamps in the order of the file
                    next(messages, None)
                break
            if message is None:
                if missing > 0 and start_ns <= self.start_ns and end_ns >= self.end_ns:
                    self._note('messages that the index counts are not there',
                               self._path.name, missing)
                return
            missing -= 1
            if message[1] != newest_ns:
                newest_ns, of_newest = message[1], 0
            of_newest += 1
            yield message
        yield from messages


class Indexed:
    """A storage over a whole file with its index, which is used to begin at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.suffix == '.db3':
            check_size(path)
        with self._reader() as reader:
            self._channels = {one.id: _channel(one) for one in reader.connections}
            self.channels = [(self._channels[one.id], one.msgcount) for one in reader.connections]
            self.start_ns = int(reader.start_time)
            self.end_ns = int(reader.end_time) - 1
            # rosbags gives messages that lie outside chunks in the order of the file.
            if isinstance(reader, Ros2Reader) and not getattr(reader.storage, 'chunks', True):
                raise ValueError('no index of chunks')
        if self.start_ns > self.end_ns and any(count for _, count in self.channels):
            raise ValueError('the index contradicts itself')

    def messages(self, topics: Collection[str], start_ns: int, end_ns: int) -> Iterator[Raw]:
        """Yield what was received on the topics from `start_ns` to `end_ns`, both included."""
        with self._reader() as reader:   # of its own, so that several can read at a time
            wanted = [one for one in reader.connections if one.topic in topics]
            if wanted:
                for connection, stamp_ns, data in reader.messages(wanted, start_ns, end_ns + 1):
                    yield self._channels[connection.id], stamp_ns, data

    def _reader(self) -> Ros1Reader | Ros2Reader:
        return (Ros1Reader if self._path.suffix == '.bag' else Ros2Reader)(self._path)


def _channel(connection: Connection) -> Channel:
    return Channel(
        connection.topic, connection.msgtype,
        getattr(connection.ext, 'serialization_format', ROS1), connection.msgdef,
        tuple(getattr(connection.ext, 'offered_qos_profiles', ())))
