# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The set-up says in one line what a machine lacks and what to do about it."""

from __future__ import annotations

import os
from pathlib import Path
import platform
import shutil
import subprocess
import sys

import pytest

from environment import checks
from environment.layout import Layout

SETUP = Path(__file__).resolve().parents[2] / 'tools' / 'setup'


def test_without_compiler_and_cmake_it_names_their_packages(set_up, one_line, tmp_path):
    done = set_up('--check', PATH=str(tmp_path))
    assert done.returncode == 2
    line = one_line(done.stderr)
    assert 'missing: cmake, make, cc, c++' in line
    assert 'apt install cmake make gcc g++' in line


def test_only_the_missing_tool_is_named(set_up, one_line, tmp_path):
    for tool in ('make', 'cc', 'c++'):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    done = set_up('--check', PATH=str(tmp_path))
    assert 'missing: cmake; ' in one_line(done.stderr)


def test_a_folder_with_a_space_is_refused(set_up, one_line, tmp_path):
    done = set_up('--check', MPNP_ENV=str(tmp_path / 'with space'))
    assert done.returncode == 2
    assert "has ' ' in its name" in one_line(done.stderr)


@pytest.mark.skipif(os.geteuid() == 0, reason='the superuser may write everywhere')
def test_a_folder_that_cannot_be_written_to_is_refused(set_up, one_line, tmp_path):
    tmp_path.chmod(0o500)
    done = set_up('--check', MPNP_ENV=str(tmp_path / 'env'))
    assert 'cannot be written to' in one_line(done.stderr)


def test_a_full_disk_is_refused_with_what_is_free(layout, one_line, monkeypatch):
    usage = shutil.disk_usage(layout.env)
    monkeypatch.setattr(checks.shutil, 'disk_usage', lambda _: usage._replace(free=2_500_000_000))
    with pytest.raises(checks.Unmet) as error:
        checks.check_disk(layout)
    line = one_line(error.value)
    assert '6 GB' in line
    assert '2.5 GB' in line


def test_an_unsupported_python_without_another_is_refused(one_line, tmp_path):
    script = ('import runpy, sys; sys.version_info = (3, 9, 1, "final", 0); '
              f'runpy.run_path({str(SETUP)!r}, run_name="__main__")')
    done = subprocess.run([sys.executable, '-c', script], env={'PATH': str(tmp_path)},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert 'Python 3.10 to 3.13 is needed' in one_line(done.stderr)


def test_an_unsupported_python_hands_over_to_a_supported_one(tmp_path):
    name = f'python3.{sys.version_info.minor}'
    (tmp_path / name).symlink_to(sys.executable)
    script = ('import runpy, sys; sys.version_info = (3, 9, 1, "final", 0); '
              f'sys.argv = ["setup", "--help"]; runpy.run_path({str(SETUP)!r}, '
              'run_name="__main__")')
    done = subprocess.run([sys.executable, '-c', script], env={'PATH': str(tmp_path)},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert 'usage: tools/setup' in done.stdout


def test_another_processor_is_refused_where_no_ros_is_sourced(one_line, monkeypatch):
    monkeypatch.setattr(platform, 'machine', lambda: 'aarch64')
    with pytest.raises(checks.Unmet) as error:
        checks.check_platform(None)
    assert 'x86_64 alone, this is aarch64' in one_line(error.value)


def test_another_processor_will_do_where_ros_is_sourced(monkeypatch):
    monkeypatch.setattr(platform, 'machine', lambda: 'aarch64')
    checks.check_platform('/opt/ros/jazzy')


def test_another_system_is_refused(one_line, monkeypatch):
    monkeypatch.setattr(sys, 'platform', 'darwin')
    with pytest.raises(checks.Unmet) as error:
        checks.check_platform('/opt/ros/jazzy')
    assert '64-bit Linux is needed' in one_line(error.value)


@pytest.mark.parametrize(('library', 'version'), [('', ''), ('glibc', '2.17')])
def test_another_c_library_is_refused(one_line, monkeypatch, library, version):
    monkeypatch.setattr(platform, 'libc_ver', lambda: (library, version))
    with pytest.raises(checks.Unmet) as error:
        checks.check_platform(None)
    assert 'glibc 2.28 or newer is needed' in one_line(error.value)


def test_this_machine_is_accepted(set_up):
    done = set_up('--check')
    assert done.returncode == 0, done.stderr


def test_a_new_environment_asks_for_more_disk_than_one_to_go_on_with(
        layout: Layout, monkeypatch):
    usage = shutil.disk_usage(layout.env)
    monkeypatch.setattr(checks.shutil, 'disk_usage', lambda _: usage._replace(free=2_500_000_000))
    checks.check_disk(layout, checks.FREE_TO_GO_ON_GB)
