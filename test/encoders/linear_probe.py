# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How well a linear model tells two kinds of samples apart by their tokens."""

from __future__ import annotations

import numpy as np


def accuracy(tokens: np.ndarray, labels: np.ndarray, ridge: float = 1.0) -> float:
    """Fit on the first two thirds of the samples and return the accuracy on the rest.

    :param tokens: [N, features].
    :param labels: [N] bool, in a random order.
    """
    split = 2 * len(labels) // 3
    target = np.where(labels, 1.0, -1.0)
    centre = tokens[:split].mean(axis=0)
    known = np.hstack([tokens - centre, np.ones((len(tokens), 1))])
    # Ridge regression by its dual: there are more features than samples.
    kernel = known[:split] @ known[:split].T + ridge * np.eye(split)
    weights = known[:split].T @ np.linalg.solve(kernel, target[:split])
    return float(np.mean((known[split:] @ weights > 0.0) == labels[split:]))
