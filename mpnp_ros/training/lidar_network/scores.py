# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How well a detector tells what is where, on sweeps it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mpnp_ros.training.lidar_network.detector import Detector
from mpnp_ros.training.lidar_network.sweeps import Sweeps
from mpnp_ros.training.lidar_network.targets import CLASSES

_BATCH = 60


@dataclass(frozen=True)
class Scores:
    """Of each class, NaN where no sector has it; of all, the distance's error.

    :ivar precision: average precision over sectors.
    :ivar f1: at probability 0.5.
    :ivar distance: mean absolute error of log(1 + metres), where there is something.
    """

    precision: dict[str, float]
    f1: dict[str, float]
    distance: float

    @property
    def mean_precision(self) -> float:
        """Return the mean over the classes that occur."""
        return float(np.nanmean(list(self.precision.values())))

    @property
    def mean_f1(self) -> float:
        """Return the mean over the classes that occur."""
        return float(np.nanmean(list(self.f1.values())))


def score(detector: Detector, sweeps: Sweeps) -> Scores:
    """Return the scores of a detector."""
    told, far = [], []
    with torch.inference_mode():
        for which in torch.arange(len(sweeps)).split(_BATCH):
            logits, distance = detector(sweeps.of(which))
            told.append(logits)
            far.append(distance)
    logits, truth = torch.cat(told).flatten(0, 1), sweeps.presence.flatten(0, 1).bool()
    error = (torch.cat(far) - torch.log1p(sweeps.distance)).abs()[sweeps.presence.bool()]
    columns = list(zip(CLASSES, logits.numpy().T, truth.numpy().T))
    return Scores(
        {name: average_precision(one, true) for name, one, true in columns},
        {name: _f1(one > 0.0, true) for name, one, true in columns}, float(error.mean()))


def average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean precision at each true one, best score first; NaN where none is true."""
    ordered = truth[np.argsort(-scores, kind='stable')]
    precision = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return float(precision[ordered].mean()) if ordered.any() else float('nan')


def _f1(said: np.ndarray, truth: np.ndarray) -> float:
    if not truth.any():
        return float('nan')
    return float(2 * (said & truth).sum() / (said.sum() + truth.sum()))


def table(scores: dict[str, Scores], occurrences: dict[str, int]) -> str:
    """Return average precision / F1 of each class as a Markdown table, a column for each."""
    lines = ['| class | sectors | ' + ' | '.join(scores) + ' |',
             '|---|---|' + '---|' * len(scores)]
    for name in CLASSES:
        lines.append(f'| {name} | {occurrences[name]} | ' + ' | '.join(
            f'{one.precision[name]:.3f} / {one.f1[name]:.3f}' for one in scores.values()) + ' |')
    lines.append('| mean | | ' + ' | '.join(
        f'{one.mean_precision:.3f} / {one.mean_f1:.3f}' for one in scores.values()) + ' |')
    lines.append('| error of log distance | | ' + ' | '.join(
        f'{one.distance:.3f}' for one in scores.values()) + ' |')
    return '\n'.join(lines)
