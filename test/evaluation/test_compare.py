# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Two runs are compared on the questions that both have, and only on the same questions."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import json
from pathlib import Path

from plain_answers import answer, refused, with_sensors
import pytest

from mpnp_ros.evaluation.figures.compare import (
    compare_runs,
    CompareError,
    comparison_markdown,
    comparison_text,
    exact_p,
)
from mpnp_ros.evaluation.record import AnswerTiming, Record
from mpnp_ros.evaluation.run_folder import RunFolder


def run_of(given: Sequence[str], **fields: object) -> list[Record]:
    """Return answers to questions whose right answer is yes, each in a scene of its own."""
    return [answer('yes', one, id=f'q{number}', scene=f'scene {number}', **fields)
            for number, one in enumerate(given)]


def test_what_flipped_is_counted_and_listed() -> None:
    comparison = compare_runs(run_of(['yes', 'yes', 'no', 'no', 'no']),
                              run_of(['yes', 'no', 'yes', 'yes', 'maybe']))
    overall = comparison['overall']
    assert (overall['before'], overall['after'], overall['mean']) == (0.4, 0.6, 0.2)
    assert (overall['lost'], overall['gained'], overall['p']) == (1, 2, 1.0)
    assert [(flip['id'], flip['before'], flip['after'], flip['gained'])
            for flip in comparison['flips']] == [
        ('q1', 'yes', 'no', False), ('q2', 'no', 'yes', True), ('q3', 'no', 'yes', True)]
    assert comparison['changed'] == 4


def test_the_interval_is_that_of_paired_scenes() -> None:
    before = run_of(['no'] * 10 + ['yes', 'no'] * 45)
    after = run_of(['yes'] * 10 + ['yes', 'no'] * 45)
    overall = compare_runs(before, after)['overall']
    assert (overall['mean'], overall['resampled'], overall['units']) == (0.1, 'scenes', 100)
    # Unpaired it would be wider than 0.13 either way.
    assert 0.03 < overall['low'] < 0.06 < 0.15 < overall['high'] < 0.18


def test_figures_are_given_by_type_and_condition() -> None:
    before = [answer('yes', 'no', id='a', condition='day'),
              answer('2', '2', id='b', condition='night', type='count', candidates=('2',))]
    after = [dataclasses.replace(before[0], answer='yes', right=True), before[1]]
    by = compare_runs(before, after)['by']
    assert {name: one['mean'] for name, one in by['type'].items()} == {'count': 0, 'exist': 1}
    assert {name: one['mean'] for name, one in by['condition'].items()} == {'day': 1, 'night': 0}


@pytest.mark.parametrize('lost, gained, expected', [
    (0, 0, 1.0), (3, 3, 1.0), (0, 1, 1.0), (0, 5, 2 / 32), (1, 9, 22 / 1024), (9, 1, 22 / 1024)])
def test_the_p_value_is_the_exact_one(lost: int, gained: int, expected: float) -> None:
    assert exact_p(lost, gained) == pytest.approx(expected)


def test_the_p_value_of_thousands_of_flips_is_a_number() -> None:
    assert exact_p(5000, 5000) == 1.0
    assert exact_p(0, 5000) == 0.0
    assert 0.04 < exact_p(4900, 5100) < 0.05
    assert '(p < 1e-99 if' in comparison_text(
        compare_runs(run_of(['no'] * 400), run_of(['yes'] * 400)))


def test_questions_of_one_run_alone_are_named_and_left_out() -> None:
    before, after = run_of(['yes', 'no', 'no']), run_of(['yes', 'yes', 'no'])
    comparison = compare_runs(before[:2], after[1:])
    assert comparison['only_before'] == {'n': 1, 'ids': ['q0']}
    assert comparison['only_after'] == {'n': 1, 'ids': ['q2']}
    assert (comparison['shared'], comparison['overall']['n']) == (1, 1)


def test_a_refusal_is_a_wrong_answer() -> None:
    before = run_of(['yes'])
    after = [refused('yes', 'lidar: no latents have arrived yet', id='q0', scene='scene 0')]
    comparison = compare_runs(before, after)
    assert (comparison['overall']['lost'], comparison['changed']) == (1, 1)
    assert 'refused: lidar: no latents' in comparison_text(comparison)


def test_controls_are_not_compared() -> None:
    before = run_of(['yes'])
    control = dataclasses.replace(before[0], control='shuffled', answer='no', right=False)
    assert compare_runs([*before, control], before)['overall']['mean'] == 0.0


def test_runs_without_known_answers_are_compared_by_what_was_answered() -> None:
    before = [answer(None, 'a bus', id='a'), answer(None, 'a car', id='b')]
    after = [before[0], dataclasses.replace(before[1], answer='a van')]
    comparison = compare_runs(before, after)
    assert (comparison['overall']['n'], comparison['changed']) == (0, 1)
    json.dumps(comparison, allow_nan=False)
    assert 'accuracies cannot be compared' in comparison_text(comparison)


