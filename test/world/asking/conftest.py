# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What tests of the questions about the world share: made-up moments and all they decide."""

from __future__ import annotations

from pathlib import Path
import sys

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `import random_truth`
from random_truth import random_truth  # noqa: E402, I100, I202

from mpnp_ros.world.asking.ask import ask  # noqa: E402, I100
from mpnp_ros.world.asking.question import Question  # noqa: E402
from mpnp_ros.world.truth import Truth  # noqa: E402

MOMENTS = 200


@pytest.fixture(scope='session')
def truths() -> list[Truth]:
    """Return moments of all conditions."""
    return [random_truth(seed) for seed in range(MOMENTS)]


@pytest.fixture(scope='session')
def asked(truths: list[Truth]) -> list[list[Question]]:
    """Return what each of them decides."""
    return [ask(truth, seed) for seed, truth in enumerate(truths)]
