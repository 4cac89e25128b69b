# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the core tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import sys

# Modules of this folder: pytest's importlib mode leaves it off the path.
sys.path.insert(0, str(Path(__file__).parent))

import pytest  # noqa: E402
import torch  # noqa: E402
from weights_stage import Stage  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Keep tiny matrices on one thread: waiting for others takes longer than the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Return an environment for weights of its own: cache, catalogue and package folder."""
    return Stage(tmp_path, monkeypatch)
