# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How good the data of a sensor are, whatever they show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import math

# What lowers the usability by less than this is not worth a word.
_TOLD_BELOW = 0.9


@dataclass(frozen=True)
class Quality:
    """A cheap measure of the samples that were encoded together.

    :ivar measures: values by name; the name ends with the unit where there is one
        ('range_p90_m'), otherwise values are from 0 to 1 ('brightness').
    :ivar usability: 0 (nothing can be told from them) to 1 (as good as it gets).
    :ivar reason: what lowers the usability, in words with the figure; '' where nothing does.
    """

    measures: Mapping[str, float]
    usability: float
    reason: str = ''


@dataclass(frozen=True)
class Flaw:
    """One thing that may be wrong with a sample.

    :ivar factor: 1 where it is not there, down to 0 where it leaves nothing to be told.
    :ivar words: what it is, with the figure.
    """

    factor: float
    words: str


def ramp(value: float, bad: float, good: float) -> float:
    """Return 0 at `bad` and beyond, 1 at `good` and beyond, and in between by the distance."""
    return min(max((value - bad) / (good - bad), 0.0), 1.0)


def judged(measures: Mapping[str, float], flaws: Iterable[Flaw]) -> Quality:
    """Return the quality that remains under several flaws; the worst is named first."""
    flaws = sorted(flaws, key=lambda flaw: flaw.factor)
    return Quality(
        measures, math.prod(flaw.factor for flaw in flaws),
        '; '.join(flaw.words for flaw in flaws if flaw.factor < _TOLD_BELOW))


def of_views(views: Mapping[str, Quality]) -> Quality:
    """Return the quality of a modality that consists of several views.

    A single view's is returned as it is. Of several, measures and usability are the mean, each
    view's usability is a measure of its own ('front/usability'), and reasons name the view.
    """
    if not views:
        raise ValueError('expected the quality of at least one view, got none')
    if len(views) == 1:
        return next(iter(views.values()))
    values: dict[str, list[float]] = {}
    for one in views.values():
        for name, value in one.measures.items():
            values.setdefault(name, []).append(value)
    measures = {name: math.fsum(given) / len(given) for name, given in values.items()}
    measures.update({f'{view}/usability': one.usability for view, one in views.items()})
    usability = math.fsum(one.usability for one in views.values()) / len(views)
    return Quality(measures, usability, '; '.join(
        f'{view}: {one.reason}' for view, one in views.items() if one.reason))
