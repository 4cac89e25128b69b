# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Many answers as columns of numbers, and the accuracy of any part of them."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import numpy.typing as npt

from mpnp_ros.evaluation.figures.intervals import (
    Integers,
    mean_interval,
    time_blocks,
    Units,
    units_of,
)
from mpnp_ros.evaluation.record import Record

UNTYPED = 'untyped'
DIMENSIONS = ('type', 'hop', 'condition', 'modalities', 'bag')
_DIGITS = 6
_NONE = -1   # an answer that has no place in a dimension


class AnswerColumns:
    """The answers with a known right answer, one row each.

    :ivar rows: the row of each question's id.
    """

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self._right, self._refused = array('b'), array('b')
        self._stamps_ns = array('q')
        self._scenes = _Names()
        self._names = {dimension: _Names() for dimension in DIMENSIONS}
        self._units: tuple[Integers, Integers] | None = None

    def __len__(self) -> int:
        return len(self._right)

    def add(self, record: Record) -> None:
        """Take an answer; one that is not `judged` is left out."""
        if not judged(record):
            return
        self.rows.setdefault(record.id, len(self))
        self._right.append(bool(record.right) and not record.refusal)
        self._refused.append(bool(record.refusal))
        self._stamps_ns.append(record.stamp_ns)
        self._scenes.add(record.scene or record.bag)
        for dimension, name in names_of(record).items():
            self._names[dimension].add(name)
        self._units = None

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Return whether each answer is right, bool [rows]; a refusal is not."""
        return np.array(self._right, np.bool_)

    @property
    def scenes(self) -> int:
        """Return the number of scenes."""
        return len(self._scenes.codes)

    def names(self, dimension: str) -> list[str]:
        """Return the names in one of DIMENSIONS, sorted."""
        return sorted(self._names[dimension].codes)

    def of(self, dimension: str, name: str) -> Integers:
        """Return the rows with a name in a dimension."""
        names = self._names[dimension]
        return np.flatnonzero(np.array(names.column) == names.codes.get(name, _NONE - 1))

    def units(self, rows: Integers) -> Units:
        """Return what is resampled together among some rows."""
        if self._units is None:
            bags = np.array(self._names['bag'].column, np.int64)
            self._units = (np.array(self._scenes.column, np.int64),
                           time_blocks(bags, np.array(self._stamps_ns, np.int64)))
        scenes, blocks = self._units
        return units_of(scenes[rows], blocks[rows])

    def figure(self, rows: Integers, right: npt.NDArray[np.bool_] | None = None
               ) -> dict[str, Any]:
        """Return the accuracy of some rows with its interval.

        :param right: whether the answers are right, bool [all rows], in place of these answers.
        """
        if not len(rows):
            return {'n': 0, 'right': 0, 'refused': 0, 'accuracy': None, 'low': None, 'high': None,
                    'resampled': None, 'units': 0}
        hits = (self.right if right is None else right)[rows]
        interval = mean_interval(hits, self.units(rows))
        return {
            'n': len(rows), 'right': int(hits.sum()),
            'refused': 0 if right is not None else int(np.array(self._refused)[rows].sum()),
            'accuracy': round(float(hits.mean()), _DIGITS),
            'low': round(interval.low, _DIGITS), 'high': round(interval.high, _DIGITS),
            'resampled': interval.resampled, 'units': interval.units}

    def figures_by(self, dimension: str, right: npt.NDArray[np.bool_] | None = None
                   ) -> dict[str, dict[str, Any]]:
        """Return the accuracy for each name of a dimension."""
        return {name: self.figure(self.of(dimension, name), right)
                for name in self.names(dimension)}

    def difference(self, rows: Integers, gains: npt.NDArray[np.float64]) -> dict[str, Any]:
        """Return the mean of paired differences with its interval.

        :param gains: the difference of each of the rows, float [the rows].
        """
        if not len(rows):
            return {'n': 0, 'mean': None, 'low': None, 'high': None, 'resampled': None,
                    'units': 0}
        interval = mean_interval(gains, self.units(rows), least=-1.0)
        return {'n': len(rows), 'mean': round(float(gains.mean()), _DIGITS),
                'low': round(interval.low, _DIGITS), 'high': round(interval.high, _DIGITS),
                'resampled': interval.resampled, 'units': interval.units}


def judged(record: Record) -> bool:
    """Tell whether it is known if the answer is right."""
    return record.right is not None and record.expected is not None


def names_of(record: Record) -> dict[str, str | None]:
    """Return the name of an answer in each of DIMENSIONS, None where it has none.

    What a file does not say has no name, but for the type. A refused question used no set of
    modalities.
    """
    return {
        'type': record.type or UNTYPED,
        'hop': None if record.hop is None else str(record.hop),
        'condition': record.condition or None,
        'modalities': None if record.refusal else record.modality_set,
        'bag': record.bag,
    }


class _Names:
    """A column of names as numbers, counted from 0; _NONE for no name."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.column = array('q')

    def add(self, name: str | None) -> None:
        self.column.append(_NONE if name is None else self.codes.setdefault(name, len(self.codes)))
