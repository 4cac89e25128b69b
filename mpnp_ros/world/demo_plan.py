# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the data that comes with the package is made of: the drive, the scenes, the training."""

from __future__ import annotations

from mpnp_ros.core.train import TrainingConfig
from mpnp_ros.world.drive import Drive
from mpnp_ros.world.questions import UNKNOWN

DRIVE = Drive(seed=55)
START_NS = 1_767_268_800 * 1_000_000_000  # of the drive, 2026-01-01 12:00 UTC

# Disjoint from each other and from the drive's.
TRAIN_SEEDS = range(1_000_000, 1_002_400)
HELD_OUT_SEEDS = range(2_000_000, 2_000_400)

LLM = 'smollm2-135m-instruct'
SYSTEM_PROMPT = 'Answer in one word.'
CONNECTED_BLOCKS = 4
HIDDEN = 320
TRAINING = TrainingConfig(steps=800, batch=32, drop=0.3, unknown_answer=UNKNOWN, seed=0)
