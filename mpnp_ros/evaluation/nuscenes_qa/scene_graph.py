# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which objects fit which words, for sure and possibly.

Everything is decided in three values: objects that are hardly seen, statuses that are not known
and places near the border of two directions fit *possibly*. An answer counts only where the sure
and the possible agree on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mpnp_ros.evaluation.nuscenes_qa.direction import directions
from mpnp_ros.evaluation.nuscenes_qa.scene import (
    DIRECTIONS,
    possible_statuses_of,
    Scene,
    SceneObject,
)
from mpnp_ros.evaluation.questions.question_nuscenes_qa import OBJECTS, STATUSES

THING = 'thing'
ME = 'me'
UNDECIDED = -1


@dataclass(frozen=True)
class Description:
    """A kind of object in words: a category or `thing`, and a status or ''."""

    category: str
    status: str = ''

    def __str__(self) -> str:
        return f'{self.status} {self.category}'.lstrip()

    @property
    def plural(self) -> str:
        """Return the plural as nuScenes-QA forms it: the buses are 'buss'."""
        return f'{self}s'


@dataclass(frozen=True)
class Anchor:
    """What a direction is told from: its words, and its object (None: the ego vehicle)."""

    words: str
    index: int | None


# Bicycles are ridden or not, they do not move or park.
DESCRIPTIONS = tuple(
    Description(category, status) for category in (*OBJECTS, THING) for status in ('', *STATUSES)
    if not status or category == THING or status in possible_statuses_of(category))
_ROWS = {(one.category, one.status): row for row, one in enumerate(DESCRIPTIONS)}


