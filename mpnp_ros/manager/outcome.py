# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What evaluation says of a question: with which modalities it was answered right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
import json
from pathlib import Path

from mpnp_ros.evaluation.record import QUESTION_ONLY, Record

Moment = tuple[str, int]   # name of a bag and a stamp, ns


@dataclass(frozen=True)
class Outcome:
    """One answer of an evaluation.

    :ivar moment: the bag and the stamp of the question.
    :ivar scene: questions of one scene are alike.
    :ivar used: modalities that took part.
    :ivar usability: how good each was then, 0 to 1; 1 where it is not named.
    :ivar flops: operations of encoding and fusing, what modalities add to an answer.
    """

    question: str
    moment: Moment
    scene: str
    used: frozenset[str]
    right: bool
    usability: Mapping[str, float] = field(default_factory=dict)
    flops: float = 0.0


def outcomes(
    records: Iterable[Record], usability: Mapping[Moment, Mapping[str, float]] | None = None
) -> Iterator[Outcome]:
    """Return the outcomes of records; those with other sensors' data or no verdict are left out.

    :param usability: by moment, as `read_usability` gives it.
    """
    for record in records:
        if record.right is None or record.control not in ('', QUESTION_ONLY):
            continue
        moment = record.bag, record.stamp_ns
        yield Outcome(record.question, moment, record.scene or record.bag,
                      frozenset(use.modality for use in record.modalities), record.right,
                      (usability or {}).get(moment, {}),
                      float(record.flops.get('encode', 0) + record.flops.get('fuse', 0)))


def read_usability(path: str | Path) -> dict[Moment, dict[str, float]]:
    """Read how good each modality was, by moment: lines of JSON.

    A line reads {"bag": name, "stamp_ns": 0, "usability": {"camera": 0.1}}. Raises ValueError
    naming the line that does not.
    """
    found: dict[Moment, dict[str, float]] = {}
    with open(path, encoding='utf-8') as lines:
        for number, line in enumerate(lines, 1):
            try:
                fields = json.loads(line)
                values = {str(name): float(value)
                          for name, value in fields['usability'].items()}
                if not all(0.0 <= value <= 1.0 for value in values.values()):
                    raise ValueError(f'usability {values}, expected 0 to 1')
                found[str(fields['bag']), int(fields['stamp_ns'])] = values
            except KeyError as error:
                raise ValueError(f'{path}, line {number}: {error} is missing') from error
            except (ValueError, TypeError, AttributeError) as error:
                raise ValueError(f'{path}, line {number}: {error}') from error
    return found
