# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How sure a share or a difference is: bootstrap over scenes, not over questions.

Questions about one scene are not independent, so whole scenes are drawn. Where there is one scene
only, blocks of time within it are, so that neighbouring frames stay together; where there is one
block only, questions are.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

SCENES, BLOCKS, QUESTIONS = 'scenes', 'blocks', 'questions'
BLOCK_S = 5.0
DRAWS = 2000
FEW = 10
LEVEL = 0.95

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Units:
    """What is drawn as a whole.

    :ivar of: the unit of each question, int [questions], counted from 0.
    :ivar kind: SCENES, BLOCKS or QUESTIONS.
    """

    of: Integers
    kind: str

    @property
    def count(self) -> int:
        """Return the number of units."""
        return int(self.of.max()) + 1 if len(self.of) else 0


@dataclass(frozen=True)
class Interval:
    """A 95 % interval, and how many units of which kind it rests on."""

    low: float
    high: float
    resampled: str
    units: int


def units_of(scenes: Integers, blocks: Integers) -> Units:
    """Return the coarsest units of which there are two.

    :param scenes: the scene of each question, int [questions].
    :param blocks: its block of time (see `time_blocks`), int [questions].
    """
    for names, kind in ((scenes, SCENES), (blocks, BLOCKS)):
        found, of = np.unique(names, return_inverse=True)
        if len(found) > 1:
            return Units(of.reshape(-1).astype(np.int64), kind)
    return Units(np.arange(len(scenes), dtype=np.int64), QUESTIONS)


def time_blocks(bags: Integers, stamps_ns: Integers, block_s: float = BLOCK_S) -> Integers:
    """Return the block of each question: `block_s` of its bag, from the bag's first question on.

    :param bags: the bag of each question, int [questions], counted from 0.
    :param stamps_ns: its stamp, int [questions].
    """
    if not len(bags):
        return np.empty(0, np.int64)
    first_ns = np.full(int(bags.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first_ns, bags, stamps_ns)
    block = (stamps_ns - first_ns[bags]) // round(block_s * 1e9)
    pairs = np.stack([bags, block], axis=1)
    return np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def mean_interval(values: npt.NDArray[Any], units: Units, least: float = 0.0,
                  seed: int = 0) -> Interval:
    """Return the interval of the mean of values between `least` and 1.

    Right or wrong are values of 1 and 0; paired differences of them lie between -1 and 1. Where
    all values are the same, no draw differs, which says nothing about the next scene: then an
    end is that of the same values with one of them changed by 1 towards it. One value alone
    tells nothing.

    :param values: [questions], at least one.
    """
    if units.count < 2:
        return Interval(least, 1.0, units.kind, units.count)
    totals = np.stack([np.bincount(units.of, values), np.bincount(units.of)], axis=1).astype(
        np.float64)
    totals = totals[np.lexsort((totals[:, 0], totals[:, 1]))]   # [units, (sum, number)]
    low, high = _ends(totals, seed)
    if (values == values[0]).all():
        if values[0] - 1 >= least:
            low = _ends(_with_one_changed(totals, -1.0), seed)[0]
        if values[0] + 1 <= 1:
            high = _ends(_with_one_changed(totals, 1.0), seed)[1]
    return Interval(max(low, least), min(high, 1.0), units.kind, units.count)


def _with_one_changed(totals: npt.NDArray[np.float64], by: float) -> npt.NDArray[np.float64]:
    changed = totals.copy()
    changed[0, 0] += by   # of the smallest unit
    return changed


def _ends(totals: npt.NDArray[np.float64], seed: int) -> tuple[float, float]:
    return _drawn(totals, seed) if len(totals) >= FEW else _student_ends(totals)


def _drawn(totals: npt.NDArray[np.float64], seed: int) -> tuple[float, float]:
    """Return the ends of the expanded percentile interval.

    Hesterberg, "What Teachers Should Know About the Bootstrap" (2015), 5.1: the percentiles are
    moved outwards as Student's interval of a mean is wider than the normal one.
    """
    units = len(totals)
    # Units with the same sum and number are the same to a draw: instead of which units, it is
    # drawn how many of each kind. 100,000 units of one question are two kinds.
    kinds, counts = np.unique(totals, axis=0, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(units, counts / units, size=DRAWS) @ kinds
    tail = NormalDist().cdf(-math.sqrt(units / (units - 1)) * _student(units - 1))
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [tail, 1 - tail])
    return float(low), float(high)


def _student_ends(totals: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of Student's interval of a ratio (Cochran, Sampling Techniques, 2.11)."""
    units = len(totals)
    sums, numbers = totals.T
    mean = sums.sum() / numbers.sum()
    variance = units / (units - 1) * np.square(sums - mean * numbers).sum()
    half = _student(units - 1) * math.sqrt(variance) / numbers.sum()
    return float(mean - half), float(mean + half)


def _student(freedom: int) -> float:
    """Return Student's quantile for LEVEL (Abramowitz and Stegun, 26.7.5; exact up to 2)."""
    share = (1 + LEVEL) / 2
    if freedom == 1:
        return math.tan(math.pi * (share - 0.5))
    if freedom == 2:
        return LEVEL / math.sqrt(2 * share * (1 - share))
    z = NormalDist().inv_cdf(share)
    return (z + (z**3 + z) / (4 * freedom)
            + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
            + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3))
