# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A training file is checked before anything is loaded, and errors name line and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_suite import TinySuite
from training_files import write_file

from mpnp_ros.training.cli import main
from mpnp_ros.training.config_file import load_config
from mpnp_ros.training.error import TrainError

FILE = """version: 1
suite: suite.yaml
data:
  bags: [.]
training:
  steps: 10
"""


@pytest.fixture
def given(tmp_path: Path) -> Path:
    (tmp_path / 'suite.yaml').write_text('{}', encoding='utf-8')
    (tmp_path / 'train.yaml').write_text(FILE, encoding='utf-8')
    return tmp_path / 'train.yaml'


@pytest.mark.parametrize(('line', 'instead', 'said'), [
    ('  steps: 10', '  stepps: 10', 'line 6: training.stepps is unknown; there is steps, batch, '),
    ('  steps: 10', '  steps: 0', 'line 6: training.steps is 0: expected greater than or equal'),
    ('  steps: 10', '  learning_rate: 1e-3', 'line 6: training.learning_rate is .1e-3., which '
     'YAML reads as text: expected 1.0e-3'),
    ('  steps: 10', '  precision: half', "line 6: training.precision is 'half': expected 'auto'"),
    ('  bags: [.]', '  bags: [nowhere]', 'line 4: data.bags.0.: .*nowhere does not exist'),
    ('suite: suite.yaml', '# none', 'suite is missing'),
    ('version: 1', 'version: 1\nversion: 1', "line 2: 'version' stands on line 1 already"),
    ('training:', 'connectors: {blocks: [1, 2], connected_blocks: 3}\ntraining:',
     'line 5: connectors: 2 blocks are named and connected_blocks is 3'),
    ('training:', 'lora: {rank: 0}\ntraining:', 'line 5: lora.rank is 0'),
])
def test_what_is_wrong_is_named_with_its_line(given: Path, line: str, instead: str,
                                              said: str) -> None:
    given.write_text(FILE.replace(line, instead), encoding='utf-8')
    with pytest.raises(TrainError, match=said):
        load_config(given)


def test_settings_take_the_place_of_values(given: Path) -> None:
    config = load_config(given, ['training.steps=3', 'lora.rank=2', 'parameters.llm.model=tiny'])
    assert config.training.steps == 3
    assert config.lora is not None and config.lora.rank == 2
    assert config.parameters == {'llm.model': 'tiny'}
    assert config.name == 'train'


@pytest.mark.parametrize(('setting', 'said'), [
    ('training.steps=many', "--set training.steps is 'many': expected"),
    ('training.stepps=3', '--set training.stepps is unknown'),
    ('training.steps', '--set training.steps: expected KEY=VALUE'),
])
def test_settings_that_cannot_be_are_refused(given: Path, setting: str, said: str) -> None:
    with pytest.raises(TrainError, match=said):
        load_config(given, [setting])


def test_the_command_says_it_and_exits_with_2(
        given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(given), '--set', 'training.batch=0']) == 2
    assert 'mpnp-train: --set training.batch is 0' in capsys.readouterr().err


def test_the_files_that_come_with_the_package_can_be_read(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv('MPNP_SCENES', str(tmp_path))
    monkeypatch.setenv('MPNP_HELD_OUT', str(tmp_path))
    found = sorted((Path(__file__).parents[2] / 'config' / 'train').glob('*.yaml'))
    assert [load_config(path).name for path in found] == ['demo_drive', 'world']


@pytest.mark.parametrize('setting, told', [
    ('data.types=[smell]', 'type smell, only of'),
    ('parameters.llm.model=no/such/model', 'no/such/model')])
def test_what_is_not_there_is_named(
        suite: TinySuite, tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str,
        told: str) -> None:
    path = write_file(suite, tmp_path / 'tiny.yaml')
    cache = ['--cache', str(suite.folder / 'tokens'), '--out', str(tmp_path / 'out')]
    assert main([str(path), '--set', setting, *cache]) == 2
    assert told in capsys.readouterr().err
