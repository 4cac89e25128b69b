# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The question-only arm: answers from the words alone, learned from the same questions."""

from __future__ import annotations

from collections.abc import Sequence
import random
import time

from mpnp_ros.evaluation.question_only.text_model import TextModel
from mpnp_ros.training.comparison.arms import QUESTION_ONLY
from mpnp_ros.training.comparison.data import Asked
from mpnp_ros.training.comparison.judging import ALL
from mpnp_ros.training.comparison.trial import Trial
from mpnp_ros.training.labelled import Labelled

L2 = (0.3, 1.0, 3.0)


def blind_trial(learned: Sequence[Labelled], asked: Sequence[Asked], seed: int) -> Trial:
    """Learn from all questions, however few of them the budget of the other arms allows.

    The regularisation is the one that is best on a fifth of the scenes, drawn by the seed, when
    the others are learned from.
    """
    began = time.perf_counter()
    scenes = sorted({one.scene for one in learned})
    apart = set(random.Random(seed).sample(scenes, max(len(scenes) // 5, 1)))
    inner = [one for one in learned if one.scene not in apart]
    outer = [one for one in learned if one.scene in apart]
    l2 = max(L2, key=lambda one: sum(_right(inner, outer, one))) if inner else 1.0
    right = _right(learned, [one.labelled for one in asked], l2)
    trial = Trial(QUESTION_ONLY, seed)
    trial.right[ALL] = ''.join('1' if one else '0' for one in right)
    trial.seconds = {'steps': time.perf_counter() - began, 'texts': 0.0}
    return trial


def _right(learned: Sequence[Labelled], asked: Sequence[Labelled], l2: float) -> list[bool]:
    model = TextModel([one.question.text for one in learned],
                      [one.sample.answer for one in learned], l2)
    guesses = model.answer([one.question.text for one in asked],
                           [one.question.candidates for one in asked])
    return [guess == one.sample.answer for guess, one in zip(guesses, asked)]
