# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Learn relevance from evaluations: ridge logistic regression by Newton's method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mpnp_ros.manager.features import Features
from mpnp_ros.manager.outcome import Outcome
from mpnp_ros.manager.relevance import pairs_of, RelevanceModel, terms
from mpnp_ros.manager.situation import AskedQuestion

_STEPS = 30
_CONVERGED = 1e-7    # largest change of a weight
_CHUNK = 4096        # rows whose products are held at once
_CONSTANT = 0.03     # the ridge on constants, as a part of that on what depends on the question


def fit(
    found: Sequence[Outcome], features: Features, *,
    vectors: Mapping[str, np.ndarray] | None = None, components: int = 0, ridge: float = 3.0,
) -> RelevanceModel:
    """Return the model of outcomes.

    :param vectors: of questions, for features that need them.
    :param components: most principal components of the questions that are looked at; 0: as the
        features have it.
    :param ridge: pull on the weights towards zero, as so many answers.
    :raises ValueError: no outcome, or a question whose vector is missing.
    """
    if not found:
        raise ValueError('there is no answer to learn from')
    texts = sorted({one.question for one in found})
    questions = [AskedQuestion(text, vector=(vectors or {}).get(text)) for text in texts]
    raw = features.vectors(questions)
    lacking = [text for text, row in zip(texts, raw) if np.isnan(row).any()]
    if lacking:
        raise ValueError(f'{len(lacking)} of {len(texts)} questions have no vector of width '
                         f'{raw.shape[1]}, such as {lacking[0]!r}')
    center, basis = principal(raw, components or features.components)
    modalities = tuple(sorted({name for one in found for name in one.used}))
    pairs = pairs_of([one.used for one in found], modalities)
    row_of = {text: row for row, text in enumerate(texts)}
    inputs = np.hstack([np.ones((len(texts), 1)), (raw - center) @ basis])
    rows = np.array([row_of[one.question] for one in found])
    present = np.array([[one.usability.get(name, 1.0) if name in one.used else 0.0
                         for name in modalities] for one in found]).reshape(len(found), -1)
    right = np.array([one.right for one in found], dtype=np.float64)
    weights = _newton(inputs[rows], terms(present, pairs), right, ridge)
    return RelevanceModel(features, modalities, center, basis, weights, pairs, {
        'answers': len(found), 'questions': len(texts), 'ridge': ridge})


def principal(raw: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean [width] of rows [Q, width] and their components [width, K], K <= most.

    Along each component the rows have a variance of one, where there are rows enough.
    """
    center = raw.mean(0)
    _, sizes, directions = np.linalg.svd(raw - center, full_matrices=False)
    count = min(most, int((sizes > 1e-6 * max(sizes[0], 1e-12)).sum()))
    scale = np.sqrt(len(raw)) / np.maximum(sizes[:count], 1e-12)
    return center, np.ascontiguousarray(directions[:count].T * scale)


def _newton(inputs: np.ndarray, present: np.ndarray, right: np.ndarray, ridge: float
            ) -> np.ndarray:
    """Return weights [terms, K + 1] of inputs [R, K + 1] and terms [R, terms]."""
    shape = present.shape[1], inputs.shape[1]
    pull = np.full(shape, ridge)
    pull[:, 0] *= _CONSTANT
    weights = np.zeros(shape)
    for _ in range(_STEPS):
        slope = -(pull * weights).ravel()
        curve = np.diag(pull.ravel())
        for start in range(0, len(right), _CHUNK):
            part = slice(start, start + _CHUNK)
            design = (present[part, :, None] * inputs[part, None, :]).reshape(-1, weights.size)
            chance = 1.0 / (1.0 + np.exp(-(design @ weights.ravel())))
            slope += design.T @ (right[part] - chance)
            curve += (design * (chance * (1.0 - chance))[:, None]).T @ design
        step = np.linalg.solve(curve, slope).reshape(shape)
        # A full step may overshoot where answers separate perfectly.
        step *= min(1.0, 5.0 / max(np.abs(step).max(), 1e-12))
        weights += step
        if np.abs(step).max() < _CONVERGED:
            break
    return weights
