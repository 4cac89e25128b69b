# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Three ways to count what decisions take: a question may pay for its sensors alone or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
from dataclasses import dataclass

from mpnp_ros.manager.policies.base import Policy
from mpnp_ros.manager.replay import (
    Case, replay, replay_together, Replayed, ReplaySettings, shared_flops)


@dataclass(frozen=True)
class Accounting:
    """How questions are decided on and what is counted.

    :ivar replay: decides question by question or once for a moment.
    :ivar shared: whether a moment is encoded once for all its questions.
    """

    name: str
    replay: Callable[[Policy, Sequence[Case], ReplaySettings], Replayed]
    shared: bool

    def counted(self, one: Replayed, cases: Sequence[Case]) -> Replayed:
        """Return decisions with the operations of this accounting."""
        if not self.shared:
            return one
        return dataclasses.replace(one, flops=shared_flops(cases, one.chosen))


ACCOUNTINGS = (
    Accounting('each question alone', replay, shared=False),
    Accounting('the same decisions, a moment encoded once', replay, shared=True),
    Accounting('one decision per moment, encoded once', replay_together, shared=True))
