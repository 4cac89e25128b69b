# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a modality takes from the computer, the link and the battery."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Cost:
    """Costs that add up over modalities; NaN where one is not known.

    :ivar flops_per_s: counted operations of encoding and of fusing into answers, per second.
    :ivar answer_ms: what it adds to the time of one answer, ms.
    :ivar memory_bytes: weights and latents held.
    :ivar network_bytes_per_s: latents on their way from encoder to LLM node.
    :ivar watts: electrical power.
    """

    flops_per_s: float = 0.0
    answer_ms: float = 0.0
    memory_bytes: float = 0.0
    network_bytes_per_s: float = 0.0
    watts: float = 0.0

    def vector(self) -> np.ndarray:
        """Return the costs as [5] numbers in the order of the fields, 0 for what is not known."""
        return np.nan_to_num(np.array(astuple(self), dtype=np.float64), nan=0.0, posinf=np.inf)


DIMENSIONS = tuple(field.name for field in fields(Cost))

_UNITS = {'flops_per_s': 'FLOP/s', 'answer_ms': 'ms', 'memory_bytes': 'B',
          'network_bytes_per_s': 'B/s', 'watts': 'W'}
_PREFIXES = ((1e12, 'T'), (1e9, 'G'), (1e6, 'M'), (1e3, 'k'))


def amount(dimension: str, value: float) -> str:
    """Return a cost in words, e.g. '2.1 GFLOP/s' or '12 ms'."""
    unit = _UNITS[dimension]
    if dimension not in ('answer_ms', 'watts'):
        for size, prefix in _PREFIXES:
            if value >= size:
                return f'{value / size:.3g} {prefix}{unit}'
    return f'{value:.3g} {unit}'
