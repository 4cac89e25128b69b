# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read a training file; whatever is wrong in it is named with its line and its key."""

from __future__ import annotations

from collections.abc import Sequence
import copy
from pathlib import Path
from typing import Any

import yaml

from mpnp_ros.evaluation.questions.question_fields import shown
from mpnp_ros.evaluation.scenarios.located_yaml import LocatedYaml, YamlError
from mpnp_ros.evaluation.scenarios.model_fault import faults
from mpnp_ros.evaluation.scenarios.scenario_model import ValidationError
from mpnp_ros.training.config import TrainingFile
from mpnp_ros.training.error import TrainError


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
        lines = [f'--set {fault}' if any(fault.keys[:len(keys)] == keys for keys in replaced)
                 else fault.within(document) for fault in faults(error, TrainingFile)]
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
