# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The share of what night took that an adaptation wins back, with its interval over scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DRAWS, TAIL = 2000, 2.5   # and the per cent of the draws beyond each end of an interval

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WonBack:
    """A share of a loss, 1 for all of it; below 0 it got worse still.

    :ivar share: None where nothing was lost, and so are the ends of its 95 % interval where the
        loss may have been none.
    """

    lost: float
    share: float | None
    low: float | None
    high: float | None


def won_back(day: Floats, day_scenes: Sequence[str], before: Floats, after: Floats,
             night_scenes: Sequence[str], seed: int = 0) -> WonBack:
    """Return (after - before) / (day - before) of mean accuracies.

    Scenes are drawn anew: those of the day, and, with the answers before and after together,
    those of the night.

    :param day: how often each question by day was right, [day questions], 0 to 1.
    :param before: of each question at night before, and `after`, [night questions].
    """
    lost = float(day.mean() - before.mean())
    if lost <= 0.0:
        return WonBack(lost, None, None, None)
    share = float(after.mean() - before.mean()) / lost
    generator = np.random.default_rng([seed, 19])
    (by_day,) = _drawn_means([day], day_scenes, generator)
    old, new = _drawn_means([before, after], night_scenes, generator)
    losses = by_day - old
    if (losses <= 0.0).mean() > TAIL / 100.0:
        return WonBack(lost, share, None, None)
    # A draw without a loss has no share; there are fewer of them than lie beyond an end.
    kept = losses > 0.0
    low, high = np.percentile((new - old)[kept] / losses[kept], [TAIL, 100.0 - TAIL])
    return WonBack(lost, share, float(low), float(high))


def _drawn_means(values: Sequence[Floats], scenes: Sequence[str],
                 generator: np.random.Generator) -> list[Floats]:
    """Return the means of values in each draw of scenes, the same draws for all, [DRAWS] each."""
    names, of = np.unique(np.array(scenes, dtype=object), return_inverse=True)
    of = of.reshape(-1)
    counts = generator.multinomial(
        len(names), np.full(len(names), 1.0 / len(names)), size=DRAWS)     # [DRAWS, scenes]
    drawn = counts @ np.bincount(of)                                       # [DRAWS] questions
    return [(counts @ np.bincount(of, one)) / drawn for one in values]
