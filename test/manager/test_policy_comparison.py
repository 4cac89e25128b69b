# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What benchmarks/policies.py says of policies, and the pictures that it draws."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any
import xml.etree.ElementTree as ElementTree

from outcomes import as_record, QUESTIONS, told
import pytest

from mpnp_ros.evaluation.record import Record, Use
from mpnp_ros.manager.features import NgramFeatures
from mpnp_ros.manager.relevance_fit import fit
from mpnp_ros.manager.replay import Replayed, subsets
from mpnp_ros.manager.rules import Rule, Rules

BENCHMARKS = Path(__file__).resolve().parents[2] / 'benchmarks'
DARK = dict.fromkeys(range(0, 20, 4), 0.0)
NONE, CAMERA, LIDAR, BOTH = subsets(['camera', 'lidar'])
STEP = {
    'at_s': 0.0, 'condition': 'day', 'used': ['camera'], 'usability': {'camera': 1.0},
    'reasons': {'camera': 'colour question', 'lidar': 'costs <more> & tells nothing'},
    'answers': [{'kind': 'color', 'question': 'What color is the car?', 'expected': 'red',
                 'answer': 'red', 'right': True}],
    'encode_ms': 30.0, 'answer_ms': 60.0, 'encode_flops': 4e9, 'fuse_flops': 1e8}


