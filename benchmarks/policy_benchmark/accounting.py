# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Three ways to count what decisions take: a question may pay for its sensors alone or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
from dataclasses import dataclass

from mpnp_ros.manager.policies.base import Policy
from mpnp_ros.manager.replay import (
    Case, Replayed, replay, replay_static_sets, replay_together, ReplaySettings, shared_flops)


@dataclass(frozen=True)
class Accounting:
    """How questions are decided on and what is counted.

    :ivar replay: decides question by question or once for a moment.
    :ivar shared: whether a moment is encoded once for all its questions.
    """

    name: str
    replay: Callable[[Policy, Sequence[Case], ReplaySettings], Replayed]
    shared: bool

    def of(self, policy: Policy, cases: Sequence[Case], settings: ReplaySettings) -> Replayed:
        """Return what a policy comes to; `flops` are those of this accounting."""
        return self._counted(self.replay(policy, cases, settings), cases)

    def of_static_sets(self, cases: Sequence[Case], settings: ReplaySettings) -> list[Replayed]:
        """Return what each fixed set comes to."""
        return [self._counted(one, cases) for one in replay_static_sets(cases, settings)]

    def _counted(self, one: Replayed, cases: Sequence[Case]) -> Replayed:
        if not self.shared:
            return one
        return dataclasses.replace(one, flops=shared_flops(cases, one.chosen))


ACCOUNTINGS = (
    Accounting('each question alone', replay, shared=False),
    Accounting('the same decisions, a moment encoded once', replay, shared=True),
    Accounting('one decision per moment, encoded once', replay_together, shared=True))
