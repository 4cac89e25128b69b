# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""ROS parameters from dataclasses: one declaration gives type, default, range and description."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from mpnp_ros.suite.parameter import default_of, field_type, parameter, problem_with

__all__ = ['declare_parameters', 'default_of', 'LiveParameters', 'parameter']

T = TypeVar('T')

_PARAMETER_TYPES = {
    bool: Parameter.Type.BOOL,
    int: Parameter.Type.INTEGER,
    float: Parameter.Type.DOUBLE,
    str: Parameter.Type.STRING,
    list[str]: Parameter.Type.STRING_ARRAY,
    list[float]: Parameter.Type.DOUBLE_ARRAY,
}
_MAX_INTEGER = 2**63 - 1
_MAX_DOUBLE = 1.7976931348623157e308


def declare_parameters(node: Node, cls: type[T], prefix: str = '') -> T:
    """Declare every field of the dataclass `cls` and return an instance with the values given.

    Raises
    ------
    ValueError
        if a value has the wrong type or lies outside its range; the message names the parameter.

    """
    values = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        name = prefix + field.name
        if not node.has_parameter(name):
            try:
                node.declare_parameter(name, default_of(field), _descriptor(cls, field))
            except Exception as error:  # rclpy raises several unrelated classes here
                raise ValueError(f'parameter {name!r}: {error}') from error
        value = node.get_parameter(name).value
        values[field.name] = list(value) if field_type(cls, field) in (
            list[str], list[float]) else value
        problem = problem_with(field, value)
        if problem:
            raise ValueError(f'parameter {name!r}: {problem}')
    return cls(**values)


class LiveParameters:
    """Keep a node's parameter dataclass equal to its ROS parameters while it runs."""

    def __init__(self, node: Node, cls: type[Any]) -> None:
        self.values = declare_parameters(node, cls)
        self._fields = {field.name: field for field in dataclasses.fields(cls)}
        node.add_on_set_parameters_callback(self._validate)
        node.add_post_set_parameters_callback(self._store)

    def _validate(self, parameters: list[Parameter]) -> SetParametersResult:
        for given in parameters:
            field = self._fields.get(given.name)
            problem = problem_with(field, given.value) if field is not None else ''
            if problem:
                return SetParametersResult(
                    successful=False, reason=f'parameter {given.name!r}: {problem}')
        return SetParametersResult(successful=True)

    def _store(self, parameters: list[Parameter]) -> None:
        changed = {given.name: given.value for given in parameters if given.name in self._fields}
        if changed:
            self.values = dataclasses.replace(self.values, **changed)


def _descriptor(cls: type[Any], field: dataclasses.Field[Any]) -> ParameterDescriptor:
    kind = field_type(cls, field)
    if kind not in _PARAMETER_TYPES:
        raise TypeError(f'{cls.__name__}.{field.name}: {kind} is no ROS parameter type')
    metadata = field.metadata
    descriptor = ParameterDescriptor(
        description=metadata.get('description', ''),
        type=_PARAMETER_TYPES[kind].value,
        read_only=metadata.get('read_only', True),
    )
    minimum, maximum = metadata.get('minimum'), metadata.get('maximum')
    if kind is int and (minimum is not None or maximum is not None):
        descriptor.integer_range = [IntegerRange(
            from_value=int(-_MAX_INTEGER if minimum is None else minimum),
            to_value=int(_MAX_INTEGER if maximum is None else maximum))]
    # A NaN default means 'not given'; rclpy would refuse it against a range.
    if kind is float and (minimum is not None or maximum is not None):
        if not math.isnan(default_of(field)):
            descriptor.floating_point_range = [FloatingPointRange(
                from_value=float(-_MAX_DOUBLE if minimum is None else minimum),
                to_value=float(_MAX_DOUBLE if maximum is None else maximum))]
    if metadata.get('choices'):
        descriptor.additional_constraints = 'one of: ' + ', '.join(map(str, metadata['choices']))
    return descriptor
