# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The command mpnp-evaluate: folders, exit codes, what it refuses and how it says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_suite import make_suite, TinySuite

from mpnp_ros.evaluation.cli import main
from mpnp_ros.evaluation.run_folder import RunFolder


@pytest.fixture(scope='module')
def suite(tmp_path_factory: pytest.TempPathFactory) -> TinySuite:
    return make_suite(tmp_path_factory.mktemp('suite'))


def run(suite: TinySuite, drive: Path, out: Path, *options: str) -> int:
    return main(['run', str(drive), '--params', str(suite.params_file), '--out', str(out),
                 '--workers', '1', *options])


def test_a_run_leaves_its_files_and_says_where(
    suite: TinySuite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drive, out = suite.drive('one', 4), tmp_path / 'run'
    assert run(suite, drive, out) == 0
    assert {path.name for path in out.iterdir()} == {
        'run.json', 'records.jsonl', 'problems.json', 'timing.json', 'scores.json',
        'records.csv', 'scores.csv', 'frames', 'report.html'}
    assert RunFolder(out).read_json('run.json')['name'] == 'drive'
    printed = capsys.readouterr().out
    assert '12 asked, 12 answered' in printed and 'report.html' in printed


def test_a_finished_run_is_replaced_only_when_asked_to(
    suite: TinySuite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drive, out = suite.drive('two', 2), tmp_path / 'run'
    assert run(suite, drive, out, '--frames', '0') == 0
    assert run(suite, drive, out, '--frames', '0') == 2
    assert '--overwrite' in capsys.readouterr().err
    assert run(suite, drive, out, '--frames', '0', '--overwrite', '--quiet') == 0


def test_a_broken_line_is_told_and_strict_mode_fails(suite: TinySuite, tmp_path: Path) -> None:
    drive = suite.drive('three', 2)
    questions = drive.parent / 'questions.jsonl'
    questions.write_text('{"question": broken\n' + questions.read_text(encoding='utf-8'),
                         encoding='utf-8')
    assert run(suite, drive, tmp_path / 'lenient', '--quiet') == 0
    assert run(suite, drive, tmp_path / 'strict', '--quiet', '--strict') == 3
    for name in ('lenient', 'strict'):
        given = RunFolder(tmp_path / name)
        assert len([one for one in given.records() if not one.control]) == 6
        assert any('line 1' in place for one in given.problems() for place in one.places)


def test_questions_outside_the_bag_s_time_are_told(suite: TinySuite, tmp_path: Path) -> None:
    drive = suite.drive('four', 2)
    questions = drive.parent / 'questions.jsonl'
    with questions.open('a', encoding='utf-8') as file:
        file.write('{"stamp_ns": 1, "question": "too early?", "answer": "yes"}\n')
    assert run(suite, drive, tmp_path / 'run', '--quiet', '--strict') == 3
    assert any('line 7' in place for one in RunFolder(tmp_path / 'run').problems()
               for place in one.places)


@pytest.mark.parametrize(('options', 'said'), [
    (['--set', 'lidar_encoder.options.beams=wide'], "option 'beams'"),
    (['--set', 'beams=3'], 'NODE.PARAMETER=VALUE'),
    (['--set', 'llm.model=/nowhere/model'], '/nowhere/model'),
    (['--gate', 'lidar=open'], 'MODALITY=VALUE'),
    (['--params', '/nowhere/suite.yaml'], '/nowhere/suite.yaml'),
    (['--questions', 'a.jsonl', 'b.jsonl'], '2 question files for 1 bags'),
])
def test_what_cannot_be_run_is_said_in_a_line(
    suite: TinySuite, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str],
    said: str
) -> None:
    drive = suite.drive(tmp_path.name, 1)
    assert run(suite, drive, tmp_path / 'run', *options) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith('mpnp-evaluate: ') and said in last
    assert run(suite, drive, tmp_path / 'run', '--quiet') == 0   # nothing is in the way now


def test_a_folder_without_a_bag_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'empty').mkdir()
    assert main(['run', str(tmp_path / 'empty'), '--out', str(tmp_path / 'run')]) == 2
    assert 'empty' in capsys.readouterr().err


def test_latents_are_kept_as_a_bag_that_answers_again(suite: TinySuite, tmp_path: Path) -> None:
    drive = suite.drive('six', 3)
    assert run(suite, drive, tmp_path / 'run', '--latents', str(tmp_path / 'latents'),
               '--quiet') == 0
    [bag] = (tmp_path / 'latents').iterdir()
    assert run(suite, bag, tmp_path / 'again', '--questions',
               str(drive.parent / 'questions.jsonl'), '--quiet') == 0
    first, again = (RunFolder(tmp_path / name) for name in ('run', 'again'))
    assert [one.scores for one in first.records()] == [one.scores for one in again.records()]
    assert not (first.path / 'work').exists()


def test_a_scenario_that_is_not_kept_fails(suite: TinySuite, tmp_path: Path) -> None:
    drive = suite.drive('seven', 2)
    scenario = tmp_path / 'scenario.yaml'
    scenario.write_text(f"""
version: 1
bags: [{{path: {drive}, questions: [{drive.parent / 'questions.jsonl'}]}}]
configurations:
  both: {{params: {suite.params_file}}}
floors:
  - {{metric: asked, at_least: 6}}
  - {{metric: accuracy, at_least: 1.0, use: low}}
""", encoding='utf-8')
    assert main(['scenario', str(scenario), '--out', str(tmp_path / 'out'), '--quiet']) == 1
    junit = (tmp_path / 'out' / 'junit.xml').read_text(encoding='utf-8')
    assert 'failures="1"' in junit
    scenario.write_text(scenario.read_text(encoding='utf-8').replace('1.0', '0.0'),
                        encoding='utf-8')
    assert main(['scenario', str(scenario), '--out', str(tmp_path / 'out'), '--quiet',
                 '--overwrite']) == 0


def test_a_scenario_file_that_cannot_be_used_is_said_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'bad.yaml').write_text('version: 7\n', encoding='utf-8')
    assert main(['scenario', str(tmp_path / 'bad.yaml')]) == 2
    assert 'bad.yaml' in capsys.readouterr().err
