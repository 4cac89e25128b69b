# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How well relevance is told for questions that were not learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import zlib

import numpy as np

from mpnp_ros.manager.outcome import Outcome
from mpnp_ros.manager.relevance import RelevanceModel
from mpnp_ros.manager.situation import AskedQuestion

Fit = Callable[[Sequence[Outcome]], RelevanceModel]


@dataclass(frozen=True)
class HeldOut:
    """Mean log loss of answers, nats.

    :ivar learned: of the model, for questions or scenes that it has not learned from.
    :ivar by_set: of the mean accuracy of each set alone, whatever the question.
    """

    answers: int
    learned: float
    by_set: float


def held_out(found: Sequence[Outcome], fit: Fit, group: Callable[[Outcome], str],
             vectors: dict[str, np.ndarray], folds: int = 5) -> HeldOut | None:
    """Return the log loss over folds that share no group, None where there are too few groups."""
    groups = sorted({group(one) for one in found}, key=lambda name: zlib.crc32(name.encode()))
    if len(groups) < folds:
        return None
    fold_of = {name: index % folds for index, name in enumerate(groups)}
    losses: list[float] = []
    plain: list[float] = []
    for fold in range(folds):
        learned = [one for one in found if fold_of[group(one)] != fold]
        tested = [one for one in found if fold_of[group(one)] == fold]
        losses.extend(_losses(fit(learned), tested, vectors))
        rates = _rates(learned)
        plain.extend(_loss(rates.get(one.used, 0.5), one.right) for one in tested)
    return HeldOut(len(losses), float(np.mean(losses)), float(np.mean(plain)))


def _losses(model: RelevanceModel, tested: Sequence[Outcome], vectors: dict[str, np.ndarray]
            ) -> list[float]:
    texts = sorted({one.question for one in tested})
    inputs = dict(zip(texts, model.inputs(
        [AskedQuestion(text, vector=vectors.get(text)) for text in texts])))
    return [_loss(float(model.probability(inputs[one.question][None], np.array([[
        one.usability.get(name, 1.0) if name in one.used else 0.0
        for name in model.modalities]]))[0, 0]), one.right) for one in tested]


def _rates(learned: Sequence[Outcome]) -> dict[frozenset[str], float]:
    rates = {}
    for used in {one.used for one in learned}:
        right = [one.right for one in learned if one.used == used]
        rates[used] = (sum(right) + 1.0) / (len(right) + 2.0)
    return rates


def _loss(chance: float, right: bool) -> float:
    return -float(np.log(max(chance if right else 1.0 - chance, 1e-9)))
