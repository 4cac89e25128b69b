# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a type of question is: its answers, the sensor that it needs, and what a moment decides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from mpnp_ros.world.asking.moment import Moment
from mpnp_ros.world.asking.question import Question

YES_NO = ('yes', 'no')


@dataclass(frozen=True)
class Decided:
    """A question that a moment decides, in all its wordings; the first one names its group."""

    wordings: Sequence[str]
    answer: str
    candidates: tuple[str, ...]


class Asker(ABC):
    """Ask one type of question.

    :cvar type: its name in the tables.
    :cvar modality: the one that it needs.
    """

    type: str
    modality: str

    def __call__(self, moment: Moment, rng: Random) -> Iterator[Question]:
        """Return every question that a moment decides, in one of its wordings each.

        There are none where no sensor of the modality works.
        """
        if not moment.sensing.works.any(self.modality):
            return
        for one in self.decide(moment):
            yield Question(
                text=rng.choice(one.wordings), answer=one.answer, candidates=one.candidates,
                type=self.type, group=f'{self.type}: {one.wordings[0]}', needs=(self.modality,))

    @abstractmethod
    def decide(self, moment: Moment) -> Iterator[Decided]:
        """Return what a moment decides."""


def yes_no(answer: bool) -> str:
    """Return the answer to a question that is one or the other."""
    return YES_NO[0] if answer else YES_NO[1]
