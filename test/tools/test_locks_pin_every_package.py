# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The lock files pin every package by version and hash, but for torch, and name no host."""

from __future__ import annotations

from pathlib import Path
import re

import pytest

LOCKS = Path(__file__).resolve().parents[2] / 'tools' / 'locks'


def requirements(name: str) -> list[str]:
    """Return the requirements of a lock, each on one line."""
    text = (LOCKS / name).read_text(encoding='utf-8').replace('\\\n', '')
    return [line for line in text.splitlines() if line.strip() and not line.startswith('#')]


@pytest.mark.parametrize('name', [
    'isaacsim.txt', 'python.txt', 'ros.txt', 'extras.txt', 'train.txt'])
def test_every_package_has_a_version_and_hashes(name):
    lines = requirements(name)
    assert lines
    unpinned = [line for line in lines
                if not re.match(r'[\w.-]+==[\w.]+ .*--hash=sha256:[0-9a-f]{64}', line)]
    assert unpinned == []


def test_torch_alone_is_pinned_by_version_only():
    assert [line.partition('==')[0] for line in requirements('torch.txt')] == ['torch']
    assert not [line for name in ('python.txt', 'ros.txt', 'extras.txt', 'train.txt')
                for line in requirements(name)
                if line.startswith(('torch==', 'nvidia-'))]


@pytest.mark.parametrize('path', sorted(LOCKS.iterdir()), ids=lambda path: path.name)
def test_no_lock_names_a_host(path):
    assert not re.search(r'://|--(extra-)?index-url', path.read_text(encoding='utf-8'))


def test_the_two_locks_agree_where_they_name_the_same_package():
    def versions(name: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for line in requirements(name):
            package, _, version = line.split()[0].partition('==')
            found.setdefault(package, set()).add(version)
        return found

    python, ros = versions('python.txt'), versions('ros.txt')
    assert {name: (python[name], ros[name]) for name in python.keys() & ros.keys()
            if python[name] != ros[name]} == {}
