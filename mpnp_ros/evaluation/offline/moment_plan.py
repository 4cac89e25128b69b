# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which latents belong to each moment of a bag, worked out without encoding anything."""

from __future__ import annotations

from collections.abc import Sequence

from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.offline.moment_reader import MomentReader
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.manager.policy import EVERYTHING, StaticPolicy
from mpnp_ros.suite.configuration import SuiteConfiguration

# Time to ask at, the questions, and the stamp of the newest latents of each modality.
PlannedMoment = tuple[int, tuple[AskedQuestion, ...], dict[str, int]]


def plan_moments(bag: Bag, configuration: SuiteConfiguration,
                 questions: Sequence[AskedQuestion], settle_s: float) -> list[PlannedMoment]:
    """Return the moments of a bag in order; what is wrong with the bag is not told here."""
    policy = StaticPolicy([name for name in configuration.manager.modalities if name]
                          or [EVERYTHING])
    reader = MomentReader(bag, configuration, {}, policy, lambda latents: None, Problems())
    return [(moment.asked_ns, moment.questions, dict(reader.newest_stamps()))
            for moment in reader.moments(questions, settle_s, encode=False)]
