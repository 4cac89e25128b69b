# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A scenario file: bags, questions, configurations and the floors that figures have to keep.

`docs/scenarios.md` describes the format with an example.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Literal

from mpnp_ros.evaluation.questions.question_fields import shown
from mpnp_ros.evaluation.scenarios.located_yaml import LocatedYaml, YamlError
from mpnp_ros.evaluation.scenarios.model_fault import faults
from mpnp_ros.evaluation.scenarios.scenario_floors import (
    AccuracyFloor,
    AnyFloor,
    Control,
    DifferenceFloor,
    LatencyFloor,
)
from mpnp_ros.evaluation.scenarios.scenario_model import (
    ExistingPath,
    Field,
    field_validator,
    model_validator,
    Strict,
    ValidationError,
    ValidationInfo,
)
from mpnp_ros.evaluation.scenarios.scenario_path import resolve_path

VERSION = 1
NO_CONNECTORS = 'none'
MAJORITY = 'majority'   # the control that needs no run

_LIVE_ONLY = ('round_trip', 'queue', 'age_')   # times that topics and services take


class ScenarioError(ValueError):
    """A scenario file that cannot be used; a line for each cause: file, line, field, expected."""


class Bag(Strict):
    """A bag, and what is asked about it."""

    path: ExistingPath = Field(description='The bag: a rosbag2 folder, or a ROS 1 file.')
    name: str = Field('', description='What reports call it; empty: the name of its folder.')
    questions: list[ExistingPath] = Field(
        [], description='Question files about this bag: JSON lines, nuScenes-QA or DriveLM.')
    condition: str = Field('', description='Condition it was recorded in, e.g. night.')
    scene: str = Field('', description='What is resampled together; empty: the bag is a scene.')

    @property
    def title(self) -> str:
        """Return its name, or that of its folder."""
        return self.name or self.path.name


