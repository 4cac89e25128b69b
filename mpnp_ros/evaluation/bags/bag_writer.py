# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Write a rosbag2 bag, as ROS 2 Jazzy does, without ROS."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any

from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys.store import Typestore

from mpnp_ros.evaluation.bags.typestore import typestore as default_typestore

_INFINITE = QosTime(9223372036, 854775807)   # as rmw spells it
_STORAGES = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}
_COMPRESSIONS = ('zstd', 'none')


class BagWriter:
    """A new bag; what is written appears with its `metadata.yaml` when the block is left.

    `zstd` compresses the chunks of mcap and the single messages of sqlite3: both stay seekable.
    Topics in `latched` are recorded as transient-local, the others as volatile; all as reliable.
    After an exception the bag is left without an index, as that of a killed recorder.

    Raises
    ------
    FileExistsError
        where the path exists.

    """

    def __init__(
        self, path: Path, *, storage: str = 'mcap', compression: str = 'zstd',
        typestore: Typestore | None = None, latched: Collection[str] = (),
    ) -> None:
        if storage not in _STORAGES:
            raise ValueError(f'storage {storage!r}: expected one of {", ".join(_STORAGES)}')
        if compression not in _COMPRESSIONS:
            raise ValueError(
                f'compression {compression!r}: expected one of {", ".join(_COMPRESSIONS)}')
        if Path(path).exists():
            raise FileExistsError(f'{path} exists already: a bag is never written over')
        self._typestore = typestore or default_typestore()
        self._latched = frozenset(latched)
        self._connections: dict[str, Connection] = {}
        # Version 9 of metadata.yaml is what ROS 2 Jazzy writes.
        self._writer = Writer(path, version=9, storage_plugin=_STORAGES[storage])
        if compression == 'zstd':
            self._writer.set_compression(
                CompressionMode.STORAGE if storage == 'mcap' else CompressionMode.MESSAGE,
                CompressionFormat.ZSTD)

    def __enter__(self) -> BagWriter:
        self._writer.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._writer.__exit__(kind, error, trace)

    def write(self, topic: str, type: str, stamp_ns: int, data: bytes | memoryview) -> None:
        """Write a serialised message (CDR) as received at `stamp_ns`.

        Raises ValueError for a type that the typestore lacks, and for a second type on a topic.
        """
        connection = self._connections.get(topic)
        if connection is None:
            connection = self._connections[topic] = self._connect(topic, type)
        elif connection.msgtype != type:
            raise ValueError(f'{topic} holds {connection.msgtype}, got {type}')
        self._writer.write(connection, stamp_ns, data)

    def write_message(self, topic: str, type: str, stamp_ns: int, message: Any) -> None:
        """Serialise a message and write it; see `write`."""
        self._check_type(topic, type)
        self.write(topic, type, stamp_ns, self._typestore.serialize_cdr(message, type))

    def _connect(self, topic: str, type: str) -> Connection:
        self._check_type(topic, type)
        return self._writer.add_connection(
            topic, type, typestore=self._typestore,
            offered_qos_profiles=[_qos(latched=topic in self._latched)])

    def _check_type(self, topic: str, type: str) -> None:
        if type not in self._typestore.fielddefs:
            raise ValueError(f'{topic}: the typestore has no {type}')


def _qos(latched: bool) -> Qos:
    return Qos(
        history=QosHistory.KEEP_LAST, depth=1 if latched else 10,
        reliability=QosReliability.RELIABLE,
        durability=QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        deadline=_INFINITE, lifespan=_INFINITE, liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=_INFINITE, avoid_ros_namespace_conventions=False)
