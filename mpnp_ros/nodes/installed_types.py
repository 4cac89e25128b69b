# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Definitions of the message types that are installed here, for the bags that explain them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rosbags.typesys import get_types_from_idl, get_types_from_msg, get_typestore, Stores
from rosbags.typesys.base import TypesysError
from rosidl_runtime_py import get_interface_path


class InstalledTypes:
    """A typestore that learns types, and all they consist of, from the installed packages."""

    def __init__(self) -> None:
        self.store = get_typestore(Stores.EMPTY)

    def learn(self, kind: str) -> None:
        """Add a message type such as 'pkg/msg/Name'; raises ValueError where none is installed."""
        found: dict[str, Any] = {}
        self._collect(kind, found)
        if found:
            self.store.register(found)

    def _collect(self, kind: str, found: dict[str, Any]) -> None:
        if kind in self.store.fielddefs or kind in found:
            return
        try:
            path = Path(get_interface_path(kind))
            text = path.read_text(encoding='utf-8')
            given = (get_types_from_idl(text) if path.suffix == '.idl'
                     else get_types_from_msg(text, kind))
        except (LookupError, OSError, TypesysError, ValueError) as error:
            raise ValueError(f'no definition of {kind}: {error}') from error
        found.update(given)
        for _, fields in given.values():
            for _, field in fields:
                nested = _name_in(field)
                if nested:
                    self._collect(nested, found)


def _name_in(field: Any) -> str:
    """Return the message type that a field, array or sequence consists of; '' for numbers."""
    node, content = field
    if node.name == 'NAME':
        return str(content)
    if node.name in ('ARRAY', 'SEQUENCE'):
        return _name_in(content[0])
    return ''
