# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Answers to be scored, with only what a test is about."""

from __future__ import annotations

from itertools import count

from mpnp_ros.evaluation.record import Record, same_answer, Use

SECOND_NS = 1_000_000_000
_numbers = count()


def answer(expected: str | None, given: str, **fields: object) -> Record:
    """Return an answer to a question of its own; what is not given is the same for all."""
    taken: dict[str, object] = {
        'id': f'q{next(_numbers)}', 'bag': 'drive', 'scene': '', 'stamp_ns': 0,
        'question': 'Is there a truck ahead?', 'expected': expected, 'answer': given,
        'right': None if expected is None else same_answer(given, expected), 'type': 'exist',
        'candidates': ('yes', 'no')}
    return Record(**(taken | fields))   # type: ignore[arg-type]


def refused(expected: str | None, refusal: str, **fields: object) -> Record:
    """Return a question that was refused."""
    return answer(expected, '', refusal=refusal,
                  right=None if expected is None else False, **fields)


def with_sensors(*modalities: str, payload_bytes: int = 100) -> tuple[Use, ...]:
    """Return modalities that took part."""
    return tuple(Use(name, f'{name}_encoder', 0, 0.1, 4, payload_bytes) for name in modalities)
