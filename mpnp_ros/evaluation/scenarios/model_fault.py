# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What pydantic finds wrong in a file: its line, the keys, and what is expected there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Any

from mpnp_ros.evaluation.questions.question_fields import shown
from mpnp_ros.evaluation.scenarios.located_yaml import LocatedYaml
from mpnp_ros.evaluation.scenarios.scenario_model import BaseModel, ValidationError

_EXPONENT = re.compile(r'([-+]?\d+)(?:\.(\d*))?[eE]([-+]?)(\d+)')

Keys = tuple['str | int', ...]
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class ModelFault:
    """One thing that is wrong.

    :ivar keys: those that lead to it in the file; none: the file as a whole.
    :ivar cause: the rest of the sentence that begins with the field.
    """

    keys: Keys
    cause: str

    def __str__(self) -> str:
        """Return the field and what is wrong with it."""
        field = ''.join(
            f'[{key}]' if isinstance(key, int) else f'.{key}' for key in self.keys)
        return field.lstrip('.') + self.cause

    def within(self, document: LocatedYaml) -> str:
        """Return the sentence with the file and the line."""
        line = f', line {document.line(self.keys)}' if self.keys else ''
        return f'{document.path}{line}: {self}'


def faults(error: ValidationError, model: type[BaseModel]) -> list[ModelFault]:
    """Return everything that was wrong with content for a model, in the order found."""
    schema = model.model_json_schema()
    return [_fault(details, schema) for details in error.errors(include_url=False)]


def _fault(details: Mapping[str, Any], schema: Schema) -> ModelFault:
    keys, around = _path(details['loc'], schema)
    value, context, kind = details['input'], details.get('ctx', {}), details['type']
    given = shown(value)
    number = _EXPONENT.fullmatch(value) if isinstance(value, str) else None
    if kind == 'missing':
        cause = ' is missing'
    elif kind == 'extra_forbidden':
        cause = f' is unknown; there is {", ".join(around["properties"])}'
    elif kind == 'literal_error':
        cause = f' is {given}: expected {context["expected"]}'
    elif kind == 'union_tag_invalid':
        cause = (f' has the {around["discriminator"]["propertyName"]} {context["tag"]!r}: '
                 f'expected one of {context["expected_tags"]}')
    elif kind == 'union_tag_not_found':
        cause = (f' has no {around["discriminator"]["propertyName"]}: '
                 f'expected one of {", ".join(around["discriminator"]["mapping"])}')
    elif kind == 'value_error':
        cause = f'{": " if keys else ""}{context["error"]}'
    elif kind == 'float_type' and number:
        whole, part, sign, power = number.groups()
        cause = (f' is {given}, which YAML reads as text: expected '
                 f'{whole}.{part or 0}e{sign or "+"}{power}')
    else:
        message = details['msg'].removeprefix('Input should be ').removeprefix('a valid ')
        cause = f' is {given}: expected {message[0].lower()}{message[1:]}'
    return ModelFault(keys, cause)


def _path(location: Sequence[str | int], schema: Schema) -> tuple[Keys, Schema]:
    """Return the keys of a location, and the last part of the schema that they lead to.

    Pydantic's locations also name the tag by which it chose a kind of a part: that is no key.
    """
    keys: list[str | int] = []
    node: Schema | None = _followed(schema, schema)
    last = node or schema
    for key in location:
        if node is not None and 'discriminator' in node:
            node = _followed({'$ref': node['discriminator']['mapping'][key]}, schema)
        else:
            keys.append(key)
            node = _below(node, key, schema)
        last = last if node is None else node
    return tuple(keys), last


def _below(node: Schema | None, key: str | int, schema: Schema) -> Schema | None:
    if node is None:
        return None
    found = node.get('items') if isinstance(key, int) else (
        node.get('properties', {}).get(key) or node.get('additionalProperties'))
    return _followed(found, schema) if isinstance(found, Mapping) else None


def _followed(node: Schema, schema: Schema) -> Schema:
    """Return what a node stands for: a part that is defined elsewhere, or may be left out."""
    choices = node.get('anyOf') or node.get('allOf') or [node]
    chosen: Schema = next((one for one in choices if '$ref' in one), choices[0])
    if '$ref' not in chosen:
        return chosen
    found: Schema = schema['$defs'][chosen['$ref'].rpartition('/')[2]]
    return found
