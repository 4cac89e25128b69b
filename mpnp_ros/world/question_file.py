# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The questions that belong to a bag, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
from dataclasses import dataclass
import json
from pathlib import Path

from mpnp_ros.world.questions import Question


@dataclass(frozen=True)
class AskedAt:
    """A question about the moment of a stamp; `demo` marks those the demo asks."""

    stamp_ns: int
    question: Question
    demo: bool = False


def write_questions(path: Path, asked: Iterable[AskedAt]) -> None:
    """Write the questions in the order given."""
    lines = []
    for item in asked:
        fields = dataclasses.asdict(item.question)
        record = {'stamp_ns': item.stamp_ns, 'question': fields.pop('text'), **fields}
        lines.append(json.dumps(record | ({'demo': True} if item.demo else {})))
    path.write_text('\n'.join(lines) + '\n', encoding='utf-8')


def read_questions(path: Path) -> list[AskedAt]:
    """Read what `write_questions` wrote; ValueError names the line that cannot be used."""
    asked = []
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        try:
            fields = json.loads(line)
            asked.append(AskedAt(
                stamp_ns=int(fields['stamp_ns']),
                question=Question(
                    text=fields['question'], answer=fields['answer'],
                    candidates=tuple(fields['candidates']), type=fields['type'],
                    needs=tuple(fields['needs'])),
                demo=bool(fields.get('demo', False))))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{path}, line {number}: not a question: {error!r}') from error
    return asked
