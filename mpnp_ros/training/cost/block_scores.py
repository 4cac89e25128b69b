# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How much each block would learn from the sensors: gradients, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses

import torch

from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.training_config import TrainingConfig


def block_scores(
    llm: LanguageModel, sources: Mapping[str, Source], samples: Sequence[TrainingSample],
    config: TrainingConfig, *, hidden: int, reach: int = 0, batches: int = 4,
    system_prompt: str = '',
) -> list[float]:
    """Return a score for each block of the LLM, 0 for those below the last `reach` (0: all).

    It is the norm of the loss's mean gradient over some batches with respect to the weights that
    make the block's keys and values, with new connectors in all of those blocks: by how much a
    first small step of that block alone would lower the loss. The scores sum to 1.
    """
    count = reach or llm.num_blocks
    connectors = Connectors.create(
        llm, sources, connected_blocks=count, hidden=hidden, system_prompt=system_prompt,
        seed=config.seed)
    training = ConnectorTraining(
        llm, connectors, samples, dataclasses.replace(config, precision='float32'))
    squares = torch.zeros(count)
    for name, gradient in training.gradients(batches).items():
        if name.endswith(('aligner.key.weight', 'aligner.value.weight')):
            squares += gradient.view(count, -1).square().sum(-1).cpu()
    norms = squares.sqrt()
    shares = (norms / norms.sum()).tolist()
    return [0.0] * (llm.num_blocks - count) + [float(share) for share in shares]


def best_blocks(scores: Sequence[float], count: int, reach: int = 0) -> list[int]:
    """Return the `count` blocks of the highest scores among the last `reach` (0: all)."""
    lowest = len(scores) - (reach or len(scores))
    ranked = sorted(range(lowest, len(scores)), key=lambda block: -scores[block])
    return sorted(ranked[:count])
