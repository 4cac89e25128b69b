# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Floors: the figure each is about, the bound it keeps, and the reason where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.record import AnswerTiming, CONTROLS, Record, Use
from mpnp_ros.evaluation.scenarios.scenario import Scenario
from mpnp_ros.evaluation.scenarios.scenario_check import check_floors, FloorResult


def figure(accuracy: float, n: int = 50) -> dict[str, Any]:
    return {'n': n, 'right': round(n * accuracy), 'accuracy': accuracy,
            'low': accuracy - 0.1, 'high': accuracy + 0.1}


SCORES: dict[str, Any] = {
    'schema': 1, 'overall': figure(0.76), 'asked': 194, 'answered': 190, 'refused': 4,
    'by': {'type': {'exist': figure(0.8), 'color': figure(0.5)}, 'hop': {'0': figure(0.7)},
           'condition': {'night': figure(0.6)}, 'modalities': {'camera+lidar': figure(0.75)},
           'bag': {'monday': figure(0.9), 'empty': figure(0.0, n=0)}},
    'controls': {'question_only': {
        'overall': figure(0.5), 'by_type': {'exist': figure(0.55)},
        'difference': {'mean': 0.26, 'low': 0.2, 'high': 0.32}},
        'majority': {'overall': figure(0.6), 'by_type': {}, 'difference': {'mean': 0.16}}},
    'calibration': {'n': 190, 'ece': 0.08, 'brier': 0.31, 'bins': []},
    'cost': {'flops': {'encode': 4e8, 'fuse': 1e7, 'answer': 5.9e8, 'total': 1e9},
             'payload_bytes': 42000.0},
    'latency_ms': {'round_trip': {'n': 9, 'p50': 210.0, 'p99': 380.5, 'max': 401.0},
                   'age_camera': {'n': 9, 'p50': 90.0, 'p99': 300.0, 'max': 310.0}},
}


def scenario(tmp_path: Path, *floors: dict[str, Any]) -> Scenario:
    live = any(floor['metric'] == 'latency_ms' for floor in floors)
    (tmp_path / 'file').write_text('')
    return Scenario.model_validate({
        'version': 1, 'bags': [
            {'path': 'file', 'questions': ['file'], 'name': name} for name in ('monday', 'empty')],
        'configurations': {'both': {'params': 'file'}, 'camera': {'params': 'file'}},
        'options': {'path': 'live'} if live else {'controls': ['question_only', 'shuffled']},
        'floors': list(floors)}, context={'folder': tmp_path})


def check(tmp_path: Path, floor: dict[str, Any], **changes: Any) -> FloorResult:
    result, = check_floors(scenario(tmp_path, floor), {**SCORES, **changes}, 'both')
    return result


