# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The floors of a scenario: which figure of the scores has to keep which bound."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
import dataclasses
import math
from typing import Annotated, Any, ClassVar, Literal

from mpnp_ros.evaluation.record import AnswerTiming
from mpnp_ros.evaluation.scenarios.scenario_model import (
    Field,
    field_validator,
    model_validator,
    Strict,
)

Control = Literal['question_only', 'shuffled']
Compared = Literal['question_only', 'shuffled', 'majority']

_AGE = 'age_'
_TIMES = tuple(field.name.removesuffix('_ms') for field in dataclasses.fields(AnswerTiming)
               if field.name.endswith('_ms'))


class NotMeasured(Exception):
    """The scores lack the figure that a floor is about; the text says what they have instead."""


class Floor(Strict):
    """A bound, and the figure that has to keep it."""

    limits: ClassVar[tuple[float, float]] = (0.0, math.inf)

    at_least: float | None = Field(None, description='The smallest value that passes.')
    at_most: float | None = Field(None, description='The largest value that passes.')
    configurations: list[str] = Field(
        [], description='Names of the configurations that have to keep it; empty: all of them.')
    name: str = Field('', description='What reports call it; empty: the bound in words.')

    @abstractmethod
    def subject(self) -> str:
        """Return in words which figure it is about."""

    @abstractmethod
    def measured(self, scores: Mapping[str, Any]) -> float:
        """Return the figure; raises NotMeasured where the scores lack it."""

    def wanted(self) -> str:
        """Return the bounds in words."""
        bounds = (('at least', self.at_least), ('at most', self.at_most))
        return ' and '.join(f'{word} {bound:g}' for word, bound in bounds if bound is not None)

    def title(self) -> str:
        """Return its name, or the bound in words."""
        return self.name or f'{self.subject()} {self.wanted()}'

    def keeps(self, value: float) -> bool:
        """Tell whether a value lies within the bounds."""
        return ((self.at_least is None or value >= self.at_least)
                and (self.at_most is None or value <= self.at_most))

    @model_validator(mode='after')
    def _check_bounds(self) -> Floor:
        bounds = {'at_least': self.at_least, 'at_most': self.at_most}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        if not given:
            raise ValueError('without a bound: expected at_least or at_most')
        low, high = self.limits
        for name, bound in given.items():
            if not low <= bound <= high:
                raise ValueError(f'{name} is {bound:g}: expected ' + (
                    f'{low:g} or more' if high == math.inf else f'{low:g} to {high:g}'))
        if len(given) == 2 and given['at_least'] > given['at_most']:
            raise ValueError(f'at_least {given["at_least"]:g} is above at_most '
                             f'{given["at_most"]:g}')
        return self


class Where(Strict):
    """Which questions: one of these."""

    type: str | None = Field(None, description='Type of the question, e.g. exist.')
    hop: int | None = Field(None, description="nuScenes-QA's hops, 0 or 1.")
    condition: str | None = Field(None, description='Condition, e.g. night.')
    modalities: str | None = Field(
        None, description="Modalities that took part, e.g. camera+lidar, or 'none'.")
    bag: str | None = Field(None, description='Name of the bag.')

    @field_validator('modalities')
    @classmethod
    def _in_order(cls, names: str | None) -> str | None:
        return names and '+'.join(sorted(name.strip() for name in names.split('+')))

    @model_validator(mode='after')
    def _check_one(self) -> Where:
        if len(self.model_fields_set) != 1:
            raise ValueError(f'expected one of {", ".join(Where.model_fields)}, '
                             f'got {len(self.model_fields_set)} of them')
        return self

    def key(self) -> tuple[str, str]:
        """Return the dimension and the name in it, as the scores have them."""
        dimension, = self.model_fields_set
        return dimension, str(getattr(self, dimension))


class AccuracyFloor(Floor):
    """Share of the questions that were answered right."""

    limits: ClassVar[tuple[float, float]] = (0.0, 1.0)

    metric: Literal['accuracy']
    where: Where | None = Field(None, description='Of which questions; without it: of all.')
    control: Compared | None = Field(
        None, description='Of a control instead of the answers; majority: of the most frequent '
        'answer to each question.')
    use: Literal['accuracy', 'low', 'high'] = Field(
        'accuracy', description='The figure itself, or an end of its 95 % interval.')

    @model_validator(mode='after')
    def _check_control(self) -> AccuracyFloor:
        if self.control and self.where and self.where.key()[0] != 'type':
            raise ValueError('the accuracy of a control is known for all questions and by type, '
                             f'not by {self.where.key()[0]}')
        return self

    def subject(self) -> str:
        """Return in words which figure it is about."""
        of = '' if self.where is None else ' of {} {}'.format(*self.where.key())
        end = '' if self.use == 'accuracy' else f', {self.use} end of its interval,'
        return f'{self.control + ": " if self.control else ""}accuracy{of}{end}'

    def measured(self, scores: Mapping[str, Any]) -> float:
        """Return the figure; raises NotMeasured where there was no such question."""
        scope: tuple[str, ...] = ('controls', self.control) if self.control else ()
        if self.where is None:
            figure = entry(scores, *scope, 'overall')
        else:
            dimension, name = self.where.key()
            by = ('by_type',) if self.control else ('by', dimension)
            figure = entry(scores, *scope, *by, name)
        if number(figure, 'n') < 1:
            raise NotMeasured('there was no such question')
        return number(figure, self.use)


