# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""`mpnp-evaluate compare` prints a comparison, writes it, and names what cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path

from plain_answers import answer
import pytest

from mpnp_ros.evaluation.cli import main
from mpnp_ros.evaluation.run_folder import RunFolder


@pytest.fixture
def runs(tmp_path: Path) -> tuple[RunFolder, RunFolder]:
    """Return two runs in folders: 13 wrong answers, and the same questions answered right."""
    before, after = RunFolder(tmp_path / 'before'), RunFolder(tmp_path / 'after')
    for run, given in ((before, 'no'), (after, 'yes')):
        run.write_records(answer('yes', given, id=f'q{number}', scene=f'scene {number}')
                          for number in range(13))
        run.write_json('run.json', {'name': given, 'bags': []})
    return before, after


def test_the_command_prints_and_writes(
        runs: tuple[RunFolder, RunFolder], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(['compare', *(str(run.path) for run in runs),
                 '--json', str(tmp_path / 'c.json'), '--markdown', str(tmp_path / 'c.md')])
    assert code == 0
    assert 'Better.' in capsys.readouterr().out
    assert json.loads((tmp_path / 'c.json').read_text())['overall']['gained'] == 13
    assert (tmp_path / 'c.md').read_text().startswith('# Comparison of two runs\n')


def test_the_command_names_what_cannot_be_compared(
        runs: tuple[RunFolder, RunFolder], capsys: pytest.CaptureFixture[str]) -> None:
    runs[1].write_records([answer('yes', 'yes', id='mine')])
    assert main(['compare', *(str(run.path) for run in runs)]) == 2
    assert "the runs share no question: before has 13, the first 'q0'" in capsys.readouterr().err
