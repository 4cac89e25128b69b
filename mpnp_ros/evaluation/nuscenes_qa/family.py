# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Kinds of questions, each with all questions of that kind that one scene decides.

A question is a row of numbers; words are found only for those that are asked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from mpnp_ros.evaluation.nuscenes_qa.referent import Referent
from mpnp_ros.evaluation.nuscenes_qa.scene import DIRECTIONS
from mpnp_ros.evaluation.nuscenes_qa.scene_graph import Anchor, DESCRIPTIONS, THING
from mpnp_ros.evaluation.nuscenes_qa.wording import ask
from mpnp_ros.evaluation.questions.question_nuscenes_qa import OBJECTS

OTHERS = (*OBJECTS, THING)   # what may have the same status as something

Row = Sequence[int]


@dataclass
class Family(ABC):
    """All questions of one kind.

    :ivar type: one of nuScenes-QA's five.
    :ivar hop: 1 where an object is found by how it lies to another or to the ego vehicle.
    :ivar templates: its wordings.
    :ivar rows: by answer, one row of numbers per question, [Q, 1 to 3].
    """

    name: str
    type: str
    hop: int
    templates: Sequence[str]
    rows: dict[str, np.ndarray]

    def __post_init__(self) -> None:
        self.rows = {answer: found for answer, found in self.rows.items() if len(found)}

    @abstractmethod
    def word(self, row: Row, rng: Random) -> str:
        """Return the text of a question."""

    @abstractmethod
    def subject(self, row: Row) -> str:
        """Return what it asks about: the same subject should not always have the same answer."""

    def take(self, answer: str, row: Row) -> None:
        """Remove a question, so that it is not asked again."""
        left = self.rows[answer]
        left = left[(left != np.asarray(row)).any(axis=1)]
        if len(left):
            self.rows[answer] = left
        else:
            self.rows.pop(answer)


@dataclass
class Kinds(Family):
    """'Are there any parked cars?'; rows: a description."""

    def word(self, row: Row, rng: Random) -> str:
        return ask(self.templates, rng, plural=DESCRIPTIONS[row[0]].plural)

    def subject(self, row: Row) -> str:
        return str(DESCRIPTIONS[row[0]])


@dataclass
class KindsAround(Family):
    """'How many cars are to the back of the bus?'; rows: a description, an anchor, a direction."""

    anchors: Sequence[Anchor]

    def word(self, row: Row, rng: Random) -> str:
        description, anchor, direction = row
        return ask(
            self.templates, rng, anchor=self.anchors[anchor].words,
            direction=DIRECTIONS[direction], plural=DESCRIPTIONS[description].plural)

    def subject(self, row: Row) -> str:
        return str(DESCRIPTIONS[row[0]])


@dataclass
class SameStatus(Family):
    """'Is there another car of the same status as the bus?'; rows: a referent, another kind."""

    referents: Sequence[Referent]

    def word(self, row: Row, rng: Random) -> str:
        return ask(self.templates, rng, self.referents[row[0]].words(rng), other=OTHERS[row[1]])

    def subject(self, row: Row) -> str:
        return f'{OTHERS[row[1]]} as {self.referents[row[0]].description}'


@dataclass
class OneObject(Family):
    """'What is the moving thing?', 'What status is the bus?'; rows: a referent."""

    referents: Sequence[Referent]

    def word(self, row: Row, rng: Random) -> str:
        return ask(self.templates, rng, self.referents[row[0]].words(rng))

    def subject(self, row: Row) -> str:
        return str(self.referents[row[0]].description)


@dataclass
class TwoObjects(Family):
    """'Do the bus and the car have the same status?'; rows: two referents."""

    referents: Sequence[Referent]

    def word(self, row: Row, rng: Random) -> str:
        one, other = (self.referents[index] for index in row)
        return ask(self.templates, rng, one.words(rng), the_other=f'the {other.words(rng)}')

    def subject(self, row: Row) -> str:
        one, other = (self.referents[index] for index in row)
        return f'{one.description} and {other.description}'

    def take(self, answer: str, row: Row) -> None:
        """Remove a question and the same one the other way round."""
        super().take(answer, row)
        if answer in self.rows:
            super().take(answer, [row[1], row[0]])
