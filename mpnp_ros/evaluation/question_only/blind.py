# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The question-only baseline of a set of questions: how often a guess from the words is right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from mpnp_ros.evaluation.figures.intervals import Interval, mean_interval, SCENES, Units
from mpnp_ros.evaluation.figures.majority import Majority
from mpnp_ros.evaluation.figures.text_table import text_table
from mpnp_ros.evaluation.question_only.text_model import TextModel
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.record import Record

FOLDS = 5
L2 = (0.1, 0.3, 1.0, 3.0, 10.0)
ALL = 'all'

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class BlindScore:
    """How often guesses were right over all questions, or over those of one type.

    :ivar most_frequent: share of the most frequent answer.
    :ivar majority: the answer most often right for the same words in the other units.
    :ivar text_model: `TextModel` of the other folds, with its 95 % interval over units.
    """

    type: str
    questions: int
    answers: int
    most_frequent: float
    majority: float
    text_model: float
    interval: Interval


@dataclass(frozen=True)
class Blind:
    """The baseline of a set of questions: all of them first, then each type.

    :ivar l2: what was taken in each fold.
    """

    scores: tuple[BlindScore, ...]
    l2: tuple[float, ...]

    def of(self, type: str = ALL) -> BlindScore:
        """Return the score of a type; raises KeyError where there is none."""
        found = {score.type: score for score in self.scores}
        return found[type]

    def table(self) -> list[str]:
        """Return the lines of a table."""
        return text_table(
            ('type', 'n', 'answers', 'most frequent', 'majority', 'text model', '95 % interval'),
            [(one.type, str(one.questions), str(one.answers), f'{one.most_frequent:.3f}',
              f'{one.majority:.3f}', f'{one.text_model:.3f}',
              f'{one.interval.low:.3f} to {one.interval.high:.3f}')
             for one in (*self.scores[1:], self.scores[0])])


def blind(questions: Sequence[AskedQuestion], units: Sequence[str], *, folds: int = FOLDS,
          l2: Sequence[float] = L2, seed: int = 0) -> Blind:
    """Cross-validate guesses from the words; questions of one unit are never in two folds.

    :param units: what each question must not be divided from: its scene, or its frame.
    :param l2: where there are several, each fold takes the one that is best on a fifth of its
        training units when it has learned from the others.
    :raises ValueError: a question without a right answer, or fewer units than folds.
    """
    missing = next((one.id for one in questions if one.answer is None), None)
    if missing is not None:
        raise ValueError(f'{missing}: its right answer is not known')
    names, of = np.unique(np.array(units, dtype=object), return_inverse=True)
    if len(names) < max(folds, 2):
        raise ValueError(f'{len(names)} scenes or frames for {folds} folds: expected at least '
                         'as many, and two')
    rng = Random(seed)
    fold_of = _dealt(len(names), folds, rng)[of.reshape(-1)]                  # [Q]
    right = np.zeros(len(questions), bool)
    taken = []
    for fold in range(folds):
        train, test = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        best = _best_l2(questions, of, train, l2, rng)
        right[test] = _tried(questions, train, test, best)
        taken.append(best)
    grouped = Units(of.reshape(-1).astype(np.int64), SCENES)
    same = _majority(questions, grouped)
    types = np.array([one.type for one in questions], dtype=object)
    masks = {ALL: np.ones(len(questions), bool),
             **{kind: types == kind for kind in sorted(set(types)) if kind}}
    return Blind(tuple(_score(kind, mask, questions, right, same, grouped)
                       for kind, mask in masks.items()), tuple(taken))


def _dealt(units: int, folds: int, rng: Random) -> npt.NDArray[np.int64]:
    order = list(range(units))
    rng.shuffle(order)
    fold_of = np.zeros(units, np.int64)
    fold_of[order] = np.arange(units) % folds
    return fold_of


def _best_l2(questions: Sequence[AskedQuestion], of: npt.NDArray[np.int64],
             train: npt.NDArray[np.int64], l2: Sequence[float], rng: Random) -> float:
    if len(l2) == 1:
        return l2[0]
    units = sorted(set(of[train].tolist()))
    held = set(rng.sample(units, max(1, len(units) // 5)))
    is_held = np.array([unit in held for unit in of[train].tolist()])
    if is_held.all():
        return l2[0]
    return max(l2, key=lambda one: int(
        _tried(questions, train[~is_held], train[is_held], one).sum()))


def _tried(questions: Sequence[AskedQuestion], train: npt.NDArray[np.int64],
           test: npt.NDArray[np.int64], l2: float) -> Booleans:
    """Return for each question of a test set whether it is guessed right after training."""
    learned = [questions[index] for index in train]
    asked = [questions[index] for index in test]
    model = TextModel([one.text for one in learned], [str(one.answer) for one in learned], l2)
    guesses = model.answer([one.text for one in asked], [one.candidates for one in asked])
    return np.array([guess == one.answer for guess, one in zip(guesses, asked)], bool)


def _majority(questions: Sequence[AskedQuestion], units: Units) -> Booleans:
    majority = Majority()
    for one in questions:
        majority.add(Record(
            id=one.id, bag='', scene=one.scene, stamp_ns=one.stamp_ns, question=one.text,
            expected=one.answer, answer='', right=None, type=one.type,
            candidates=one.candidates))
    return majority.right(units)


def _score(kind: str, mask: Booleans, questions: Sequence[AskedQuestion], right: Booleans,
           same: Booleans, units: Units) -> BlindScore:
    by_type: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one, chosen in zip(questions, mask):
        if chosen:
            by_type[one.type][str(one.answer)] += 1
    _, of = np.unique(units.of[mask], return_inverse=True)
    return BlindScore(
        kind, int(mask.sum()), len({answer for found in by_type.values() for answer in found}),
        # Of each type its own: who guesses knows what is asked for.
        sum(max(found.values()) for found in by_type.values()) / int(mask.sum()),
        float(same[mask].mean()), float(right[mask].mean()),
        mean_interval(right[mask].astype(float),
                      Units(of.reshape(-1).astype(np.int64), units.kind)))