@pytest.mark.parametrize('floor, measured, name', [
    ({'metric': 'accuracy'}, 0.76, 'accuracy'),
    ({'metric': 'accuracy', 'where': {'type': 'exist'}}, 0.8, 'accuracy of type exist'),
    ({'metric': 'accuracy', 'where': {'type': 'exist'}, 'use': 'low'}, 0.7,
     'accuracy of type exist, low end of its interval,'),
    ({'metric': 'accuracy', 'where': {'hop': 0}}, 0.7, 'accuracy of hop 0'),
    ({'metric': 'accuracy', 'where': {'condition': 'night'}}, 0.6, 'accuracy of condition night'),
    ({'metric': 'accuracy', 'where': {'modalities': 'lidar + camera'}}, 0.75,
     'accuracy of modalities camera+lidar'),
    ({'metric': 'accuracy', 'where': {'bag': 'monday'}}, 0.9, 'accuracy of bag monday'),
    ({'metric': 'accuracy', 'control': 'question_only'}, 0.5, 'question_only: accuracy'),
    ({'metric': 'accuracy', 'control': 'question_only', 'where': {'type': 'exist'}}, 0.55,
     'question_only: accuracy of type exist'),
    ({'metric': 'difference', 'control': 'question_only'}, 0.26, 'difference to question_only'),
    ({'metric': 'difference', 'control': 'question_only', 'use': 'low'}, 0.2,
     'difference to question_only, low end of its interval,'),
    ({'metric': 'difference', 'control': 'majority'}, 0.16, 'difference to majority'),
    ({'metric': 'asked'}, 194, 'asked'),
    ({'metric': 'answered'}, 190, 'answered'),
    ({'metric': 'refused'}, 4, 'refused'),
    ({'metric': 'ece'}, 0.08, 'expected calibration error'),
    ({'metric': 'brier'}, 0.31, 'Brier score'),
    ({'metric': 'latency_ms', 'of': 'round_trip', 'percentile': 'p99'}, 380.5,
     'p99 of round_trip in ms'),
    ({'metric': 'latency_ms', 'of': 'age_camera', 'percentile': 'max'}, 310.0,
     'max of age_camera in ms'),
    ({'metric': 'flops'}, 1e9, 'flops of total per question'),
    ({'metric': 'flops', 'of': 'encode'}, 4e8, 'flops of encode per question'),
    ({'metric': 'payload_bytes'}, 42000.0, 'payload bytes per question'),
])
def test_each_metric_is_held_against_its_bounds(
        tmp_path: Path, floor: dict[str, Any], measured: float, name: str) -> None:
    kept = check(tmp_path, {**floor, 'at_least': measured - 1e-6, 'at_most': measured + 1e-6})
    assert kept.passed and kept.measured == pytest.approx(measured)
    assert kept.name.startswith(f'{name} at least ')
    broken = check(tmp_path, {**floor, 'at_least': measured + 0.05})
    assert not broken.passed and broken.measured == pytest.approx(measured)
    assert broken.why.startswith(f'{name} is ')
    assert broken.why.endswith(f'{broken.wanted} wanted')


def test_a_bound_itself_passes(tmp_path: Path) -> None:
    assert check(tmp_path, {'metric': 'accuracy', 'at_least': 0.76}).passed
    assert check(tmp_path, {'metric': 'refused', 'at_most': 4}).passed
    assert not check(tmp_path, {'metric': 'refused', 'at_most': 0}).passed


def test_a_result_says_what_was_wanted_and_what_came(tmp_path: Path) -> None:
    assert check(tmp_path, {
        'metric': 'latency_ms', 'of': 'round_trip', 'percentile': 'p99', 'at_most': 300,
        'name': 'fast enough'}) == FloorResult(
            'fast enough', False, 380.5, 'at most 300',
            'p99 of round_trip in ms is 380.5, at most 300 wanted')


@pytest.mark.parametrize('floor, changes, why', [
    ({'metric': 'accuracy', 'where': {'type': 'status'}, 'at_least': 0}, {},
     "by.type has no 'status'; there is exist, color"),
    ({'metric': 'accuracy', 'where': {'bag': 'empty'}, 'at_least': 0}, {},
     'there was no such question'),
    ({'metric': 'accuracy', 'at_least': 0}, {'overall': {'n': 9, 'accuracy': None}},
     'accuracy is None, not a number'),
    ({'metric': 'accuracy', 'at_least': 0}, {'overall': {'n': 9, 'accuracy': float('nan')}},
     'accuracy is nan, not a number'),
    ({'metric': 'difference', 'control': 'shuffled', 'at_least': -1}, {},
     "controls has no 'shuffled'; there is question_only, majority"),
    ({'metric': 'ece', 'at_most': 1}, {'calibration': None}, 'there is no calibration'),
    ({'metric': 'latency_ms', 'of': 'queue', 'percentile': 'p99', 'at_most': 1e9}, {},
     "latency_ms has no 'queue'; there is round_trip, age_camera"),
    ({'metric': 'latency_ms', 'of': 'round_trip', 'percentile': 'p90', 'at_most': 1e9}, {},
     'there is no latency_ms.round_trip.p90'),
    ({'metric': 'latency_ms', 'of': 'core', 'percentile': 'p50', 'at_most': 1e9},
     {'latency_ms': {}}, "latency_ms has no 'core'; there is nothing"),
    ({'metric': 'flops', 'at_most': 1e12}, {'cost': {}}, "cost has no 'flops'; there is nothing"),
    ({'metric': 'refused', 'at_most': 0}, {'asked': 0, 'refused': 0}, 'nothing was asked'),
])
def test_a_figure_that_was_not_measured_does_not_pass(
        tmp_path: Path, floor: dict[str, Any], changes: dict[str, Any], why: str) -> None:
    result = check(tmp_path, floor, **changes)
    assert (result.passed, result.measured) == (False, None)
    assert result.why == f'not measured: {why}'