class SceneGraph:
    """The N objects of a scene, what they are and how they lie to each other.

    H descriptions, A anchors, six directions. `sure` and `possible`, bool [H, N]: the objects
    that fit each description; `sure_around` and `possible_around`, bool [A, 6, N]: those in each
    direction from each anchor. The anchors are `me` and each description that fits exactly one
    object, which is clear to see.
    """

    def __init__(self, scene: Scene) -> None:
        self.objects = (*scene.objects, *_unlisted(scene))
        self.sure = np.array([
            [_surely(one, description) for one in self.objects] for description in DESCRIPTIONS],
            dtype=bool).reshape(len(DESCRIPTIONS), len(self.objects))
        self.possible = np.array([
            [_possibly(one, description) for one in self.objects] for description in DESCRIPTIONS],
            dtype=bool).reshape(len(DESCRIPTIONS), len(self.objects))
        self._unlisted = self.possible.copy()   # [H, N]: what stands for those not listed
        self._unlisted[:, :len(scene.objects)] = False
        self.anchors = (Anchor(ME, None), *(
            Anchor(f'the {description}', index) for description, index in self.only()))
        places = np.array([(one.x, one.y) for one in self.objects]).reshape(-1, 2)       # [N, 2]
        origins = np.array([(0.0, 0.0) if anchor.index is None else places[anchor.index]
                            for anchor in self.anchors])                                 # [A, 2]
        self.sure_around, self.possible_around = directions(origins, places)
        self._spread_unlisted(scene)

    def count_same(self, category: str, index: int) -> tuple[int, int]:
        """Return how many other objects of a category (or `thing`) have the status of an object.

        :returns: at least and at most; 0 and 1 where the category cannot have it, so that nothing
            is asked whose answer the words tell.
        """
        row = _ROWS.get((category, self.status(index)))
        if row is None:
            return 0, 1
        others = np.arange(len(self.objects)) != index
        at_least = 0 if self._unlisted[row].any() else int((self.sure[row] & others).sum())
        return at_least, int((self.possible[row] & others).sum())

    def same_status(self) -> np.ndarray:
        """Tell which objects have the same status: 1, 0 or UNDECIDED, [N, N].

        Undecided are an object with itself, and categories that have no status in common: the
        words alone would tell.
        """
        may = _statuses([one.possible_statuses for one in self.objects])
        may_of_kind = _statuses([possible_statuses_of(one.category) for one in self.objects])
        known = may.sum(axis=1) == 1
        asked = (may_of_kind @ may_of_kind.T > 0) & ~np.eye(len(may), dtype=bool)
        alike = np.where(known[:, None] & known[None, :], 1, UNDECIDED)
        return np.where(asked, np.where(may @ may.T > 0, alike, 0), UNDECIDED)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return how many objects of each description there are: at least and at most, [H].

        Here and below, of what may also be where not all is listed there are at least none:
        otherwise every 'yes' would be asked for there, and never a 'no'.
        """
        at_least = self.sure.sum(axis=1) * ~self._unlisted.any(axis=1)
        return at_least, self.possible.sum(axis=1)

    def bounds_around(self) -> tuple[np.ndarray, np.ndarray]:
        """Return how many objects of each description lie in each direction from each anchor.

        :returns: at least and at most, two arrays [H, A, 6].
        """
        shape = (len(DESCRIPTIONS), len(self.anchors), len(DIRECTIONS))
        at_least, at_most, unlisted = (
            (fit.astype(np.float32) @ _flat(around).T).reshape(shape)
            for fit, around in ((self.sure, self.sure_around),
                                (self.possible, self.possible_around),
                                (self._unlisted, self.possible_around)))
        return at_least * (unlisted == 0), at_most

    def only(self) -> list[tuple[Description, int]]:
        """Return the descriptions that fit exactly one object, with that object.

        Here and in `only_around` it is one that is clear to see.
        """
        fit = decided(*self.bounds()) == 1
        found = [(DESCRIPTIONS[row], int(self.possible[row].argmax()))
                 for row in np.flatnonzero(fit)]
        return [(description, index) for description, index in found if self.is_clear(index)]

    def only_around(self) -> list[tuple[Description, Anchor, str, int]]:
        """Return each description, anchor and direction that fit exactly one object, with it."""
        found = []
        for row, place, direction in np.argwhere(decided(*self.bounds_around()) == 1).tolist():
            fit = self.possible[row] & self.possible_around[place, direction]
            index = int(fit.argmax())
            if self.is_clear(index):
                found.append(
                    (DESCRIPTIONS[row], self.anchors[place], DIRECTIONS[direction], index))
        return found

    def is_clear(self, index: int) -> bool:
        """Tell whether an object is clear to see."""
        return self.objects[index].sight == 'clear'

    def category(self, index: int) -> str:
        """Return the category of an object, '' where it is not known."""
        return self.objects[index].category

    def status(self, index: int) -> str:
        """Return the status of an object, '' where it has none or it is not known."""
        possible = self.objects[index].possible_statuses
        return possible[0] if len(possible) == 1 else ''

    def _spread_unlisted(self, scene: Scene) -> None:
        """Let what is not listed lie anywhere but where all objects are listed."""
        for column in range(len(scene.objects), len(self.objects)):
            self.possible_around[:, :, column] = True
            self.possible_around[0, :, column] = [
                name not in scene.annotated for name in DIRECTIONS]


def decided(at_least: np.ndarray, at_most: np.ndarray) -> np.ndarray:
    """Return a number where both bounds agree on it, UNDECIDED elsewhere."""
    return np.where(at_least == at_most, at_least, UNDECIDED).astype(int)


def _flat(around: np.ndarray) -> np.ndarray:
    places, sectors, count = around.shape
    return around.reshape(places * sectors, count).astype(np.float32)


def _statuses(given: Sequence[tuple[str, ...]]) -> np.ndarray:
    """Return who may have which status, [N, 7]."""
    return np.array([[status in one for status in STATUSES] for one in given],
                    dtype=np.float32).reshape(len(given), len(STATUSES))


def _surely(one: SceneObject, description: Description) -> bool:
    return one.sight != 'doubtful' and description.category in (THING, one.category) and (
        not description.status or one.possible_statuses == (description.status,))


def _possibly(one: SceneObject, description: Description) -> bool:
    return (not one.category or description.category in (THING, one.category)) and (
        not description.status or description.status in one.possible_statuses)


def _unlisted(scene: Scene) -> tuple[SceneObject, ...]:
    """Return one object that stands for all that may be where not every object is listed."""
    if set(scene.annotated) >= set(DIRECTIONS):
        return ()
    return (SceneObject('', 0.0, 0.0, sight='doubtful'),)
