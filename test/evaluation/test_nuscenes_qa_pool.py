# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A sample of all that a scene decides."""

from __future__ import annotations

from collections import Counter
from random import Random

from mpnp_ros.evaluation.nuscenes_qa.decisions import decide
from mpnp_ros.evaluation.nuscenes_qa.pool import draw
from mpnp_ros.evaluation.nuscenes_qa.scene import Scene, SceneObject
from mpnp_ros.evaluation.nuscenes_qa.scene_graph import SceneGraph

STREET = Scene((
    SceneObject('car', 15, 0, ('moving',)), SceneObject('car', -20, 3, ('parked',)),
    SceneObject('bus', 30, 12, ('moving',)), SceneObject('truck', 8, -20, ('stopped',)),
    SceneObject('pedestrian', 10, 10, ('standing',)), SceneObject('barrier', 20, -6)))


def test_every_kind_is_drawn_with_each_of_its_answers_a_few_times() -> None:
    decided = {(family.name, answer) for family in decide(SceneGraph(STREET), Random(0))
               for answer in family.rows}
    drawn = Counter((group.partition(':')[0], one.answer)
                    for one, group in draw(STREET, Random(0), per_answer=3))
    assert drawn.keys() == decided
    assert max(drawn.values()) == 3


def test_questions_of_a_kind_with_one_answer_begin_differently() -> None:
    groups = [group for one, group in draw(STREET, Random(0)) if group.startswith('exist: ')]
    assert len(groups) == len(set(groups)) == 10


def test_the_same_seed_draws_the_same() -> None:
    first, again, other = (draw(STREET, Random(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