def test_scores_that_hold_nothing_pass_no_floor(tmp_path: Path) -> None:
    floors = [{'metric': 'accuracy', 'at_least': 0}, {'metric': 'asked', 'at_least': 0},
              {'metric': 'payload_bytes', 'at_least': 0}, {'metric': 'brier', 'at_least': 0}]
    results = check_floors(scenario(tmp_path, *floors), {}, 'both')
    assert [(result.passed, result.measured) for result in results] == [(False, None)] * 4


def test_the_scores_of_a_run_have_the_figure_of_every_floor(tmp_path: Path) -> None:
    records = [record(index, control) for index in range(4) for control in ('', *CONTROLS)]
    timings = [AnswerTiming(str(index), core_ms=200.0, round_trip_ms=250.0,
                            ages_s={'camera': 0.1}) for index in range(4)]
    scores = score(records, timings)
    wheres = [{'type': 'exist'}, {'hop': 1}, {'condition': 'night'}, {'modalities': 'camera'},
              {'bag': 'monday'}]
    floors = [
        *({'metric': 'accuracy', 'use': end} for end in ('accuracy', 'low', 'high')),
        *({'metric': 'accuracy', 'where': where} for where in wheres),
        *({'metric': 'accuracy', 'control': control, 'where': {'type': 'exist'}}
          for control in (*CONTROLS, 'majority')),
        *({'metric': 'difference', 'control': control, 'use': end}
          for control in (*CONTROLS, 'majority') for end in ('mean', 'low', 'high')),
        *({'metric': name}
          for name in ('asked', 'answered', 'refused', 'ece', 'brier', 'payload_bytes')),
        *({'metric': 'flops', 'of': part} for part in ('encode', 'fuse', 'answer', 'total'))]
    times = [{'metric': 'latency_ms', 'of': name, 'percentile': percentile}
             for name in ('core', 'round_trip', 'age_camera')
             for percentile in ('p50', 'p90', 'p95', 'p99', 'max')]
    for some in (floors, times):
        given = scenario(tmp_path, *({**floor, 'at_most': 1.0} for floor in some))
        results = check_floors(given, scores, 'both')
        assert [result.why for result in results if result.measured is None] == []


def record(index: int, control: str) -> Record:
    return Record(
        str(index), 'monday', '', index, 'Are there any cars?', 'yes', 'yes', True, control,
        'exist', 1, 'night', ('yes', 'no'), (0.9, 0.1),
        modalities=() if control else (Use('camera', 'id', index, 0.1, 29, 1000),),
        flops={'encode': 3, 'fuse': 1, 'answer': 5})


def test_a_floor_binds_the_configurations_that_it_names(tmp_path: Path) -> None:
    given = scenario(
        tmp_path, {'metric': 'asked', 'at_least': 1, 'name': 'all'},
        {'metric': 'asked', 'at_least': 1, 'name': 'one', 'configurations': ['camera']})
    assert [result.name for result in check_floors(given, SCORES, 'both')] == ['all']
    assert [result.name for result in check_floors(given, SCORES, 'camera')] == ['all', 'one']


def test_a_run_of_no_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no configuration 'lidar'; there are both, camera"):
        check_floors(scenario(tmp_path), SCORES, 'lidar')
