# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Statuses of encoders and answers as the manager reads them, without ROS."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

from mpnp_ros.manager.report import Report, State


def status(modality: str, state: State = State.ACTIVE, **fields: Any) -> SimpleNamespace:
    """Return the fields of a ModalityStatus of an encoder that is well."""
    return SimpleNamespace(**{
        'modality': modality, 'state': int(state), 'message': '', 'quality': ['brightness'],
        'quality_values': [0.5], 'usability': 1.0, 'quality_message': '', 'latent_rate_hz': 10.0,
        'age_s': 0.1, 'encode_ms_p50': 5.0, 'encode_flops': 1e8, 'weights_bytes': 1000,
        'payload_bytes': 2000, 'tokens': 10, 'bits': 16, 'published': 100, **fields})


def report(modality: str, state: State = State.ACTIVE, **fields: Any) -> Report:
    """Return the report of such a status."""
    return Report.of(status(modality, state, **fields))


def answer(question: str, *, question_id: str = '', tokens: int = 10, fuse_ms: float = 2.0,
           core_ms: float = 100.0, error_code: int = 0, named: tuple[str, ...] = ()
           ) -> SimpleNamespace:
    """Return the fields of an Answer that the manager reads."""
    return SimpleNamespace(
        question=question, question_id=question_id, success=not error_code,
        error_code=error_code, named=list(named),
        modalities=[SimpleNamespace(tokens=tokens)],
        timing=SimpleNamespace(core_ms=core_ms, fuse_ms=fuse_ms))


DARK = {'usability': 0.05, 'quality_message': 'dark (mean 9 of 255)'}
IDLE = {'state': State.IDLE, 'usability': math.nan, 'latent_rate_hz': 0.0}
