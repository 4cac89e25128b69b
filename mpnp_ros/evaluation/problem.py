# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What was wrong with an input and where, collected while the rest is evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PLACES = 5   # of one kind of problem that are remembered


@dataclass
class Problem:
    """One kind of problem: `what` in words, how often it occurred, and the first places."""

    what: str
    count: int
    places: list[str]


class Problems:
    """Collect problems; the same words are counted, not repeated.

    A place names what the user can look up: 'drive.mcap, byte 40960', 'questions.jsonl, line 7'.
    """

    def __init__(self) -> None:
        self._found: dict[str, Problem] = {}

    def add(self, what: str, place: str) -> None:
        """Note a problem at a place."""
        self.take_one(Problem(what, 1, [place]))

    def take(self, others: Iterable[Problem]) -> None:
        """Add all of another collection."""
        for problem in others:
            self.take_one(problem)

    def take_one(self, problem: Problem) -> None:
        """Add a problem with its count and places."""
        found = self._found.setdefault(problem.what, Problem(problem.what, 0, []))
        found.count += problem.count
        for place in problem.places:
            if len(found.places) < _PLACES and place not in found.places:
                found.places.append(place)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found.values())

    def __len__(self) -> int:
        return sum(problem.count for problem in self._found.values())
