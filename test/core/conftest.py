# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the core tests share."""

from __future__ import annotations

from pathlib import Path
import sys

# Modules of this folder: pytest's importlib mode leaves it off the path.
sys.path.insert(0, str(Path(__file__).parent))

import pytest  # noqa: E402
from weights_stage import Stage  # noqa: E402


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Return an environment for weights of its own: cache, catalogue and package folder."""
    return Stage(tmp_path, monkeypatch)
