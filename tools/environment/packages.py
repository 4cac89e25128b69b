# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The virtual environment and what pip puts into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import errno
import os
from pathlib import Path
import re
import shutil
import sys

from environment.layout import Layout
from environment.report import CommandFailed, Report, SetupError
from environment.stamps import Stamps

NO_NETWORK = re.compile(
    r'NewConnectionError|NameResolutionError|Max retries exceeded|ConnectTimeoutError|'
    r'ReadTimeoutError|Connection refused|ProxyError|SSLError|Could not fetch URL')
NO_SPACE = re.compile(r'No space left on device|Errno 28')
BAD_HASH = re.compile(r'THESE PACKAGES DO NOT MATCH THE HASHES')
NO_WHEEL = re.compile(r'No matching distribution found for (\S+)')


def make_venv(report: Report, layout: Layout) -> None:
    """Make a fresh virtual environment; a sourced ROS needs the system's packages in it."""
    shutil.rmtree(layout.venv, ignore_errors=True)
    command: list[str | Path] = [sys.executable, '-m', 'venv', layout.venv]
    if layout.sourced:
        command.append('--system-site-packages')
    report.run('venv', command, env=dict(os.environ))


def pip_install(
    report: Report, layout: Layout, stamps: Stamps, log: str, arguments: Sequence[str | Path],
) -> None:
    """Run pip install; a later set-up starts over if this one is cut off while it unpacks."""
    fetched = 0

    def describe(line: str) -> str | None:
        nonlocal fetched
        text = line.strip()
        if text.startswith('Collecting '):
            fetched += 1
            return f'package {fetched}: {text.split()[1]}'
        if text.startswith('Downloading ') and text.endswith('B)'):
            return f'package {fetched}: {text[12:]}'
        if text.startswith('Installing collected packages'):
            stamps.set('unpacking', log)
            return f'unpacking {text.count(",") + 1} packages'
        return None

    run_pip(report, layout, log, ['install', '--no-compile', *arguments], describe)
    stamps.drop('unpacking')


def run_pip(
    report: Report, layout: Layout, log: str, arguments: Sequence[str | Path],
    describe: Callable[[str], str | None],
) -> None:
    """Run pip and turn what commonly stops it into one line that says what to do."""
    command = [layout.python, '-m', 'pip', '--disable-pip-version-check', '--no-input',
               '--retries', '3', *arguments]
    try:
        report.run(log, command, env=layout.variables(), describe=describe)
    except CommandFailed as failure:
        raise explain(failure) from failure


def explain(failure: CommandFailed) -> SetupError:
    """Return the one line for a failed pip."""
    output = failure.log.read_text(encoding='utf-8', errors='replace').rpartition('\n$ ')[2]
    details = f'; details in {failure.log}'
    if NO_SPACE.search(output):
        return SetupError(
            f'the disk is full ({os.strerror(errno.ENOSPC)}); free some space and start again'
            + details)
    if BAD_HASH.search(output):
        return SetupError('a downloaded package is not the one that the lock names' + details)
    if NO_NETWORK.search(output):
        return SetupError(
            "pip cannot reach its package index; check the network, the proxy and pip's "
            'configuration, and start again' + details)
    wheel = NO_WHEEL.search(output)
    if wheel:
        return SetupError(
            f'the package index has no {wheel[1]} for Python {sys.version_info.major}.'
            f'{sys.version_info.minor} on this machine' + details)
    return SetupError('pip failed' + details)


def compile_bytecode(report: Report, layout: Layout) -> None:
    """Compile what was unpacked, so that no later start has to."""
    command = [layout.python, '-m', 'compileall', '-q', '-j', '0', layout.site]
    try:
        report.run('bytecode', command, env=layout.variables())
    except CommandFailed:
        pass   # a package may carry files for other versions of Python
