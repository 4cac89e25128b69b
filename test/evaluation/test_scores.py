# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a run against cases small enough to count by hand."""

from __future__ import annotations

import json

from plain_answers import answer, refused, SECOND_NS, with_sensors
import pytest

from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.record import AnswerTiming, Record


def drives() -> list[Record]:
    """Return 4 of 6 right answers in two scenes of two bags."""
    return [
        answer('yes', 'yes', scene='a', bag='one', hop=0, condition='day'),
        answer('yes', 'no', scene='a', bag='one', hop=1, condition='day'),
        answer('no', 'no', scene='a', bag='one', hop=0, condition='day'),
        answer('2', '2', scene='b', bag='two', hop=1, condition='night', type='count',
               candidates=('1', '2'), modalities=with_sensors('lidar', 'camera')),
        answer('2', '1', scene='b', bag='two', hop=1, condition='night', type='count',
               candidates=('1', '2'), modalities=with_sensors('lidar')),
        answer('1', '1', scene='b', bag='two', type='count', candidates=('1', '2')),
    ]


def counted(figures: dict[str, dict[str, object]]) -> dict[str, tuple[object, object]]:
    return {name: (figure['right'], figure['n']) for name, figure in figures.items()}


def test_right_answers_are_counted_by_every_dimension() -> None:
    scores = score(drives())
    assert scores['overall']['accuracy'] == pytest.approx(4 / 6, abs=1e-6)
    assert (scores['overall']['right'], scores['overall']['n']) == (4, 6)
    assert {name: counted(figures) for name, figures in scores['by'].items()} == {
        'type': {'count': (2, 3), 'exist': (2, 3)},
        'hop': {'0': (2, 2), '1': (1, 3)},
        'condition': {'day': (2, 3), 'night': (1, 2)},
        'modalities': {'camera+lidar': (1, 1), 'lidar': (0, 1), 'none': (3, 4)},
        'bag': {'one': (2, 3), 'two': (2, 3)},
    }


def test_an_interval_says_what_was_resampled() -> None:
    scores = score(drives())
    assert (scores['overall']['resampled'], scores['overall']['units']) == ('scenes', 2)
    # One bag is one scene, and all of its questions are about one moment.
    assert (scores['by']['bag']['one']['resampled'], scores['by']['bag']['one']['units']) == (
        'questions', 3)


def test_questions_without_a_scene_belong_to_their_bag() -> None:
    scores = score([answer('yes', 'yes', bag=bag) for bag in ('a', 'b', 'b')])
    assert (scores['scenes'], scores['overall']['resampled']) == (2, 'scenes')


def test_one_scene_is_resampled_in_blocks_of_time() -> None:
    scores = score([answer('yes', 'yes' if second % 3 else 'no', stamp_ns=second * SECOND_NS)
                    for second in range(60)])
    assert (scores['overall']['resampled'], scores['overall']['units']) == ('blocks', 12)
    assert scores['overall']['low'] < 40 / 60 < scores['overall']['high']


def test_a_refused_question_is_wrong_and_given_apart() -> None:
    scores = score([answer('yes', 'yes'), refused('yes', 'lidar: no latents have arrived yet'),
                    refused(None, 'lidar: no latents have arrived yet'),
                    refused('no', 'the question is empty')])
    assert (scores['asked'], scores['answered'], scores['refused']) == (4, 1, 3)
    assert scores['refusals'] == {
        'lidar: no latents have arrived yet': 2, 'the question is empty': 1}
    assert (scores['overall']['right'], scores['overall']['n'], scores['overall']['refused']) == (
        1, 3, 2)
    # It was answered with no set of modalities, not with an empty one.
    assert counted(scores['by']['modalities']) == {'none': (1, 1)}


def test_refusals_that_differ_in_an_age_have_one_reason() -> None:
    scores = score([refused('yes', f'lidar: latents are 1.{age} s old, the limit is 1.000 s')
                    for age in (123, 456)])
    assert scores['refusals'] == {'lidar: latents are … s old, the limit is … s': 2}


