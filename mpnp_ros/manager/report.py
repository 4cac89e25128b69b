# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One status message of an encoder, as the manager reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
import math
from typing import Any

STATUS_TYPE = 'mpnp_ros/msg/ModalityStatus'


class State(IntEnum):
    """The states of ModalityStatus.msg."""

    IDLE = 0
    ACTIVE = 1
    WAITING = 2
    STALE = 3
    ERROR = 4
    OFFLINE = 5


@dataclass(frozen=True)
class Report:
    """What an encoder says of itself; NaN where it has not measured.

    :ivar problem: what of the message cannot be true, in words; that part counts as not measured.
    """

    modality: str
    state: State
    message: str = ''
    quality: dict[str, float] = field(default_factory=dict)
    usability: float = math.nan
    quality_message: str = ''
    rate_hz: float = 0.0
    age_s: float = math.nan
    encode_ms: float = math.nan
    encode_flops: float = math.nan
    weights_bytes: int = 0
    payload_bytes: int = 0
    tokens: int = 0
    bits: int = 0
    published: int = 0
    problem: str = ''

    @classmethod
    def of(cls, status: Any) -> Report:
        """Return the report of a ModalityStatus; raises ValueError for one that says nothing."""
        if not status.modality:
            raise ValueError('a status without the name of its modality')
        if status.state not in tuple(State):
            raise ValueError(f'{status.modality}: state {status.state}, expected '
                             f'{min(State).value} to {max(State).value}')
        problems = []
        usability = float(status.usability)
        if not (math.isnan(usability) or 0.0 <= usability <= 1.0):
            problems.append(f'usability {usability:g}, expected 0 to 1')
            usability = math.nan
        costs = {name: float(getattr(status, name))
                 for name in ('latent_rate_hz', 'encode_flops', 'encode_ms_p50')}
        for name, value in costs.items():
            if value < 0.0 or math.isinf(value):
                problems.append(f'{name} {value:g}, expected 0 or more')
                costs[name] = math.nan
        names, values = list(status.quality), list(status.quality_values)
        if len(names) != len(values):
            problems.append(f'{len(names)} measures of quality with {len(values)} values')
        return cls(
            status.modality, State(status.state), status.message, dict(zip(names, values)),
            usability, status.quality_message, costs['latent_rate_hz'], float(status.age_s),
            costs['encode_ms_p50'], costs['encode_flops'], int(status.weights_bytes),
            int(status.payload_bytes), int(status.tokens), int(status.bits),
            int(status.published), '; '.join(problems))
