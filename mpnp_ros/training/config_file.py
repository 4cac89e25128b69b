# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read a training file; whatever is wrong in it is named with its line and its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import copy
from pathlib import Path
import re
from typing import Any

import yaml

from mpnp_ros.evaluation.questions.question_fields import shown
from mpnp_ros.evaluation.scenarios.located_yaml import LocatedYaml, YamlError
from mpnp_ros.evaluation.scenarios.scenario_model import ValidationError
from mpnp_ros.training.config import TrainingFile
from mpnp_ros.training.error import TrainError

_EXPONENT = re.compile(r'[-+]?\d+(\.\d*)?[eE][-+]?\d+')


def load_config(path: Path, settings: Sequence[str] = ()) -> TrainingFile:
    """Read a training file; `settings` are texts 'key.key=value' that take the place of values.

    Raises TrainError with one line for each cause.
    """
    try:
        document = LocatedYaml(path)
    except YamlError as error:
        raise TrainError(str(error)) from error
    if not isinstance(document.content, dict):
        raise TrainError(f'{path}: expected a mapping with version, suite, data, ..., got '
                         f'{shown(document.content)}')
    content = copy.deepcopy(document.content)
    replaced = [_put(content, text) for text in settings]
    try:
        given = TrainingFile.model_validate(content, context={'folder': path.parent})
    except ValidationError as error:
        lines = [_sentence(document, details, replaced)
                 for details in error.errors(include_url=False)]
        raise TrainError('\n'.join(dict.fromkeys(lines))) from error
    return given if given.name else given.model_copy(update={'name': path.stem})


def _put(content: dict[str, Any], text: str) -> tuple[str, ...]:
    """Put a setting into the content of a file, and return its keys."""
    name, equals, value = text.partition('=')
    keys = tuple(name.split('.'))
    if not equals or not all(keys):
        raise TrainError(f'--set {text}: expected KEY=VALUE, e.g. training.steps=100')
    try:
        read = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise TrainError(f'--set {text}: the value is not YAML') from error
    if keys[0] == 'parameters' and len(keys) > 1:
        keys = ('parameters', '.'.join(keys[1:]))
    node = content
    for key in keys[:-1]:
        below = node.get(key)
        if not isinstance(below, dict):
            below = node[key] = {}
        node = below
    node[keys[-1]] = read
    return keys


def _sentence(document: LocatedYaml, details: Mapping[str, Any],
              replaced: Sequence[tuple[str, ...]]) -> str:
    """Return one validation error as a line: file, line, key, and what is expected."""
    keys = details['loc']
    field = ''.join(f'[{key}]' if isinstance(key, int) else f'.{key}' for key in keys).lstrip('.')
    if any(keys[:len(given)] == given for given in replaced):
        return f'--set {field}{_cause(details, keys)}'
    line = f', line {document.line(keys)}' if keys else ''
    return f'{document.path}{line}: {field}{_cause(details, keys)}'


def _cause(details: Mapping[str, Any], keys: tuple[str | int, ...]) -> str:
    given, context, kind = shown(details['input']), details.get('ctx', {}), details['type']
    if kind == 'missing':
        return ' is missing'
    if kind == 'extra_forbidden':
        return f' is unknown; there is {", ".join(_known_keys(keys[:-1]))}'
    if kind == 'literal_error':
        return f' is {given}: expected {context["expected"]}'
    if kind == 'value_error':
        return f'{": " if keys else ""}{context["error"]}'
    if kind == 'float_type' and _EXPONENT.fullmatch(str(details['input'])):
        return f' is {given}, which YAML reads as text: expected a number such as 1.0e-3'
    message = details['msg'].removeprefix('Input should be ').removeprefix('a valid ')
    return f' is {given}: expected {message[0].lower()}{message[1:]}'


def _known_keys(keys: Sequence[str | int]) -> list[str]:
    """Return the keys of the part of a training file that the keys lead to."""
    schema = TrainingFile.model_json_schema()
    node: Mapping[str, Any] = schema
    for key in keys:
        node = _followed(node['properties'][str(key)], schema)
    return list(node['properties'])


def _followed(node: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    for part in (*node.get('anyOf', ()), *node.get('allOf', ()), node):
        if '$ref' in part:
            found: Mapping[str, Any] = schema['$defs'][part['$ref'].rpartition('/')[2]]
            return found
    return node
