# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What cannot be asked, whatever modalities there are."""

from __future__ import annotations

from collections.abc import Sequence

from mpnp_ros.suite.parameters import LlmParameters


class BadQuestion(ValueError):
    """The text of a question cannot be used."""


class BadRequest(ValueError):
    """What goes with a question cannot be used."""


def check_text(text: str, candidates: Sequence[str], limits: LlmParameters) -> None:
    """Raise BadQuestion or BadRequest, naming the limit, for what cannot be asked."""
    size = len(text.encode('utf-8', errors='surrogateescape'))
    if not text.strip():
        raise BadQuestion('the question is empty')
    if size > limits.max_question_bytes:
        raise BadQuestion(f'the question has {size} bytes, the limit is '
                          f'{limits.max_question_bytes} (parameter max_question_bytes)')
    if len(candidates) > limits.max_candidates:
        raise BadRequest(f'{len(candidates)} candidates, the limit is {limits.max_candidates} '
                         '(parameter max_candidates)')
    if any(not candidate.strip() for candidate in candidates):
        raise BadRequest('a candidate is empty')
    if len(set(candidates)) != len(candidates):
        raise BadRequest('a candidate is given twice')
    if sum(len(candidate.encode()) for candidate in candidates) > limits.max_question_bytes:
        raise BadRequest('the candidates together are longer than '
                         f'{limits.max_question_bytes} bytes (parameter max_question_bytes)')