@pytest.mark.parametrize('field, value, words', [
    ('expected', 'no', "right answer, 'yes' before and 'no' after"),
    ('bag', 'other', "bag, 'drive' before and 'other' after"),
    ('question', 'Why?', "question, 'Is there a truck ahead?' before and 'Why?' after"),
    ('stamp_ns', 5, 'stamp, 0 before and 5 after'),
    ('candidates', ('yes',), "candidates, ['yes', 'no'] before and ['yes'] after"),
])
def test_an_id_that_stands_for_different_questions_is_named(
        field: str, value: object, words: str) -> None:
    before = run_of(['yes', 'yes'])
    after = [before[0], dataclasses.replace(before[1], **{field: value})]
    with pytest.raises(CompareError) as caught:
        compare_runs(before, after)
    assert f"'q1' differs in its {words}" in str(caught.value)


def test_runs_that_share_no_question_name_the_first_of_each() -> None:
    with pytest.raises(
            CompareError, match="before has 2, the first 'a', after has 1, the first 'q0'"):
        compare_runs([answer('yes', 'yes', id='a'), answer('yes', 'yes', id='b')],
                     run_of(['yes']))
    with pytest.raises(CompareError, match='after has none'):
        compare_runs(run_of(['yes']), [])


def test_an_id_that_occurs_twice_is_named() -> None:
    with pytest.raises(CompareError, match="before has the question 'q0' twice"):
        compare_runs(run_of(['yes']) * 2, run_of(['yes']))


def test_costs_are_those_of_questions_answered_in_both() -> None:
    before = run_of(['yes', 'yes'], modalities=with_sensors('lidar', 'camera'),
                    flops={'encode': 30, 'fuse': 10, 'answer': 60})
    after = run_of(['yes'], modalities=with_sensors('lidar'),
                   flops={'encode': 10, 'fuse': 5, 'answer': 60})
    after.append(refused('yes', 'no', id='q1', scene='scene 1'))
    cost = compare_runs(before, after)['cost']
    assert cost['flops']['total'] == {'before': 100, 'after': 75, 'difference': -25}
    assert cost['payload_bytes'] == {'before': 200, 'after': 100, 'difference': -100}


@pytest.fixture
def runs(tmp_path: Path) -> tuple[RunFolder, RunFolder]:
    """Return two runs in folders: the second is better, slower and of another model."""
    before, after = RunFolder(tmp_path / 'before'), RunFolder(tmp_path / 'after')
    for run, given, core_ms, model in (
            (before, ['no'] * 12 + ['yes'], 20.0, 'small'), (after, ['yes'] * 13, 30.0, 'large')):
        records = run_of(given, flops={'encode': 10**9, 'fuse': 10**6, 'answer': 10**10})
        run.write_records(records)
        run.write_timings(AnswerTiming(record.id, core_ms=core_ms) for record in records)
        run.write_json('run.json', {'name': f'{model} model', 'model': {'id': model},
                                    'bags': [], 'parameters': {'llm': {'max_age_s': 1.5}}})
    return before, after


def test_latencies_and_settings_of_folders_are_compared(
        runs: tuple[RunFolder, RunFolder]) -> None:
    comparison = compare_runs(*runs)
    assert comparison['latency_ms']['core']['p99'] == {
        'before': 20.0, 'after': 30.0, 'difference': 10.0}
    assert comparison['settings'] == [
        {'setting': 'model.id', 'before': 'small', 'after': 'large'}]
    assert comparison['after'] == {'name': 'large model', 'path': str(runs[1].path)}


def test_the_text_says_what_came_out(runs: tuple[RunFolder, RunFolder]) -> None:
    text = comparison_text(compare_runs(*runs))
    assert 'Better. 0.077 before, 1.000 after: +0.923' in text
    assert 'Of 13 questions 12 went right and 0 wrong (p = 5e-04' in text
    assert '11.0 G' in text and 'core p99' in text and 'model.id' in text
    assert max(map(len, text.splitlines())) <= 96


def test_the_text_names_the_other_results() -> None:
    better, worse = run_of(['yes'] * 30), run_of(['no'] * 30)
    assert 'Worse.' in comparison_text(compare_runs(better, worse))
    assert 'No difference can be told.' in comparison_text(compare_runs(better, better))


def test_a_long_list_of_flips_is_cut_in_the_text_alone() -> None:
    comparison = compare_runs(run_of(['yes'] * 30), run_of(['no'] * 30))
    assert len(comparison['flips']) == 30
    assert 'and 10 more' in comparison_text(comparison)
    assert comparison_markdown(comparison).count('lost |') == 31   # and the table's header


def test_words_cannot_break_the_markdown() -> None:
    before = run_of(['no'], question='Is *it* | <b>there</b>?\n# No')
    after = [dataclasses.replace(before[0], answer='yes', right=True)]
    markdown = comparison_markdown(compare_runs(before, after))
    flip, = (line for line in markdown.splitlines() if line.startswith('| Is'))
    assert flip.startswith(r'| Is \*it\* \| \<b\>there\</b\>? \# No | q0 |')
    assert flip.replace(r'\|', '').count('|') == 7
