# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Hold the scores of a run against the floors of its scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mpnp_ros.evaluation.scenarios.scenario import Scenario
from mpnp_ros.evaluation.scenarios.scenario_floors import AnyFloor, NotMeasured


@dataclass(frozen=True)
class FloorResult:
    """Whether a floor was kept.

    :ivar measured: the figure, None where there is none: then the floor is not kept.
    :ivar wanted: the bounds in words, e.g. 'at least 0.7'.
    :ivar why: one sentence with the figure, or with the cause that there is none.
    """

    name: str
    passed: bool
    measured: float | None
    wanted: str
    why: str


def check_floors(scenario: Scenario, scores: Mapping[str, Any], run_name: str
                 ) -> list[FloorResult]:
    """Return the result of every floor that the run of a configuration has to keep.

    :param scores: what `scores.json` of the run holds.
    :param run_name: name of the configuration.
    :raises ValueError: the scenario has no such configuration.
    """
    if run_name not in scenario.configurations:
        raise ValueError(f'scenario {scenario.name!r} has no configuration {run_name!r}; there '
                         f'are {", ".join(scenario.configurations)}')
    return [_result(floor, scores) for floor in scenario.floors
            if not floor.configurations or run_name in floor.configurations]


def _result(floor: AnyFloor, scores: Mapping[str, Any]) -> FloorResult:
    try:
        value = floor.measured(scores)
    except NotMeasured as cause:
        return FloorResult(floor.title(), False, None, floor.wanted(), f'not measured: {cause}')
    passed = floor.keeps(value)
    verdict = 'as wanted' if passed else 'wanted'
    return FloorResult(floor.title(), passed, value, floor.wanted(),
                       f'{floor.subject()} is {value:.6g}, {floor.wanted()} {verdict}')
