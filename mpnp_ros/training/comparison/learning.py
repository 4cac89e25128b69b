# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The training of an arm: of connectors as users train them, of other fusions along a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.fusion.fit import fit, Operations, Step
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.training.comparison.arms import Arm
from mpnp_ros.training.comparison.plan import Plan


def learn(arm: Arm, plan: Plan, config: TrainingConfig, samples: Sequence[TrainingSample],
          look: Callable[[Step], None] = lambda step: None) -> Step:
    """Train an arm in the steps of a plan and return the last one.

    The plan has drawn its batches from the samples as `config` says; a training of connectors
    draws the same ones.
    """
    if arm.connectors is None:
        return fit(arm.fusion, iter(plan.batches), config, look=look)
    with counter() as counted:
        training = begin(arm, config, samples)
    before = int(counted.get_total_flops())
    operations = Operations(config)
    last = Step(0, float('nan'), 0.0, before, 0.0)
    while not training.finished:
        with operations.step(training.step):
            training.advance()
        last = Step(training.step, training.means.loss, training.means.accuracy,
                    before + operations.spent, training.seconds)
        look(last)
    return last


def begin(arm: Arm, config: TrainingConfig,
          samples: Sequence[TrainingSample]) -> ConnectorTraining:
    """Return the training of an arm's connectors, which know nothing yet, at its first step."""
    assert arm.connectors is not None and arm.kept is not None
    return ConnectorTraining(
        arm.llm, arm.connectors, samples, config, fresh=arm.connectors.modalities,
        reduced=config.precision == 'bfloat16', states=arm.kept.learned)
