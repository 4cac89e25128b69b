# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in a bag, decoded again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rosbags.rosbag2 import Reader

from mpnp_ros.core.transforms import matrix_from, TransformTree
from mpnp_ros.evaluation.bags.typestore import typestore


def read_bag(folder: Path) -> dict[str, list[tuple[int, Any]]]:
    """Return stamp and message by topic."""
    found: dict[str, list[tuple[int, Any]]] = {}
    with Reader(folder) as reader:
        for connection, stamp_ns, data in reader.messages():
            message = typestore().deserialize_cdr(data, connection.msgtype)
            found.setdefault(connection.topic, []).append((stamp_ns, message))
    return found


def types_of(folder: Path) -> dict[str, str]:
    """Return the type of each topic."""
    with Reader(folder) as reader:
        return {one.topic: one.msgtype for one in reader.connections}


def header_stamp_ns(message: Any) -> int:
    """Return the stamp in a message's header."""
    return int(message.header.stamp.sec) * 10 ** 9 + int(message.header.stamp.nanosec)


def tree(bag: dict[str, list[tuple[int, Any]]], index: int = 0) -> TransformTree:
    """Return the mounts, with the vehicle where the index-th pose has it."""
    found = TransformTree()
    messages = [bag['/tf_static'][0][1], *([bag['/tf'][index][1]] if '/tf' in bag else [])]
    for message in messages:
        for edge in message.transforms:
            move, turn = edge.transform.translation, edge.transform.rotation
            found.set(edge.header.frame_id, edge.child_frame_id, matrix_from(
                np.array([move.x, move.y, move.z]), np.array([turn.x, turn.y, turn.z, turn.w])))
    return found


def points(message: Any) -> np.ndarray:
    """Return a cloud as a structured array."""
    kinds = {1: 'i1', 2: 'u1', 3: '<i2', 4: '<u2', 5: '<i4', 6: '<u4', 7: '<f4', 8: '<f8'}
    dtype = np.dtype({
        'names': [field.name for field in message.fields],
        'formats': [kinds[field.datatype] for field in message.fields],
        'offsets': [field.offset for field in message.fields], 'itemsize': message.point_step})
    return np.frombuffer(bytes(message.data), dtype)


def cubes(message: Any) -> list[Any]:
    """Return the boxes of a MarkerArray; the first marker deletes those before."""
    assert message.markers[0].action == 3
    return list(message.markers[1:])
