# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What stops pip becomes one line that says what to do."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
import zipfile

import pytest

from environment import packages
from environment.layout import Layout
from environment.report import Report, SetupError
from environment.stamps import Stamps


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Return an empty wheel of a package `nothing`."""
    path = tmp_path / 'nothing-1.0-py3-none-any.whl'
    info = 'nothing-1.0.dist-info'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr(f'{info}/METADATA', 'Metadata-Version: 2.1\nName: nothing\nVersion: 1.0')
        archive.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\nTag: py3-none-any')
        archive.writestr(f'{info}/RECORD', '')
    return path


@pytest.fixture(autouse=True)
def plain_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave this machine's pip configuration out."""
    for name in [name for name in os.environ if name.startswith('PIP_')]:
        monkeypatch.delenv(name)
    monkeypatch.setenv('PIP_CONFIG_FILE', os.devnull)


def install(layout: Layout, stamps: Stamps, *words: str | Path) -> None:
    report = Report(layout.log, 1)
    with report.step('pip'):
        packages.pip_install(report, layout, stamps, 'pip', [
            '--dry-run', '--ignore-installed', '--no-deps', *words])


def refusal(layout: Layout, stamps: Stamps, *words: str | Path) -> str:
    with pytest.raises(SetupError) as error:
        install(layout, stamps, *words)
    return str(error.value)


def test_an_index_out_of_reach(layout, stamps, one_line):
    line = one_line(refusal(
        layout, stamps, '--retries', '1', '--index-url', 'http://127.0.0.1:9/simple', 'nothing'))
    assert 'pip cannot reach its package index; check the network' in line


def test_a_package_that_the_index_lacks(layout, stamps, one_line):
    line = one_line(refusal(layout, stamps, '--no-index', 'nothing==1.0'))
    assert 'the package index has no nothing==1.0 for Python 3.' in line


def test_a_package_with_another_hash(layout, stamps, one_line, wheel, tmp_path):
    lock = tmp_path / 'lock.txt'
    lock.write_text(f'nothing==1.0 --hash=sha256:{"0" * 64}\n')
    line = one_line(refusal(
        layout, stamps, '--no-index', '--find-links', wheel.parent, '--require-hashes',
        '-r', lock))
    assert 'is not the one that the lock names' in line


def test_a_package_with_its_hash_is_taken(layout, stamps, wheel, tmp_path):
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock = tmp_path / 'lock.txt'
    lock.write_text(f'nothing==1.0 --hash=sha256:{digest}\n')
    install(layout, stamps, '--no-index', '--find-links', wheel.parent, '--require-hashes',
            '-r', lock)


def test_every_refusal_names_the_log_with_the_details(layout, stamps):
    line = refusal(layout, stamps, '--no-index', 'nothing==1.0')
    log = Path(line.rpartition('details in ')[2])
    assert 'nothing==1.0' in log.read_text()
