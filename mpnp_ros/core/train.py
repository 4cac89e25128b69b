# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Training of connectors from the first step to the last, in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.training_config import one_cycle, TrainingConfig, TrainingDiverged

__all__ = ['one_cycle', 'Progress', 'train_connectors', 'TrainingConfig', 'TrainingDiverged']

# Called with step, steps, loss, accuracy (both running means) and the seconds left.
Progress = Callable[[int, int, float, float, float], None]


def train_connectors(llm: LanguageModel, connectors: Connectors,
                     samples: Sequence[TrainingSample], config: TrainingConfig, *,
                     progress: Progress | None = None) -> dict[str, Any]:
    """Train connectors on samples and return a summary, which is saved along with them.

    See `ConnectorTraining`, which does it. Raises what that does, and TrainingDiverged where the
    loss is no number.
    """
    training = ConnectorTraining(llm, connectors, samples, config)
    while not training.finished:
        training.advance()
        if progress is not None:
            left_s = training.seconds / training.step * (config.steps - training.step)
            progress(training.step, config.steps, training.means.loss, training.means.accuracy,
                     left_s)
    summary = training.summary()
    for modality in connectors.modalities:
        connectors.training_summary[modality] = dict(summary)
    return summary
