# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Foxglove's message paths, resolved in message definitions: '/topic{a==1}.list[:]{b==2}.c[0]'."""

from __future__ import annotations

import json
import re
from typing import Any

from rosbags.interfaces import Nodetype

from mpnp_ros.evaluation.bags.typestore import typestore

NUMBERS = {'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float32',
           'float64', 'bool'}
_STEP = re.compile(r'\.(?P<field>\w+)|\[(?P<index>-?\d+|:)\]|\{(?P<filter>[\w.]+==[^}]+)\}')


class PathError(ValueError):
    """A path that no message has; the text names the step."""


def topic_of(path: str) -> str:
    return re.split(r'[.{\[]', path, maxsplit=1)[0]


def resolve(path: str, message_type: str) -> str:
    """Return the type at the end of a path: a base type, a message type, or one of them + '[]'."""
    rest = path[len(topic_of(path)):]
    found = message_type
    while rest:
        step = _STEP.match(rest)
        if step is None:
            raise PathError(f'{path}: cannot be read from {rest!r} on')
        rest = rest[step.end():]
        if step['field']:
            found = _field(path, found, step['field'])
        elif step['index']:
            if not found.endswith('[]'):
                raise PathError(f'{path}: {found} is no array')
            # A slice keeps the array, but what follows applies to its elements.
            found = found[:-2]
        else:
            name, _, value = step['filter'].partition('==')
            kind = found
            for part in name.split('.'):
                kind = _field(path, kind, part)
            if (kind == 'string') != isinstance(json.loads(value), str):
                raise PathError(f'{path}: {name} is a {kind}, not {value}')
    return found


def _field(path: str, message_type: str, name: str) -> str:
    definitions = typestore().fielddefs
    if message_type not in definitions:
        raise PathError(f'{path}: {message_type} has no field {name}')
    fields = dict(definitions[message_type][1])
    if name not in fields:
        raise PathError(f'{path}: {message_type} has no field {name}, only {", ".join(fields)}')
    return _name(fields[name])


def _name(node: Any) -> str:
    kind, content = node
    if kind in (Nodetype.ARRAY, Nodetype.SEQUENCE):
        return f'{_name(content[0])}[]'
    return str(content[0]) if kind == Nodetype.BASE else str(content)
