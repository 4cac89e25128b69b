# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Message types without ROS: those of ROS 2 Jazzy and this package's own."""

from __future__ import annotations

import functools

from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from rosbags.typesys.store import Typestore

from mpnp_ros import shipped


@functools.cache
def typestore() -> Typestore:
    """Return the types; whoever has others of the same name makes a store of their own."""
    store = get_typestore(Stores.ROS2_JAZZY)
    types = {}
    for path in sorted(shipped.message_definitions().glob('*.msg')):
        types.update(get_types_from_msg(
            path.read_text(encoding='utf-8'), f'mpnp_ros/msg/{path.stem}'))
    store.register(types)
    return store
