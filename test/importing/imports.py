# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Run the command `mpnp-import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mpnp_ros.importing.cli import main


def run(layout: str, dataset: Path, out: Path, *options: str) -> int:
    """Import a data set; return the exit code."""
    return main([layout, str(dataset), str(out), '--no-progress', *options])


def questions(bag: Path) -> list[dict[str, Any]]:
    """Return the questions beside a bag."""
    return [json.loads(line) for line in (bag / 'questions.jsonl').read_text().splitlines()]


def left_behind(out: Path) -> list[str]:
    """Return what is in the folder of the bags, hidden files too."""
    return sorted(path.name for path in out.iterdir()) if out.exists() else []
