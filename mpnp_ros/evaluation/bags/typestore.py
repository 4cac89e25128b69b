# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Message types without ROS: those of ROS 2 Jazzy and this package's own."""

from __future__ import annotations

import functools

from rosbags.interfaces.typing import Typesdict
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from rosbags.typesys.store import Typestore

from mpnp_ros import shipped


@functools.cache
def typestore() -> Typestore:
    """Return the types, the same object for all; see `typestore_with` for others."""
    store = get_typestore(Stores.ROS2_JAZZY)
    types = {}
    for path in sorted(shipped.message_definitions().glob('*.msg')):
        types.update(get_types_from_msg(
            path.read_text(encoding='utf-8'), f'mpnp_ros/msg/{path.stem}'))
    store.register(types)
    return store


def typestore_with(types: Typesdict) -> Typestore:
    """Return a store of its own in which some types are added, or defined in another way."""
    shared, store = typestore(), get_typestore(Stores.EMPTY)
    for name in shared.fielddefs.keys() - types.keys():
        store.fielddefs[name] = shared.fielddefs[name]
        store.types[name] = shared.types[name]
    store.register(types)
    return store
