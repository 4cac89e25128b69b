# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which questions a scene decides, and with which answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

import numpy as np

from mpnp_ros.evaluation.nuscenes_qa import wording
from mpnp_ros.evaluation.nuscenes_qa.family import (
    Family,
    Kinds,
    KindsAround,
    OneObject,
    OTHERS,
    SameStatus,
    TwoObjects,
)
from mpnp_ros.evaluation.nuscenes_qa.referent import Referents
from mpnp_ros.evaluation.nuscenes_qa.scene_graph import decided, SceneGraph, UNDECIDED
from mpnp_ros.evaluation.questions.question_nuscenes_qa import COUNTS

_Bounds = tuple[np.ndarray, np.ndarray]   # at least, at most


def decide(graph: SceneGraph, rng: Random) -> list[Family]:
    """Return the families of a scene that hold any question.

    :param rng: picks referring expressions where there are too many to try all.
    """
    referents = Referents(graph, rng)
    found = [*_kinds(graph), *_same_status(graph, referents), *_one_object(graph, referents),
             *_two_objects(graph, referents)]
    return [family for family in found if family.rows]


def _kinds(graph: SceneGraph) -> Iterator[Family]:
    bounds = graph.bounds()
    yield Kinds('exist', 'exist', 0, wording.EXIST, _exist(bounds))
    yield Kinds('count', 'count', 0, wording.COUNT, _count(bounds))
    bounds = graph.bounds_around()
    yield KindsAround('exist around', 'exist', 1, wording.EXIST_AROUND, _exist(bounds),
                      graph.anchors)
    yield KindsAround('count around', 'count', 1, wording.COUNT_AROUND, _count(bounds),
                      graph.anchors)


def _same_status(graph: SceneGraph, referents: Referents) -> Iterator[Family]:
    for suffix, hop, known, counting in (
            ('', 0, referents.plain, wording.COUNT_SAME),
            (' around', 1, referents.around, wording.COUNT_SAME_AROUND)):
        usable = [one for one in known if graph.status(one.index)]
        by_object = {index: [graph.count_same(other, index) for other in OTHERS]
                     for index in {one.index for one in usable}}
        counts = np.array([by_object[one.index] for one in usable], dtype=int).reshape(
            -1, len(OTHERS), 2)
        bounds = counts[..., 0], counts[..., 1]
        yield SameStatus(f'exist same{suffix}', 'exist', hop, wording.EXIST_SAME,
                         _exist(bounds), usable)
        yield SameStatus(f'count same{suffix}', 'count', hop, counting, _count(bounds), usable)


def _one_object(graph: SceneGraph, referents: Referents) -> Iterator[Family]:
    things = [one for one in referents.things if graph.category(one.index)]
    for relations, suffix in enumerate(('', ' around', ' between')):
        known = [one for one in things if len(one.relations) == relations]
        yield OneObject(f'object{suffix}', 'object', min(relations, 1), wording.OBJECT,
                        _by_answer([graph.category(one.index) for one in known]), known)
    for suffix, hop, known, templates in (
            ('', 0, referents.plain, wording.STATUS),
            (' around', 1, referents.around, wording.STATUS_AROUND)):
        yield OneObject(f'status{suffix}', 'status', hop, templates,
                        _by_answer([graph.status(one.index) for one in known]), known)


def _two_objects(graph: SceneGraph, referents: Referents) -> Iterator[Family]:
    known = [*referents.plain, *referents.around]
    index = np.array([one.index for one in known], dtype=int)
    found = np.array([bool(one.relations) for one in known], dtype=bool)
    same = graph.same_status()[index[:, None], index[None, :]]     # [K, K]
    around = found[:, None] | found[None, :]
    for name, hop, templates in (('comparison', 0, wording.SAME),
                                 ('comparison around', 1, wording.SAME_AROUND)):
        asked = np.where(around == bool(hop), same, UNDECIDED)
        yield TwoObjects(name, 'comparison', hop, templates,
                         {'yes': np.argwhere(asked == 1), 'no': np.argwhere(asked == 0)}, known)


def _exist(bounds: _Bounds) -> dict[str, np.ndarray]:
    at_least, at_most = bounds
    return {'yes': np.argwhere(at_least > 0), 'no': np.argwhere(at_most == 0)}


def _count(bounds: _Bounds) -> dict[str, np.ndarray]:
    """More than ten are not asked for: no answer says so."""
    counts = decided(*bounds)
    return {answer: np.argwhere(counts == int(answer)) for answer in COUNTS}


def _by_answer(answers: Sequence[str]) -> dict[str, np.ndarray]:
    given = np.array(answers, dtype=object)
    return {answer: np.argwhere(given == answer) for answer in sorted(set(answers)) if answer}