@pytest.fixture(scope='module')
def benchmark() -> Iterator[SimpleNamespace]:
    """Return the modules that the benchmark is made of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield modules()


def modules() -> SimpleNamespace:
    from policy_benchmark import (
        accounting, comparison, markdown, plot, read_cases, sensors, timeline)
    return SimpleNamespace(
        accounting=accounting.ACCOUNTINGS, comparison=comparison.Comparison, half=comparison.HALF,
        markdown=markdown.as_markdown, sensors=sensors, plot=plot.draw_plot, read=read_cases,
        timeline=timeline.draw_timeline)


@pytest.fixture(scope='module')
def found(benchmark) -> dict[str, Any]:
    """Return the comparison on a drive of which a quarter is dark."""
    outcomes = list(told(QUESTIONS[::2], moments=6, dark=DARK, seed=1))
    records = [as_record(one) for one in outcomes]
    model = fit(list(told(QUESTIONS[::2], moments=20, dark=DARK, seed=2)), NgramFeatures(64))
    usability = {one.moment: dict(one.usability) for one in outcomes}
    return benchmark.comparison(benchmark.read.tested(records, usability), model,
                                Rules((), Rule('otherwise', None, {})), {}).run()


def two_moments(lacks_lidar: bool = False) -> list[Record]:
    """Return two questions of a first moment and one of a second, which may lack the lidar."""
    flops = {NONE: 0.0, CAMERA: 100.0, LIDAR: 10.0, BOTH: 110.0}
    asked = [('colour?', 0, CAMERA), ('range?', 0, LIDAR), ('range?', 1, LIDAR)]
    template = next(told(QUESTIONS, moments=1))
    return [as_record(dataclasses.replace(
                template, question=question, moment=('drive', moment), used=used,
                right=needed <= used, flops=flops[used]))
            for question, moment, needed in asked for used in flops
            if not (lacks_lidar and moment == 1 and 'lidar' in used)]


def test_a_moment_pays_once_for_what_any_of_its_questions_uses(benchmark) -> None:
    cases = [one.case for one in benchmark.read.tested(two_moments(), {})]
    alone, shared, together = benchmark.accounting
    used = (CAMERA, LIDAR, LIDAR)
    decided = Replayed('any', 1.0, 40.0, (True,) * 3, used)
    assert alone.counted(decided, cases).flops == pytest.approx((100 + 10 + 10) / 3)
    assert shared.counted(decided, cases).flops == pytest.approx((110 + 10) / 3)
    assert together.counted(decided, cases).flops == pytest.approx((110 + 10) / 3)


def test_a_dead_sensor_adds_neither_answers_nor_operations(benchmark) -> None:
    case = benchmark.read.tested(two_moments(lacks_lidar=True), {})[-1].case
    assert case.right[LIDAR] == case.right[NONE] and case.right[BOTH] == case.right[CAMERA]
    assert case.flops[BOTH] == case.flops[CAMERA] == 100.0


def test_a_set_that_was_never_asked_is_named(benchmark) -> None:
    records = [one for one in two_moments() if one.modality_set != 'camera']
    with pytest.raises(ValueError, match='not answered from camera;'):
        benchmark.read.tested(records, {})


@pytest.mark.parametrize('condition, group', [
    ('day', 'day'), ('day, rain', 'other'), ('night, fog', 'fog'), ('dusk, glare', 'dusk'),
    ('night, rain', 'night'), ('night, fog, dead camera', 'dead sensor')])
def test_conditions_are_grouped_by_the_worst(benchmark, condition: str, group: str) -> None:
    assert benchmark.read.group_of(condition) == group


def test_the_oracle_is_at_least_as_good_as_every_fixed_set(found) -> None:
    one = found['accountings'][0]
    best = max(figures['accuracy'] for figures in one['static_sets'].values())
    assert one['policies']['oracle']['accuracy'] >= best > one['static_sets']['none']['accuracy']


def test_half_the_operations_are_kept(benchmark, found) -> None:
    for one in found['accountings']:
        half = one['policies'][benchmark.half]
        assert half['cost'] <= 0.5
        assert half['low'] <= half['accuracy'] <= half['high']


def test_tables_and_plot_tell_each_accounting(benchmark, found) -> None:
    text = benchmark.markdown(found)
    picture = ElementTree.fromstring(benchmark.plot(found))
    words = ' '.join(picture.itertext())
    for one in found['accountings']:
        assert one['name'].capitalize() in text and one['name'] in words
    assert 'static: camera+lidar' in words


def test_the_timeline_gives_the_reasons_in_words(benchmark) -> None:
    fog = {**STEP, 'at_s': 3.5, 'condition': 'day, fog', 'used': ['lidar'],
           'reasons': {'camera': 'low contrast (0.05)', 'lidar': 'range question'},
           'answers': [{**STEP['answers'][0], 'answer': 'blue', 'right': False}]}
    drawn = benchmark.timeline({'policy': 'learned', 'modalities': ['camera', 'lidar'],
                                'kinds': ['color'], 'all': STEP, 'steps': [STEP, STEP, fog]})
    words = [''.join(one.itertext()) for one in ElementTree.fromstring(drawn).iter(
        '{http://www.w3.org/2000/svg}text')]
    assert ('1  0.0 s, day: camera in: colour question; lidar out: costs <more> & tells nothing'
            in words)
    assert '2  3.5 s, day, fog: camera out: low contrast (0.05); lidar in: range question' in words
    assert '2 of 2 right, 100% of the operations of all' in words


def test_the_sensors_tables_tell_what_each_adds_and_what_it_takes_to_be_without(benchmark) -> None:
    def of(ident: str, used: set[str], right: bool) -> Record:
        return Record(ident, 'bag', f'scene {ident}', 0, '?', 'yes', 'yes' if right else 'no',
                      right, type='color' if ident == 'a' else 'range', modalities=tuple(
                          Use(name, 'e', 0, 0.1, 4, 64) for name in sorted(used)))

    records = [of(ident, used, need in used) for ident, need in (('a', 'camera'), ('b', 'lidar'))
               for used in (set(), {'camera'}, {'lidar'}, {'camera', 'lidar'})]
    text = benchmark.sensors.tables(
        benchmark.sensors.answers_of(records),
        {'a': frozenset(['camera']), 'b': frozenset(['lidar'])})
    lines = text.splitlines()
    assert next(line for line in lines if line.startswith('| color | 1 | 100.0 '))
    assert next(line for line in lines if line.startswith('| all | 2 | 100.0 '))
    assert next(line for line in lines if line.startswith('| camera | 50.0 '))
    spared = next(line for line in lines if line.startswith('| camera | 1 | 100.0 '))
    assert spared.split('|')[5].startswith(' +0.0 ')
