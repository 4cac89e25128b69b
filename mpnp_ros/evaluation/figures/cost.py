# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What answers cost: counted operations and bytes of latents."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from mpnp_ros.evaluation.record import Record

PARTS = ('encode', 'fuse', 'answer')
TOTAL = 'total'
_DIGITS = 1


class Cost:
    """Add up what answers cost; refusals cost nothing and are left out."""

    def __init__(self) -> None:
        self._flops: defaultdict[str, int] = defaultdict(int)
        self._counted = self._answered = self._payload_bytes = 0

    def add(self, record: Record) -> None:
        """Take an answer."""
        if record.refusal:
            return
        self._answered += 1
        self._payload_bytes += sum(use.payload_bytes for use in record.modalities)
        if record.flops:
            self._counted += 1
            for part, flops in record.flops.items():
                self._flops[part] += flops
                self._flops[TOTAL] += flops

    def figures(self) -> dict[str, Any]:
        """Return means per answer, None where nothing was counted."""
        parts = (*PARTS, *sorted(self._flops.keys() - {*PARTS, TOTAL}), TOTAL)
        return {
            'flops': {part: _mean(self._flops[part], self._counted) for part in parts},
            'payload_bytes': _mean(self._payload_bytes, self._answered),
        }


def _mean(total: int, count: int) -> float | None:
    return round(total / count, _DIGITS) if count else None
