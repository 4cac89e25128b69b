# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Words that fit exactly one object of a scene: 'the car', 'the thing to the front of the bus'."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TypeVar

import numpy as np

from mpnp_ros.evaluation.nuscenes_qa.scene import DIRECTIONS
from mpnp_ros.evaluation.nuscenes_qa.scene_graph import (
    decided, Description, DESCRIPTIONS, SceneGraph, THING)
from mpnp_ros.evaluation.nuscenes_qa.wording import around

_MOST = 120   # of one kind; a crowded scene has thousands, and pairs of them are compared

Item = TypeVar('Item')


@dataclass(frozen=True)
class Referent:
    """An object by its words: a description and up to two relations (direction, anchor)."""

    index: int
    description: Description
    relations: tuple[tuple[str, str], ...] = ()

    def words(self, rng: Random) -> str:
        """Return the words without article; there are two ways to say a relation."""
        if not self.relations:
            return str(self.description)
        return around(str(self.description), self.relations, rng)


class Referents:
    """The referring expressions that nuScenes-QA uses, each for exactly one object.

    :ivar plain: by category alone.
    :ivar around: by category or as a thing, and a direction from an anchor.
    :ivar things: as a thing, with a status, a direction or two, or both: what is asked for is
        the category.
    """

    def __init__(self, graph: SceneGraph, rng: Random) -> None:
        self._graph = graph
        alone = [Referent(index, description) for description, index in graph.only()]
        self.plain = [one for one in alone if not one.description.status
                      and one.description.category != THING]
        in_one_direction = [Referent(index, description, ((direction, anchor.words),))
                            for description, anchor, direction, index in graph.only_around()]
        self.around = _some(
            [one for one in in_one_direction if not one.description.status], rng)
        self.things = [
            *(one for one in alone if one.description.status
              and one.description.category == THING),
            *_some([one for one in in_one_direction if one.description.category == THING], rng),
            *self._in_two_directions(rng)]

    def _in_two_directions(self, rng: Random) -> list[Referent]:
        graph = self._graph
        count = len(graph.objects)
        relations = [(direction, anchor) for anchor in graph.anchors for direction in DIRECTIONS]
        sure, possible = (around.reshape(len(relations), count) for around in (
            graph.sure_around, graph.possible_around))                # [R, N]
        found: list[Referent] = []
        for row, description in enumerate(DESCRIPTIONS):
            if description.category != THING:
                continue
            both = decided(_in_both(sure & graph.sure[row]),
                           _in_both(possible & graph.possible[row]))  # [R, R]
            pairs = [(first, second) for first, second in np.argwhere(both == 1).tolist()
                     if relations[first][1] != relations[second][1]]
            for first, second in _some(pairs, rng):
                index = int((graph.possible[row] & possible[first] & possible[second]).argmax())
                if graph.is_clear(index):
                    found.append(Referent(index, description, tuple(
                        (direction, anchor.words) for direction, anchor in (
                            relations[first], relations[second]))))
        return _some(found, rng)


def _in_both(fit: np.ndarray) -> np.ndarray:
    """Return how many objects two relations share, [R, R], of those that fit each, [R, N]."""
    numbers = fit.astype(np.float32)
    return numbers @ numbers.T


def _some(items: list[Item], rng: Random) -> list[Item]:
    return items if len(items) <= _MOST else rng.sample(items, _MOST)
