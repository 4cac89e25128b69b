# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Percentiles of what answers took and of how old the latents were."""

from __future__ import annotations

from array import array
import dataclasses
import math
from typing import Any

import numpy as np

from mpnp_ros.evaluation.record import AnswerTiming

PERCENTILES = {'p50': 50, 'p90': 90, 'p95': 95, 'p99': 99, 'max': 100}
_UNIT = '_ms'
_TIMES = tuple(field.name.removesuffix(_UNIT) for field in dataclasses.fields(AnswerTiming)
               if field.name.endswith(_UNIT))
_DIGITS = 3


class Latency:
    """Collect timings; controls are not what a robot waits for and are left out."""

    def __init__(self) -> None:
        self._taken_ms: dict[str, array[float]] = {name: array('d') for name in _TIMES}

    def add(self, timing: AnswerTiming) -> None:
        """Take the times of one answer that were measured."""
        if timing.control:
            return
        for name in _TIMES:
            self._take(name, getattr(timing, name + _UNIT))
        for modality, age_s in timing.ages_s.items():
            self._take(f'age_{modality}', None if age_s is None else age_s * 1e3)

    def figures(self) -> dict[str, dict[str, Any]]:
        """Return n, percentiles and maximum in ms of each time that was measured, by name."""
        figures = {}
        for name in (*_TIMES, *sorted(self._taken_ms.keys() - set(_TIMES))):
            taken_ms = np.array(self._taken_ms[name])
            if len(taken_ms):
                ends = np.percentile(taken_ms, list(PERCENTILES.values()))
                figures[name] = {'n': len(taken_ms)} | {
                    key: round(float(end), _DIGITS) for key, end in zip(PERCENTILES, ends)}
        return figures

    def _take(self, name: str, taken_ms: float | None) -> None:
        if taken_ms is not None and math.isfinite(taken_ms):
            self._taken_ms.setdefault(name, array('d')).append(taken_ms)
