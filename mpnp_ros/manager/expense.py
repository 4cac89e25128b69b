# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What modalities cost, from what their encoders measured and what answers took."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

from mpnp_ros.manager.context import ModalityContext
from mpnp_ros.manager.cost import Cost

_KEPT = 0.9   # of an average when another answer comes


@dataclass(frozen=True)
class ExpenseSettings:
    """What the manager is told of costs.

    :ivar fuse_flops_per_token: counted operations for each latent token of an answer.
    :ivar idle_watts: what the power meter shows while nothing is encoded or answered.
    """

    fuse_flops_per_token: float = 0.0
    idle_watts: float = 0.0


class Expense:
    """Averages over answers, and from them the cost of each modality."""

    def __init__(self, settings: ExpenseSettings) -> None:
        self.settings = settings
        self.answers_per_s = 0.0
        self.base_ms = self.ms_per_token = math.nan
        self.watts_per_flops = math.nan   # W per FLOP/s
        self._answered_s: float | None = None

    def take_answer(self, answer: Any, now_s: float) -> None:
        """Learn from an Answer what fusing and the language model took, and how often they ran."""
        timing = answer.timing
        tokens = sum(use.tokens for use in answer.modalities)
        if answer.success and timing.core_ms > 0.0:
            self.base_ms = _averaged(self.base_ms, max(timing.core_ms - timing.fuse_ms, 0.0))
            if tokens:
                self.ms_per_token = _averaged(self.ms_per_token, timing.fuse_ms / tokens)
        if self._answered_s is not None and now_s > self._answered_s:
            self.answers_per_s = _averaged(
                self.answers_per_s or math.nan, 1.0 / (now_s - self._answered_s))
        self._answered_s = now_s

    def assume_rate(self, answers_per_s: float, now_s: float) -> None:
        """Count on so many answers per second from now on."""
        self.answers_per_s, self._answered_s = answers_per_s, now_s

    def rate_at(self, now_s: float) -> float:
        """Return answers per second: what came lately, and less the longer nothing comes."""
        if self._answered_s is None:
            return 0.0
        return min(self.answers_per_s, 1.0 / max(now_s - self._answered_s, 1e-3))

    def take_power(self, watts: float, flops_per_s: float) -> None:
        """Learn from a reading what the operations in use take beyond what idles."""
        if flops_per_s > 0.0:
            self.watts_per_flops = _averaged(
                self.watts_per_flops, max(watts - self.settings.idle_watts, 0.0) / flops_per_s)

    def of(self, context: ModalityContext, now_s: float) -> Cost:
        """Return what a modality costs while it is in use; NaN where that is not known."""
        fused = self.rate_at(now_s) * context.tokens * self.settings.fuse_flops_per_token
        flops = context.encode_flops * context.rate_hz + fused
        per_token = self.ms_per_token
        return Cost(
            flops, per_token * context.tokens if context.tokens else math.nan,
            float(context.weights_bytes + context.payload_bytes) or math.nan,
            context.payload_bytes * context.rate_hz if context.payload_bytes else math.nan,
            self.watts_per_flops * flops)

    def base(self) -> Cost:
        """Return what is spent without any modality."""
        return Cost(answer_ms=self.base_ms, watts=self.settings.idle_watts)


def _averaged(before: float, now: float) -> float:
    return now if math.isnan(before) else _KEPT * before + (1.0 - _KEPT) * now