class DifferenceFloor(Floor):
    """By how much the answers are more often right than a control's, on the same questions."""

    limits: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    metric: Literal['difference']
    control: Compared = Field(
        description='The control it is compared with; majority: the most frequent answer.')
    use: Literal['mean', 'low', 'high'] = Field(
        'mean', description='The figure itself, or an end of its 95 % interval.')

    def subject(self) -> str:
        """Return in words which figure it is about."""
        end = '' if self.use == 'mean' else f', {self.use} end of its interval,'
        return f'difference to {self.control}{end}'

    def measured(self, scores: Mapping[str, Any]) -> float:
        """Return the figure; raises NotMeasured where the control was not run."""
        return number(scores, 'controls', self.control, 'difference', self.use)


class CountFloor(Floor):
    """How many questions were asked, answered or refused."""

    metric: Literal['asked', 'answered', 'refused']

    def subject(self) -> str:
        """Return in words which figure it is about."""
        return self.metric

    def measured(self, scores: Mapping[str, Any]) -> float:
        """Return the figure; raises NotMeasured where nothing was asked."""
        if self.metric != 'asked' and not number(scores, 'asked'):
            raise NotMeasured('nothing was asked')
        return number(scores, self.metric)


class CalibrationFloor(Floor):
    """How far the probability of the answers is from how often they are right."""

    limits: ClassVar[tuple[float, float]] = (0.0, 1.0)

    metric: Literal['ece', 'brier']

    def subject(self) -> str:
        """Return in words which figure it is about."""
        return {'ece': 'expected calibration error', 'brier': 'Brier score'}[self.metric]

    def measured(self, scores: Mapping[str, Any]) -> float:
        """Return the figure; raises NotMeasured where no answer had a probability."""
        return number(scores, 'calibration', self.metric)


class LatencyFloor(Floor):
    """A percentile of a time, ms."""

    metric: Literal['latency_ms']
    of: str = Field(description='Which time: core, queue, total, round_trip, age_<modality>, ...')
    percentile: Literal['p50', 'p90', 'p95', 'p99', 'max'] = Field(
        description='Which of its percentiles.')

    @field_validator('of')
    @classmethod
    def _check_of(cls, name: str) -> str:
        if name not in _TIMES and not name.startswith(_AGE):
            raise ValueError(f'{name!r} is no time: expected one of {", ".join(_TIMES)}, '
                             f'{_AGE}<modality>')
        return name

    def subject(self) -> str:
        """Return in words which figure it is about."""
        return f'{self.percentile} of {self.of} in ms'

    def measured(self, scores: Mapping[str, Any]) -> float:
        """Return the figure; raises NotMeasured where that time was not taken."""
        return number(scores, 'latency_ms', self.of, self.percentile)


class FlopsFloor(Floor):
    """Counted operations per question."""

    metric: Literal['flops']
    of: Literal['encode', 'fuse', 'answer', 'total'] = Field(
        'total', description='Which part of the work.')

    def subject(self) -> str:
        """Return in words which figure it is about."""
        return f'flops of {self.of} per question'

    def measured(self, scores: Mapping[str, Any]) -> float:
        """Return the figure; raises NotMeasured where operations were not counted."""
        return number(scores, 'cost', 'flops', self.of)


class PayloadFloor(Floor):
    """Bytes of latents per question."""

    metric: Literal['payload_bytes']

    def subject(self) -> str:
        """Return in words which figure it is about."""
        return 'payload bytes per question'

    def measured(self, scores: Mapping[str, Any]) -> float:
        """Return the figure; raises NotMeasured where no latents were used."""
        return number(scores, 'cost', 'payload_bytes')


AnyFloor = Annotated[
    AccuracyFloor | DifferenceFloor | CountFloor | CalibrationFloor | LatencyFloor | FlopsFloor
    | PayloadFloor, Field(discriminator='metric')]


def entry(scores: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return the mapping that the keys lead to; raises NotMeasured naming the one that lacks."""
    for depth, key in enumerate(keys):
        found = scores.get(key)
        if not isinstance(found, Mapping):
            if key in scores or not depth:
                raise NotMeasured(f'there is no {".".join(keys[:depth + 1])}')
            raise NotMeasured(f'{".".join(keys[:depth])} has no {key!r}; there is '
                              f'{", ".join(map(str, scores)) or "nothing"}')
        scores = found
    return scores


def number(scores: Mapping[str, Any], *keys: str) -> float:
    """Return the number that the keys lead to; raises NotMeasured where there is none."""
    within = entry(scores, *keys[:-1])
    value = within.get(keys[-1])
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise NotMeasured(f'{".".join(keys)} is {value!r}, not a number' if keys[-1] in within
                          else f'there is no {".".join(keys)}')
    return float(value)
