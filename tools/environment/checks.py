# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the machine must have: each lack is one line that says what to do."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
import platform
import shutil
import subprocess
import sys
import sysconfig

from environment.layout import Layout
from environment.report import SetupError

FREE_GB = 6.0         # for a new environment
FREE_TO_GO_ON_GB = 1.0
GLIBC = (2, 28)
MACHINE = 'x86_64'   # the one that ROS 2 wheels are published for


class Unmet(SetupError):
    """Something the machine lacks."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=2)


def find_sourced_ros() -> str | None:
    """Return the prefix of a sourced ROS 2 Jazzy whose rclpy this Python imports, or None.

    Inside tools/shell it is what that environment stands on.
    """
    if 'MPNP_SHELL' in os.environ:
        return os.environ.get('MPNP_SOURCED_ROS') or None
    if os.environ.get('ROS_DISTRO') != 'jazzy':
        return None
    command = [sys.executable, '-c', 'import rclpy; print(rclpy.__file__)']
    found = subprocess.run(command, capture_output=True, text=True)
    if found.returncode != 0:
        return None
    return os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)[-1] or found.stdout.strip()


def check_platform(sourced: str | None) -> None:
    """Refuse a platform for which there are no wheels; a sourced ROS needs none of them."""
    bits = 64 if sys.maxsize > 2**32 else 32
    if sys.platform != 'linux' or bits != 64:
        raise Unmet(
            f'64-bit Linux is needed, this is {bits}-bit {platform.system()}; `pip install .` '
            'gives the part without ROS')
    if not sourced and platform.machine() != MACHINE:
        raise Unmet(
            f'ROS 2 wheels are published for {MACHINE} alone, this is {platform.machine()}; '
            'install ROS 2 Jazzy, source it and start again, or `pip install .` for the part '
            'without ROS')
    library, version = platform.libc_ver()
    numbers = tuple(int(part) for part in version.split('.')[:2] if part.isdigit())
    if library != 'glibc' or numbers < GLIBC:
        raise Unmet(
            f'glibc {GLIBC[0]}.{GLIBC[1]} or newer is needed (Debian 10, Ubuntu 20.04 or later), '
            f'this is {library or "another C library"} {version}'.rstrip())


def check_tools(sourced: str | None) -> None:
    """Refuse a machine on which nothing can be compiled."""
    wanted = {'cmake': 'cmake', 'make': 'make', 'cc': 'gcc', 'c++': 'g++'}
    if sourced:
        wanted['colcon'] = 'python3-colcon-common-extensions'
    missing = {name: package for name, package in wanted.items() if not shutil.which(name)}
    python = f'python{sys.version_info.major}.{sys.version_info.minor}'
    if importlib.util.find_spec('ensurepip') is None or importlib.util.find_spec('venv') is None:
        missing[f'venv for {sys.executable}'] = f'{python}-venv'
    if not (Path(sysconfig.get_path('include')) / 'Python.h').is_file():
        missing[f'Python.h for {sys.executable}'] = f'{python}-dev'
    if missing:
        raise Unmet(
            f'missing: {", ".join(missing)}; on Debian or Ubuntu: '
            f'sudo apt install {" ".join(missing.values())}')


def check_disk(layout: Layout, wanted_gb: float = FREE_GB) -> None:
    """Refuse to start a download that would fill the disk."""
    folder = layout.env
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        raise Unmet(f'{folder} cannot be written to; set MPNP_ENV to a folder that can')
    free = shutil.disk_usage(folder).free / 1e9
    if free < wanted_gb:
        raise Unmet(
            f'{wanted_gb:.0f} GB of free disk are needed in {folder}, there are {free:.1f} GB; '
            'free some or set MPNP_ENV to a folder on another disk')


def check_paths(layout: Layout) -> None:
    """Refuse a folder whose name CMake and the shell scripts of ROS would cut in two."""
    for folder in (layout.root, layout.env):
        odd = sorted({character for character in str(folder) if character in ' \t\n:;"\'$\\'})
        if odd:
            raise Unmet(
                f'the folder {str(folder)!r} has {odd[0]!r} in its name, which the ROS build '
                'tools do not take; move it or set MPNP_ENV')
