# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The environment's own `ros2 launch` finds, describes and runs launch files."""

from __future__ import annotations

from collections.abc import Callable
import importlib.util
import os
from pathlib import Path
import signal
import subprocess

import pytest

pytestmark = [
    pytest.mark.ros,
    pytest.mark.skipif(importlib.util.find_spec('mpnp_ros2_launch') is None,
                       reason='this ROS has a ros2launch of its own, or there is no ROS'),
]

LAUNCH_FILE = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess
from launch.substitutions import LaunchConfiguration


def generate_launch_description():
    return LaunchDescription([
        DeclareLaunchArgument('script', description='What the shell runs.'),
        ExecuteProcess(cmd=['sh', '-c', LaunchConfiguration('script')], output='screen'),
    ])
"""

Run = Callable[..., 'subprocess.CompletedProcess[str]']


@pytest.fixture
def launch(tmp_path: Path) -> Run:
    """Return a function that runs `ros2 launch` with some words in a folder of its own."""
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ['ros2', 'launch', *words], cwd=tmp_path, capture_output=True, text=True, timeout=60,
            env={**os.environ, 'ROS_LOG_DIR': str(tmp_path)})
    return run


@pytest.fixture
def launch_file(tmp_path: Path) -> str:
    """Return the name of a launch file that runs a shell script."""
    (tmp_path / 'shell.launch.py').write_text(LAUNCH_FILE)
    return 'shell.launch.py'


def test_a_path_runs_with_its_arguments(launch, launch_file):
    done = launch(launch_file, 'script:=echo "a:=b"')
    assert done.returncode == 0
    assert 'a:=b' in done.stdout


def test_the_last_value_of_an_argument_wins(launch, launch_file):
    done = launch(launch_file, 'script:=echo first', 'script:=echo second')
    assert 'second' in done.stdout
    assert 'first' not in done.stdout


@pytest.mark.parametrize('words', [('-s', 'FILE'), ('FILE', '--show-args')])
def test_arguments_are_shown_and_nothing_runs(launch, launch_file, words):
    done = launch(*(launch_file if word == 'FILE' else word for word in words))
    assert done.returncode == 0
    assert "'script':\n        What the shell runs.\n        (no default" in done.stdout
    assert 'process started' not in done.stdout


def test_a_file_of_an_installed_package_is_found(launch):
    done = launch('mpnp_ros', 'mpnp.launch.py', '--show-args')
    assert done.returncode == 0
    assert "'modalities':" in done.stdout


def test_an_xml_file_runs(launch, tmp_path):
    (tmp_path / 'greet.launch.xml').write_text(
        '<launch><arg name="whom"/><log message="hello $(var whom)"/></launch>')
    done = launch('greet.launch.xml', 'whom:=robot')
    assert done.returncode == 0
    assert 'hello robot' in done.stdout + done.stderr


def test_an_argument_without_a_value_fails_the_launch(launch, launch_file):
    done = launch(launch_file)
    assert done.returncode == 1
    assert "missing required argument 'script'" in done.stdout


@pytest.mark.parametrize(('words', 'cause'), [
    (('no_such_package', 'x.launch.py'), "package 'no_such_package' not found"),
    (('mpnp_ros', 'no_such.launch.py'), "no file 'no_such.launch.py' in"),
    (('no_such.launch.py',), "'no_such.launch.py' is no file; expected a path, or a package"),
    (('mpnp_ros', 'mpnp.launch.py', 'core=false'), "'core=false': expected name:=value"),
])
def test_what_cannot_be_launched_is_named(launch, words, cause):
    done = launch(*words)
    assert done.returncode == 1
    assert cause in done.stderr
    assert 'Traceback' not in done.stderr


def test_an_interrupt_stops_the_processes_and_ends_cleanly(launch_file, tmp_path):
    script = 'trap "echo stopped; exit 0" INT; echo running; while :; do sleep 0.1; done'
    process = subprocess.Popen(
        ['ros2', 'launch', launch_file, f'script:={script}'], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        env={**os.environ, 'ROS_LOG_DIR': str(tmp_path), 'PYTHONUNBUFFERED': '1'},
        # What a shell started in the background ignores interrupts, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    seen = ''
    try:
        while '] running' not in seen:
            line = process.stdout.readline()
            assert line, seen
            seen += line
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert 'stopped' in rest
    assert 'process has finished cleanly' in rest
