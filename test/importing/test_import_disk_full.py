# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A disk that fills up during an import leaves no bag that looks finished."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

from imports import left_behind
import pytest
from staged_kitti import stage_raw_drive

PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
from mpnp_ros.importing.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize('options', [[], ['--keep-going', '--storage', 'sqlite3']])
def test_what_cannot_be_written_is_said_and_cleared_away(
    tmp_path: Path, options: list[str]
) -> None:
    drive = stage_raw_drive(tmp_path / 'kitti')
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM, 'kitti', str(drive), str(tmp_path / 'out'), *options],
        capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert f'mpnp-import: {tmp_path / "out" / drive.name}: cannot be written: ' in done.stderr
    assert 'Traceback' not in done.stderr
    assert left_behind(tmp_path / 'out') == []
