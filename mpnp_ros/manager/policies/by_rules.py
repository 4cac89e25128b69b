# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The policy 'rules': what a user wrote down about questions and sensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mpnp_ros.manager.expectation import Expectation
from mpnp_ros.manager.policies.choosing import ChoosingPolicy
from mpnp_ros.manager.ruled import RuledExpectation
from mpnp_ros.manager.rules import Rules
from mpnp_ros.manager.situation import AskedQuestion


class RulesPolicy(ChoosingPolicy):
    """Choose by rules in YAML."""

    name = 'rules'

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def expect(self, questions: Sequence[AskedQuestion], usability: Mapping[str, float]
               ) -> Expectation:
        """Return what the rules expect."""
        return RuledExpectation.of(self.rules, questions, usability)
