# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters as dataclass fields: the same declaration serves ROS and a YAML file read without."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import math
import typing
from typing import Any, TypeVar

from mpnp_ros.setting import setting

T = TypeVar('T')

AUTOSTART = 'Configure and activate the node by itself when it starts.'


def parameter(
    default: Any,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    read_only: bool = True,
) -> Any:
    """Return a dataclass field that describes one ROS parameter.

    `read_only` parameters are fixed when the node starts; the others may be set while it runs.
    """
    return setting(default, description, minimum=minimum, maximum=maximum, choices=choices,
                   read_only=read_only)


def autostart_parameter() -> Any:
    """Return the field that every node's parameters share."""
    return parameter(False, AUTOSTART)


def default_of(field: dataclasses.Field[Any]) -> Any:
    """Return the default value of a dataclass field."""
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    raise TypeError(f'{field.name}: a parameter needs a default')


def field_type(cls: type[Any], field: dataclasses.Field[Any]) -> Any:
    """Return the resolved type annotation of a dataclass field."""
    return typing.get_type_hints(cls)[field.name]


def problem_with(field: dataclasses.Field[Any], value: Any) -> str:
    """Return in words why a value is not one the field may have; '' if it is."""
    metadata = field.metadata
    choices = metadata.get('choices')
    if choices and value not in choices:
        return f'{value!r} is not one of {", ".join(map(str, choices))}'
    if isinstance(value, float) and math.isnan(value):
        default = default_of(field)
        if not (isinstance(default, float) and math.isnan(default)):
            return 'NaN is not a value'
        return ''
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        minimum, maximum = metadata.get('minimum'), metadata.get('maximum')
        if minimum is not None and value < minimum:
            return f'{value} is below the minimum {minimum}'
        if maximum is not None and value > maximum:
            return f'{value} is above the maximum {maximum}'
    return ''


def filled(cls: type[T], given: Mapping[str, Any], where: str) -> T:
    """Return the dataclass with the values given, as a node would declare them.

    Raises ValueError naming `where`, the parameter and what is expected: for a name that the
    class does not have, a value of another type and one out of its range.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    values = {}
    for name, value in given.items():
        if name not in fields:
            raise ValueError(f'{where}: there is no parameter {name!r}; there are '
                             f'{", ".join(fields)}')
        field = fields[name]
        kind = field_type(cls, field)
        wanted = typing.get_origin(kind) or kind
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise ValueError(f'{where}: parameter {name!r} is {value!r}, expected a value of '
                             f'type {getattr(wanted, "__name__", wanted)}')
        problem = problem_with(field, value)
        if problem:
            raise ValueError(f'{where}: parameter {name!r}: {problem}')
        values[name] = value
    return cls(**values)
