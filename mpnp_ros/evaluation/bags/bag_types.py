# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The types of a bag's messages: as the bag defines them, otherwise as ROS 2 Jazzy does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rosbags.interfaces import MessageDefinition, MessageDefinitionFormat
from rosbags.interfaces.typing import Typesdict
from rosbags.typesys import get_types_from_idl, get_types_from_msg
from rosbags.typesys.store import Typestore

from mpnp_ros.evaluation.bags.bag_storage import Channel
from mpnp_ros.evaluation.bags.typestore import typestore, typestore_with

_HEADER = 'std_msgs/msg/Header'
_IDL_SEPARATOR = '=' * 80 + '\n'


class BagTypes:
    """Decode messages; a definition is read when the first message of its type is decoded."""

    def __init__(self, channels: Iterable[Channel]) -> None:
        self._definitions: dict[str, MessageDefinition] = {}
        for channel in channels:
            # A recorder that did not find a definition writes an empty one.
            if (channel.definition.format != MessageDefinitionFormat.NONE
                    and channel.definition.data.strip()):
                self._definitions.setdefault(channel.type, channel.definition)
        self._stores: dict[str, Typestore] = {}

    def known(self, type: str) -> bool:
        """Tell whether there is a definition of a type."""
        return type in self._definitions or type in typestore().fielddefs

    def decode(self, type: str, data: bytes | memoryview) -> Any:
        """Return the fields of a message (CDR); raises ValueError with the cause."""
        store = self._store(type)
        try:
            return store.deserialize_cdr(data, type)
        except Exception as error:   # of bytes that are not what the definition says
            raise ValueError(f'{len(data)} bytes are no {type}: {_words(error)}') from error

    def from_ros1(self, type: str, data: bytes | memoryview) -> memoryview:
        """Return a ROS 1 message as CDR; raises ValueError with the cause."""
        store = self._store(type)
        try:
            return store.ros1_to_cdr(data, type)
        except Exception as error:   # as above
            raise ValueError(f'{len(data)} bytes are no {type}: {_words(error)}') from error

    def _store(self, type: str) -> Typestore:
        if type not in self._stores:
            self._stores[type] = self._make_store(type)
        return self._stores[type]

    def _make_store(self, type: str) -> Typestore:
        """Return a store that has a type and all that it consists of."""
        shared = typestore()
        if type not in self._definitions:
            if type not in shared.fielddefs:
                raise ValueError(f'there is no definition of {type}')
            return shared
        try:
            types = _parse(type, self._definitions[type])
        except Exception as error:   # of text that may be anything
            if type in shared.fielddefs:
                return shared
            raise ValueError(
                f'the definition of {type} in the bag cannot be read: {_words(error)}') from error
        # ROS 1 counts headers; rosbags leaves that field out by itself.
        types.pop(_HEADER, None)
        if all(_same(types[name], shared.fielddefs.get(name)) for name in types):
            return shared
        return typestore_with(types)


def _parse(type: str, definition: MessageDefinition) -> Typesdict:
    if definition.format == MessageDefinitionFormat.MSG:
        # rosbags takes the messages of a service for those of a package.
        return {name.replace('/srv/msg/', '/srv/'): fields for name, fields in
                get_types_from_msg(definition.data, type).items()}
    types: Typesdict = {}
    for part in definition.data.split(_IDL_SEPARATOR):
        _, _, text = part.partition('\n') if part.startswith('IDL: ') else ('', '', part)
        if text.strip():
            types.update(get_types_from_idl(text))
    return types


def _same(one: Any, other: Any) -> bool:
    """Tell whether two definitions have the same fields; ROS 1 writes some names in capitals."""
    return other is not None and [(name.lower(), kind) for name, kind in one[1]] == [
        (name.lower(), kind) for name, kind in other[1]]


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
