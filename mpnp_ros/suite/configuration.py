# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read a parameter file of the suite without ROS: the one that `mpnp.launch.py` takes."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mpnp_ros.encoders.base import checked_options, encoder_class
from mpnp_ros.suite.parameter import filled
from mpnp_ros.suite.parameters import (
    EncoderParameters, LlmParameters, ManagerParameters, ViewParameters)

MANAGER, LLM = 'modality_manager', 'llm'
# Parameters that rclpy and its helpers declare by themselves.
_OF_ROS = ('qos_overrides.', 'diagnostic_updater.', 'use_sim_time',
           'start_type_description_service')


class ConfigurationError(ValueError):
    """A parameter file that cannot be used; the text names the file, the node and the cause."""


@dataclass(frozen=True)
class ModalityConfiguration:
    """One encoder node: its parameters, those of its views, and its encoder's options."""

    node: str
    parameters: EncoderParameters
    views: dict[str, ViewParameters]
    options: dict[str, Any]

    def topic(self, view: str) -> str:
        """Return the absolute topic of a view; a relative one lies in the root namespace."""
        given = self.views[view].topic or f'{self.parameters.modality}/{view}'
        return given if given.startswith('/') else f'/{given}'

    def info_topic(self, view: str) -> str:
        """Return the absolute topic of a view's CameraInfo, '' where there is none."""
        given = self.views[view].camera_info_topic
        return given if not given or given.startswith('/') else f'/{given}'


@dataclass(frozen=True)
class SuiteConfiguration:
    """The whole suite; `given` are the values of the file and the overrides, by node."""

    path: Path
    modalities: dict[str, ModalityConfiguration]
    manager: ManagerParameters
    llm: LlmParameters
    given: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_configuration(
    path: Path, overrides: Mapping[str, Any] | None = None
) -> SuiteConfiguration:
    """Read a parameter file.

    `overrides` are values by '<node>.<parameter>', e.g. {'llm.max_age_s': 1.0}. Raises
    ConfigurationError for a file that cannot be read, an unknown node or parameter and a value
    that a node would refuse.
    """
    nodes = _nodes(path)
    for name, value in (overrides or {}).items():
        node, dot, parameter = name.partition('.')
        if not dot or node not in {*nodes, MANAGER, LLM}:
            raise ConfigurationError(
                f'override {name!r}: expected <node>.<parameter> of a node of {path}: '
                f'{", ".join(sorted({*nodes, MANAGER, LLM}))}')
        nodes.setdefault(node, {})[parameter] = value
    modalities: dict[str, ModalityConfiguration] = {}
    try:
        for node, values in nodes.items():
            if 'encoder' not in values:
                continue
            one = _modality(path, node, values)
            name = one.parameters.modality
            if not name or name in modalities:
                raise ValueError(f'{path}: {node} needs a `modality` of its own, got {name!r}')
            modalities[name] = one
        return SuiteConfiguration(
            path, modalities,
            filled(ManagerParameters, nodes.get(MANAGER, {}), f'{path}, {MANAGER}'),
            filled(LlmParameters, nodes.get(LLM, {}), f'{path}, {LLM}'), nodes)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def as_parameters(configuration: SuiteConfiguration) -> dict[str, dict[str, Any]]:
    """Return every parameter of every node by its full name, defaults included."""
    found = {MANAGER: dataclasses.asdict(configuration.manager),
             LLM: dataclasses.asdict(configuration.llm)}
    for one in configuration.modalities.values():
        values = dataclasses.asdict(one.parameters)
        for view, given in one.views.items():
            # NaN, 'not given' among parameters, is no JSON.
            values |= {f'view.{view}.{name}': value for name, value in
                       dataclasses.asdict(given).items() if value == value}
        values |= {f'options.{name}': value for name, value in one.options.items()}
        found[one.node] = values
    return found


def _modality(path: Path, node: str, values: Mapping[str, Any]) -> ModalityConfiguration:
    where = f'{path}, {node}'
    plain = {name: value for name, value in values.items()
             if not name.startswith(('view.', 'options.'))}
    parameters = filled(EncoderParameters, plain, where)
    names = parameters.views
    if not names or len(set(names)) != len(names) or not all(names):
        raise ValueError(f"{where}: parameter 'views': expected distinct names, got {names}")
    given = {name.partition('.')[2]: value for name, value in values.items()
             if name.startswith('options.')}
    try:
        cls = encoder_class(parameters.encoder)
        options = dataclasses.asdict(checked_options(cls, given))
    except ValueError as error:
        raise ValueError(f'{where}: {error}') from error
    views = {}
    for view in names:
        start = f'view.{view}.'
        views[view] = filled(
            ViewParameters,
            {name.removeprefix(start): value for name, value in values.items()
             if name.startswith(start)}, f'{where}, view {view}')
        kind = views[view].type
        if kind and kind not in cls.message_types:
            raise ValueError(f'{where}: view.{view}.type: the encoder takes '
                             f'{", ".join(cls.message_types)}, not {kind!r}')
    strays = sorted(name for name in values if name.startswith('view.')
                    and name.split('.')[1] not in names)
    if strays:
        raise ValueError(f'{where}: {strays[0]} belongs to no view of {", ".join(names)}')
    return ModalityConfiguration(node, parameters, views, options)


def _nodes(path: Path) -> dict[str, dict[str, Any]]:
    """Return the parameters of each node by their full names."""
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f'cannot read the parameter file {path}: {error}') from error
    if not isinstance(content, dict):
        raise ConfigurationError(f'{path}: expected nodes with ros__parameters, got '
                                 f'{type(content).__name__}')
    nodes: dict[str, dict[str, Any]] = {}
    shared: dict[str, Any] = {}
    for key, section in content.items():
        values = section.get('ros__parameters') if isinstance(section, dict) else None
        if not isinstance(values, dict):
            raise ConfigurationError(f'{path}: {key} has no ros__parameters')
        name = str(key).rsplit('/', 1)[-1]
        flat = {parameter: value for parameter, value in _flat(values).items()
                if not parameter.startswith(_OF_ROS)}
        if name in ('**', '*'):
            shared |= flat
        else:
            nodes.setdefault(name, {}).update(flat)
    return {name: shared | values for name, values in nodes.items()}


def _flat(values: Mapping[str, Any], prefix: str = '') -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f'{prefix}{name}.')
        else:
            flat[f'{prefix}{name}'] = value
    return flat