def test_many_reasons_are_put_together() -> None:
    scores = score([refused('yes', f'reason {number}') for number in range(80)])
    assert len(scores['refusals']) == 50
    assert scores['refusals']['other reasons'] == 31


def test_unknown_answers_are_counted_and_in_no_accuracy() -> None:
    scores = score([answer(None, 'yes'), answer('yes', 'yes')])
    assert (scores['asked'], scores['unjudged'], scores['overall']['n']) == (2, 1, 1)


def test_questions_without_a_type_are_untyped() -> None:
    scores = score([answer('yes', 'yes', type='')])
    assert list(scores['by']['type']) == list(scores['confusion']) == ['untyped']


def test_costs_are_means_over_answers() -> None:
    scores = score([
        answer('yes', 'yes', modalities=with_sensors('camera', 'lidar'),
               flops={'encode': 6, 'fuse': 1, 'answer': 10}),
        answer('yes', 'no', modalities=with_sensors('camera'),
               flops={'encode': 2, 'fuse': 1, 'answer': 12}),
        refused('yes', 'no')])
    assert scores['cost'] == {
        'flops': {'encode': 4, 'fuse': 1, 'answer': 11, 'total': 16}, 'payload_bytes': 150}
    assert scores['by_modalities_cost'] == {
        'camera': {'flops_total': 15, 'accuracy': 0.0, 'n': 1},
        'camera+lidar': {'flops_total': 17, 'accuracy': 1.0, 'n': 1}}


def test_operations_that_were_not_counted_are_none() -> None:
    scores = score([answer('yes', 'yes')])
    assert scores['cost']['flops'] == {
        'encode': None, 'fuse': None, 'answer': None, 'total': None}
    assert scores['by_modalities_cost'] == {
        'none': {'flops_total': None, 'accuracy': 1.0, 'n': 1}}


def test_latency_holds_what_was_measured() -> None:
    timings = [AnswerTiming(f'q{number}', core_ms=float(number), ages_s={'lidar': 0.1})
               for number in range(1, 101)]
    timings += [AnswerTiming('q1', control='shuffled', core_ms=1e6),
                AnswerTiming('q2', total_ms=float('nan'))]
    latency = score([answer('yes', 'yes')], timings)['latency_ms']
    assert latency == {
        'core': {'n': 100, 'p50': 50.5, 'p90': 90.1, 'p95': 95.05, 'p99': 99.01, 'max': 100.0},
        'age_lidar': {'n': 100, 'p50': 100, 'p90': 100, 'p95': 100, 'p99': 100, 'max': 100}}


@pytest.mark.parametrize('records', [
    [],
    [answer(None, 'a car', candidates=(), type='')],
    [refused('yes', 'the question is empty')],
    [refused(None, 'the question is empty', candidates=())],
    [answer('yes', 'yes')],
    [answer('yes', 'yes', stamp_ns=second * SECOND_NS) for second in range(30)],
    [answer('yes', 'maybe', candidates=(), condition='fog', hop=1)],
    [answer('yes', 'yes', scores=(float('nan'), 0.5))],
], ids=['nothing', 'unknown', 'refused', 'refused and unknown', 'one', 'all right', 'free text',
        'not a number'])
def test_degenerate_runs_have_figures_without_nan(records: list[Record]) -> None:
    scores = score(records)
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores
    assert scores['asked'] == len(records)
    if not scores['overall']['n']:
        assert scores['overall']['accuracy'] is scores['overall']['low'] is None
        assert scores['controls'] == {}


def test_the_same_records_have_the_same_figures() -> None:
    records = drives()
    assert json.dumps(score(records)) == json.dumps(score(iter(records)))


def test_an_unknown_control_is_named() -> None:
    with pytest.raises(ValueError, match="no control is called 'upside_down'"):
        score([answer('yes', 'yes', control='upside_down')])
