# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions with answers from the objects of scenes, evenly over types and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from mpnp_ros.evaluation.nuscenes_qa.decisions import decide
from mpnp_ros.evaluation.nuscenes_qa.family import Family
from mpnp_ros.evaluation.nuscenes_qa.scene import Scene
from mpnp_ros.evaluation.nuscenes_qa.scene_graph import SceneGraph
from mpnp_ros.evaluation.questions.question_nuscenes_qa import ANSWERS_BY_TYPE

QUESTIONS_PER_SCENE = 15   # nuScenes-QA has 13.5
_LOOKED_AT = 12            # questions of one answer among which the subject is chosen


@dataclass(frozen=True)
class GeneratedQuestion:
    """One question of nuScenes-QA's form: type exist, count, object, status or comparison."""

    text: str
    answer: str
    type: str
    hop: int

    @property
    def candidates(self) -> tuple[str, ...]:
        """Return the answers that a question of its type may have."""
        return ANSWERS_BY_TYPE[self.type]


class QuestionGenerator:
    """Ask about one scene after the other, with memory of which answers came too seldom.

    The same scenes in the same order with the same seed give the same questions.
    """

    def __init__(self, seed: int | str, questions_per_scene: int = QUESTIONS_PER_SCENE) -> None:
        self._rng = Random(seed)
        self._per_scene = questions_per_scene
        self._given: Counter[tuple[str, ...]] = Counter()

    def __call__(self, scene: Scene) -> list[GeneratedQuestion]:
        """Return questions about a scene, fewer where it does not decide enough."""
        found = decide(SceneGraph(scene), self._rng) if self._per_scene else []
        questions: list[GeneratedQuestion] = []
        while found and len(questions) < self._per_scene:
            family = self._next_family(found)
            answer, row = self._choose(family)
            family.take(answer, row)
            questions.append(GeneratedQuestion(
                family.word(row, self._rng), answer, family.type, family.hop))
            for key in _keys(family, answer, family.subject(row)):
                self._given[key] += 1
            found = [family for family in found if family.rows]
        return questions

    def _next_family(self, found: list[Family]) -> Family:
        """Return a family of the type, then of the hop, that was asked for least."""
        kind = self._least({family.type for family in found}, ())
        of_kind = [family for family in found if family.type == kind]
        hop = self._least({str(family.hop) for family in of_kind}, (kind,))
        return self._rng.choice([family for family in of_kind if str(family.hop) == hop])

    def _choose(self, family: Family) -> tuple[str, list[int]]:
        """Return an answer that came seldom, and a question about a seldom subject with it."""
        answer = self._least(family.rows, (family.type, str(family.hop), family.name))
        rows = family.rows[answer]
        looked_at = [rows[self._rng.randrange(len(rows))].tolist() for _ in range(_LOOKED_AT)]
        return answer, min(looked_at, key=lambda row: self._excess(
            family, answer, family.subject(row)))

    def _excess(self, family: Family, answer: str, subject: str) -> int:
        """Return how much more often a subject had this answer than others."""
        of_subject = (family.name, subject)
        return 2 * self._given[of_subject + (answer,)] - self._given[of_subject]

    def _least(self, choices: Iterable[str], before: tuple[str, ...]) -> str:
        names = sorted(choices)
        self._rng.shuffle(names)
        return min(names, key=lambda name: self._given[before + (name,)])


def _keys(family: Family, answer: str, subject: str) -> tuple[tuple[str, ...], ...]:
    hop = str(family.hop)
    return ((family.type,), (family.type, hop), (family.type, hop, family.name, answer),
            (family.name, subject), (family.name, subject, answer))
