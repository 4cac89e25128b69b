# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One set-up at a time works on a folder, and none removes what is no environment."""

from __future__ import annotations

import fcntl
from pathlib import Path
import subprocess
import sys

SETUP = Path(__file__).resolve().parents[2] / 'tools' / 'setup'


def test_a_second_set_up_waits_for_the_first_and_leaves_when_terminated(tmp_path):
    with (tmp_path / 'lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, str(SETUP)], env={'MPNP_ENV': str(tmp_path), 'PATH': '/usr/bin'},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert second.stdout.readline() == (
                'mpnp_ros: another set-up of this environment is running; waiting\n')
            second.terminate()
            _, errors = second.communicate(timeout=60)
        finally:
            second.kill()
    assert second.returncode == 130
    assert errors.strip() == 'mpnp_ros: interrupted; the next start goes on from here'
    assert [path.name for path in tmp_path.iterdir()] == ['lock']


def test_clean_refuses_a_folder_that_is_no_environment(set_up, one_line, tmp_path):
    (tmp_path / 'letter').touch()
    done = set_up('--clean', MPNP_ENV=str(tmp_path))
    assert done.returncode != 0
    assert 'is no environment of mpnp_ros' in one_line(done.stderr)
    assert (tmp_path / 'letter').exists()


def test_clean_removes_an_environment(set_up, tmp_path):
    env = tmp_path / 'env'
    env.mkdir()
    (env / 'stamps.json').write_text('{}')
    assert set_up('--clean', MPNP_ENV=str(env)).returncode == 0
    assert not env.exists()