class Configuration(Strict):
    """How the suite is set up for a run: its parameter file, and what differs from it."""

    params: ExistingPath = Field(description="The suite's parameter file.")
    modalities: list[str] | None = Field(
        None, description="What the manager starts with; ['*']: everything, []: nothing.")
    model: str | None = Field(
        None, min_length=1, description='Language model: a name of the weights catalogue, a '
        'folder, a .gguf file or a Hugging Face id.')
    connectors: str | None = Field(
        None, description="Folder of the trained connectors; 'none': answer from text alone.")
    connected_blocks: int | None = Field(
        None, ge=1, description='How many of the last blocks sensors are connected to, '
        'offline only.')
    gates: dict[str, float] | None = Field(
        None, description='Gate of a modality in every connected block, 0 (closed) to 1, '
        'offline only.')
    parameters: dict[str, Any] = Field(
        {}, description='Other parameters, by <node>.<parameter>: {llm.max_age_s: 1.0}.')

    @field_validator('connectors')
    @classmethod
    def _find_connectors(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None or text == NO_CONNECTORS:
            return text
        return str(resolve_path(text, (info.context or {}).get('folder', Path())))

    @field_validator('gates')
    @classmethod
    def _check_gates(cls, gates: dict[str, float] | None) -> dict[str, float] | None:
        for modality, gate in (gates or {}).items():
            if not 0.0 <= gate <= 1.0:
                raise ValueError(f'the gate of {modality} is {gate:g}: expected 0 to 1')
        return gates

    @field_validator('parameters')
    @classmethod
    def _check_parameters(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in values:
            if not all(name.partition('.')):
                raise ValueError(f'{name!r}: expected <node>.<parameter>')
        return values

    def overrides(self) -> dict[str, Any]:
        """Return the values that take the place of those in `params`, by <node>.<parameter>.

        `connected_blocks` and `gates` are no parameters and not among them.
        """
        values = dict(self.parameters)
        if self.modalities is not None:
            # To ROS an empty list has no type: a list of one empty name stands for it.
            values['modality_manager.modalities'] = self.modalities or ['']
        if self.model is not None:
            values['llm.model'] = self.model
        if self.connectors is not None:
            values['llm.connectors'] = self.connectors
        return values


class Options(Strict):
    """How the runs are done."""

    path: Literal['offline', 'live'] = Field(
        'offline', description='offline: read in order, deterministic; live: through topics.')
    rate: float = Field(1.0, gt=0.0, le=100.0, description='Bag seconds per second, live only.')
    controls: list[Control] = Field(
        [], description='Answered beside, offline only; question_only: without any sensor; '
        'shuffled: with the sensors of other moments.')
    strict: bool = Field(
        False, description='Fail where anything is wrong with a bag or a question.')

    @model_validator(mode='after')
    def _check_path(self) -> Options:
        if 'rate' in self.model_fields_set and self.path != 'live':
            raise ValueError('a rate is for the live path only; offline runs as fast as it can')
        if self.controls and self.path == 'live':
            raise ValueError('controls are answered on the offline path only')
        return self


class Scenario(Strict):
    """Bags, what is asked about them, the configurations that answer, and what is expected."""

    version: Literal[1] = Field(description='Version of the format.')
    name: str = Field('', description='What reports call it; empty: the name of the file.')
    bags: list[Bag] = Field(min_length=1, description='The bags, in the order of the report.')
    questions: list[ExistingPath] = Field(
        [], description='Question files about every bag; of those that name samples, each bag '
        'gets the questions about its own.')
    configurations: dict[str, Configuration] = Field(
        min_length=1, description='By name; every one answers every question.')
    conditions: list[str] = Field(
        [], description='Only questions under one of these conditions; empty: all.')
    options: Options = Field(
        default_factory=lambda: Options.model_validate({}),
        description='Offline or live, controls, strictness.')
    floors: list[AnyFloor] = Field([], description='The bounds that figures have to keep.')

    @field_validator('bags')
    @classmethod
    def _check_titles(cls, bags: list[Bag]) -> list[Bag]:
        for title, count in Counter(bag.title for bag in bags).items():
            if count > 1:
                raise ValueError(f'{count} of them are called {title!r}: give them names')
        return bags

    @field_validator('configurations')
    @classmethod
    def _check_names(cls, named: dict[str, Configuration]) -> dict[str, Configuration]:
        for name in named:
            if not name or name.startswith('.') or '/' in name or '\\' in name:
                raise ValueError(f'{name!r} cannot be the name of a folder')
        return named

    @model_validator(mode='after')
    def _check_questions(self) -> Scenario:
        for bag in self.bags:
            if not bag.questions and not self.questions:
                raise ValueError(f'nothing is asked about the bag {bag.title!r}: expected '
                                 'questions in its entry or for all bags')
        return self

    @model_validator(mode='after')
    def _check_configurations(self) -> Scenario:
        for name, one in self.configurations.items():
            if self.options.path == 'live' and (one.connected_blocks or one.gates):
                raise ValueError(f'the configuration {name!r} has connected_blocks or gates, '
                                 'which are for the offline path only')
        return self

    @model_validator(mode='after')
    def _check_floors(self) -> Scenario:
        for index, floor in enumerate(self.floors):
            trouble = self._trouble_with(floor)
            if trouble:
                raise ValueError(f'floors[{index}] {trouble}')
        return self

    def _trouble_with(self, floor: AnyFloor) -> str:
        """Return why no run of this scenario can have the figure of a floor; '' if one can."""
        for name in floor.configurations:
            if name not in self.configurations:
                return (f'is about the configuration {name!r}; there are '
                        f'{", ".join(self.configurations)}')
        control = floor.control if isinstance(floor, (AccuracyFloor, DifferenceFloor)) else None
        if control not in (None, MAJORITY, *self.options.controls):
            return f'is about {control}, which is not among options.controls'
        titles = [bag.title for bag in self.bags]
        if isinstance(floor, AccuracyFloor) and floor.where and floor.where.bag not in (
                None, *titles):
            return f'is about the bag {floor.where.bag!r}; there are {", ".join(titles)}'
        if (isinstance(floor, LatencyFloor) and self.options.path != 'live'
                and floor.of.startswith(_LIVE_ONLY)):
            return f'is about {floor.of}, which only the live path measures'
        return ''


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario file; its paths come out as those of files that exist.

    :raises ScenarioError: with one line for each cause.
    """
    path = Path(path)
    try:
        document = LocatedYaml(path)
    except YamlError as error:
        raise ScenarioError(str(error)) from error
    if not isinstance(document.content, dict):
        raise ScenarioError(f'{path}: expected a mapping with version, bags, configurations, ..., '
                            f'got {shown(document.content)}')
    try:
        scenario = Scenario.model_validate(
            document.content, context={'folder': path.parent})
    except ValidationError as error:
        lines = [fault.within(document) for fault in faults(error, Scenario)]
        raise ScenarioError('\n'.join(dict.fromkeys(lines))) from error
    return scenario if scenario.name else scenario.model_copy(update={'name': path.stem})


def scenario_schema() -> dict[str, Any]:
    """Return the JSON schema of a scenario file, for editors and other checks."""
    return {'$schema': 'https://json-schema.org/draft/2020-12/schema',
            **Scenario.model_json_schema()}
