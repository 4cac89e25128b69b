# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A set-up that is cut off leaves none of its commands running, compilers included."""

from __future__ import annotations

from pathlib import Path
import shlex
import signal
import subprocess
import sys

import pytest

from environment import workspace
from environment.report import Report, SetupError

RUN = """
import os, signal, sys
sys.path.insert(0, {tools!r})
from pathlib import Path
from environment.report import Report
signal.signal(signal.SIGTERM, signal.default_int_handler)
report = Report(Path({folder!r}), 1)
with report.step('build'):
    report.run('log', ['sh', '-c', {script!r}], env=dict(os.environ),
               describe=lambda line: print(line, end='', flush=True))
"""


def runs(process: int) -> bool:
    """Return whether a process is there and more than a zombie that nobody has waited for."""
    try:
        state = Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()[0]
    except FileNotFoundError:
        return False
    return state != 'Z'


def test_what_a_command_has_started_is_stopped_with_it(tmp_path):
    script = 'sh -c "echo \\$\\$; exec sleep 600" & wait'
    tools = Path(workspace.__file__).parents[1]
    code = RUN.format(tools=str(tools), folder=str(tmp_path), script=script)
    set_up = subprocess.Popen(
        [sys.executable, '-c', code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert 'build' in set_up.stdout.readline()
    grandchild = int(set_up.stdout.readline())
    assert runs(grandchild)
    set_up.send_signal(signal.SIGTERM)
    set_up.communicate(timeout=60)
    assert not runs(grandchild)


@pytest.fixture
def colcon(layout, monkeypatch):
    """Return a function that builds with a shell script in place of colcon."""
    folder = layout.env / 'bin'
    folder.mkdir()

    def build(script: str) -> None:
        (folder / 'colcon').write_text(f'#!/bin/sh\n{script}\n')
        (folder / 'colcon').chmod(0o755)
        monkeypatch.setattr(workspace.shutil, 'which', lambda *_, **__: str(folder / 'colcon'))
        report = Report(layout.log, 1)
        with report.step('build'):
            workspace.build_package(report, layout)
    return build


def test_a_build_that_was_cut_off_starts_from_nothing(colcon, layout):
    layout.build.mkdir()
    (layout.build / 'half').touch()
    layout.build.with_name('build.unfinished').touch()
    colcon('true')
    assert not (layout.build / 'half').exists()


def test_a_build_that_has_failed_is_built_upon(colcon, layout):
    layout.build.mkdir()
    (layout.build / 'object').touch()
    with pytest.raises(SetupError) as error:
        colcon('echo "msg/New.msg: error: unknown type"; exit 2')
    assert 'msg/New.msg: error: unknown type' in str(error.value)
    colcon(f'test -f {shlex.quote(str(layout.build / "object"))}')
