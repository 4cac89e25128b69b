# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Outcomes of evaluations that never were: each question is told by one modality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mpnp_ros.evaluation.record import Record, Use
from mpnp_ros.manager.outcome import Outcome
from mpnp_ros.manager.replay import subsets

# A question, and the modality that tells its answer.
QUESTIONS = (
    ('What color is the nearest car ahead?', 'camera'),
    ('What is the color of the closest car in front of us?', 'camera'),
    ('How many cars are ahead?', 'camera'), ('How many cars can you see?', 'camera'),
    ('Is the way ahead clear for 10 meters?', 'lidar'),
    ('Is our lane free for the next 10 meters?', 'lidar'),
    ('How far is the way free: near, medium or far?', 'lidar'),
    ('Is there a vehicle close behind us?', 'lidar'))
FLOPS = {'camera': 8e8, 'lidar': 1e8}


def told(questions: Sequence[tuple[str, str]], *, moments: int = 4, sure: float = 0.95,
         guess: float = 0.4, dark: Mapping[int, float] | None = None, seed: int = 0
         ) -> Iterator[Outcome]:
    """Return the outcomes of all sets of the modalities; `dark` gives the camera's usability."""
    rng = np.random.default_rng(seed)
    names = sorted({modality for _, modality in questions})
    for moment in range(moments):
        usability = {'camera': (dark or {}).get(moment, 1.0)}
        for question, needed in questions:
            for used in subsets(names):
                see = usability.get(needed, 1.0) if needed in used else 0.0
                right = bool(rng.random() < guess + (sure - guess) * see)
                yield Outcome(question, ('drive', moment), f'scene {moment}', used, right,
                              usability, 1e6 + sum(FLOPS.get(name, 5e8) for name in used))


def as_record(one: Outcome) -> Record:
    """Return the record of an evaluation with this outcome."""
    bag, stamp_ns = one.moment
    return Record(
        f'{bag}/{stamp_ns}', bag, one.scene, stamp_ns, one.question, 'yes',
        'yes' if one.right else 'no', one.right, flops={'encode': int(one.flops), 'answer': 7},
        modalities=tuple(Use(name, 'e', stamp_ns, 0.1, 4, 64) for name in sorted(one.used)))
