# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A sample of all that a scene decides: each kind of question with each of its answers."""

from __future__ import annotations

from random import Random

import numpy as np

from mpnp_ros.evaluation.nuscenes_qa.decisions import decide
from mpnp_ros.evaluation.nuscenes_qa.generator import GeneratedQuestion
from mpnp_ros.evaluation.nuscenes_qa.scene import Scene
from mpnp_ros.evaluation.nuscenes_qa.scene_graph import SceneGraph

PER_ANSWER = 5


def draw(scene: Scene, rng: Random,
         per_answer: int = PER_ANSWER) -> list[tuple[GeneratedQuestion, str]]:
    """Return questions about a scene, each with what it asks about, whatever the wording.

    Unlike the questions of a `QuestionGenerator` they depend on no scene before: whoever has
    those of many scenes can choose among them.

    :param per_answer: most questions of a kind with one answer; each begins differently (with
        another kind of object, another object that it asks about).
    """
    found = []
    for family in decide(SceneGraph(scene), rng):
        for answer, rows in sorted(family.rows.items()):
            heads = np.unique(rows[:, 0]).tolist()
            for head in rng.sample(heads, min(per_answer, len(heads))):
                fit = rows[rows[:, 0] == head]
                row = fit[rng.randrange(len(fit))].tolist()
                found.append((
                    GeneratedQuestion(family.word(row, rng), answer, family.type, family.hop),
                    f'{family.name}: {family.subject(row)}'))
    return found
