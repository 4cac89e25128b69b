# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the set-up share: its modules, and environments of their own."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))

from environment.layout import Layout  # noqa: E402
from environment.stamps import Stamps  # noqa: E402


@pytest.fixture
def set_up() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs tools/setup as a terminal outside tools/shell would."""
    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        outside = {name: value for name, value in os.environ.items()
                   if name in ('HOME', 'LANG', 'PATH')}
        return subprocess.run(
            [sys.executable, str(ROOT / 'tools' / 'setup'), *arguments], env=outside | variables,
            capture_output=True, text=True, timeout=60)
    return run


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return an environment on a copy of what decides about a build, with this Python."""
    root, env = tmp_path / 'repository', tmp_path / 'env'
    for name in ('msg', 'srv', 'action', 'resource', 'config', 'launch'):
        shutil.copytree(ROOT / name, root / name)
    shutil.copytree(ROOT / 'mpnp_ros' / 'nodes', root / 'mpnp_ros' / 'nodes')
    for name in ('CMakeLists.txt', 'package.xml'):
        shutil.copy(ROOT / name, root)
    env.mkdir()
    (env / 'venv').symlink_to(sys.prefix)
    return Layout(root=root, env=env, sourced=None)


@pytest.fixture
def stamps(layout: Layout) -> Stamps:
    """Return the stamps of that environment."""
    return Stamps(layout.env / 'stamps.json')


@pytest.fixture
def one_line() -> Callable[[Any], str]:
    """Return a function that checks that an error is one line, and gives it."""
    def check(error: Any) -> str:
        text = str(error).strip()
        assert text
        assert '\n' not in text
        return text
    return check
