# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Checked questions handed from one program of an evaluation to another, ids and all."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import json
from pathlib import Path
from typing import Any

from mpnp_ros.evaluation.questions.question import AskedQuestion


def write_asked(path: Path, questions: Sequence[AskedQuestion]) -> None:
    """Write questions so that `read_asked` gives back the same."""
    path.write_text(json.dumps([dataclasses.asdict(question) for question in questions]),
                    encoding='utf-8')


def read_asked(path: Path) -> tuple[AskedQuestion, ...]:
    """Read what `write_asked` wrote; raises ValueError for anything else."""
    try:
        return tuple(map(_question, json.loads(path.read_text(encoding='utf-8'))))
    except (TypeError, AttributeError, ValueError) as error:
        raise ValueError(f'{path}: not a file of checked questions: {error}') from error


def _question(fields: dict[str, Any]) -> AskedQuestion:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return AskedQuestion(**values)
