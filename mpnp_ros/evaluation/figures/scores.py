# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of an evaluation: how often right, how sure that is, against which blind guess."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from mpnp_ros.evaluation.figures.answer_columns import AnswerColumns, DIMENSIONS, judged, UNTYPED
from mpnp_ros.evaluation.figures.calibration import Calibration
from mpnp_ros.evaluation.figures.confusion import Confusion
from mpnp_ros.evaluation.figures.cost import Cost, TOTAL
from mpnp_ros.evaluation.figures.intervals import Integers
from mpnp_ros.evaluation.figures.latency import Latency
from mpnp_ros.evaluation.figures.majority import Majority
from mpnp_ros.evaluation.record import AnswerTiming, CONTROLS, Record, SCHEMA

MAJORITY = 'majority'

_REASONS = 50
_OTHER_REASONS = 'other reasons'
_MEASURED = re.compile(r'\d+\.\d+')   # '0.731 s old': every refusal's own, the reason is one


def score(records: Iterable[Record], timings: Iterable[AnswerTiming] = ()) -> dict[str, Any]:
    """Return the figures of a run, ready for JSON; the same for the same records.

    ====================  =================================================================
    `overall`, `by`       accuracy of all, and by type, hop, condition, modalities and bag
    `controls`            accuracy without sensors, with other sensors and of the best blind
                          guess; `difference`: by how much the answers are more often right
    `calibration`         see `Calibration`; None where no answer had a probability
    `confusion`           see `Confusion`, by type
    `cost`                see `Cost`; `by_modalities_cost` beside the accuracy
    `latency_ms`          see `Latency`
    `asked`               questions; `answered`, `refused`; `refusals` by reason
    `unjudged`            those whose right answer is not known: in no accuracy
    `scenes`              scenes of those that have one
    ====================  =================================================================

    A refused question counts as wrong. `low` and `high` are ends of 95 % intervals (see
    `intervals`), `resampled` and `units` say from how many of what. Both inputs are read once.
    """
    answers, asked = AnswerColumns(), _Asked()
    controls = {name: AnswerColumns() for name in CONTROLS}
    majority, calibration = Majority(), Calibration()
    confusion: defaultdict[str, Confusion] = defaultdict(Confusion)
    cost, by_modalities = Cost(), defaultdict[str, Cost](Cost)
    for record in records:
        if record.control:
            if record.control not in controls:
                raise ValueError(f'{record.id}: no control is called {record.control!r}; there '
                                 f'are {", ".join(controls)}')
            controls[record.control].add(record)
            continue
        asked.add(record)
        answers.add(record)
        cost.add(record)
        calibration.add(record)
        if not record.refusal:
            by_modalities[record.modality_set].add(record)
        if judged(record):
            majority.add(record)
            confusion[record.type or UNTYPED].add(record)
    latency = Latency()
    for timing in timings:
        latency.add(timing)

    by = {dimension: answers.figures_by(dimension) for dimension in DIMENSIONS}
    return {
        'schema': SCHEMA,
        **asked.figures(),
        'scenes': answers.scenes,
        'overall': answers.figure(np.arange(len(answers))),
        'by': by,
        'controls': {
            **{name: _control(answers, control)
               for name, control in controls.items() if len(control)},
            **({MAJORITY: _guessed(answers, majority)} if len(answers) else {})},
        'calibration': calibration.figures(),
        'confusion': {name: confusion[name].figures() for name in sorted(confusion)},
        'cost': cost.figures(),
        'by_modalities_cost': {
            name: _beside_accuracy(by_modalities[name], by['modalities'].get(name))
            for name in sorted(by_modalities)},
        'latency_ms': latency.figures(),
    }


def paired_rows(first: AnswerColumns, second: AnswerColumns) -> tuple[Integers, Integers]:
    """Return the rows in both of the questions that both have, in the order of the first."""
    pairs = [(row, second.rows[name]) for name, row in first.rows.items() if name in second.rows]
    rows = np.array(pairs, np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def _control(answers: AnswerColumns, control: AnswerColumns) -> dict[str, Any]:
    real, other = paired_rows(answers, control)
    return {
        'overall': control.figure(np.arange(len(control))),
        'by_type': control.figures_by('type'),
        'difference': answers.difference(
            real, _gains(answers.right[real], control.right[other]))}


def _guessed(answers: AnswerColumns, majority: Majority) -> dict[str, Any]:
    rows = np.arange(len(answers))
    guessed = majority.right(answers.units(rows))
    return {
        'overall': answers.figure(rows, guessed),
        'by_type': answers.figures_by('type', guessed),
        'difference': answers.difference(rows, _gains(answers.right, guessed))}


def _gains(right: npt.NDArray[np.bool_], control: npt.NDArray[np.bool_]
           ) -> npt.NDArray[np.float64]:
    return right.astype(np.float64) - control.astype(np.float64)


def _beside_accuracy(cost: Cost, figure: Mapping[str, Any] | None) -> dict[str, Any]:
    return {'flops_total': cost.figures()['flops'][TOTAL],
            'accuracy': figure['accuracy'] if figure else None,
            'n': figure['n'] if figure else 0}


class _Asked:
    """Count questions, refusals and their reasons."""

    def __init__(self) -> None:
        self._asked = self._unjudged = 0
        self._refusals: Counter[str] = Counter()

    def add(self, record: Record) -> None:
        self._asked += 1
        self._unjudged += not judged(record)
        if record.refusal:
            self._refusals[_MEASURED.sub('…', record.refusal)] += 1

    def figures(self) -> dict[str, Any]:
        ranked = sorted(self._refusals.items(), key=lambda item: (-item[1], item[0]))
        reasons = dict(ranked if len(ranked) <= _REASONS else ranked[:_REASONS - 1])
        refused = sum(self._refusals.values())
        if len(reasons) < len(ranked):
            reasons[_OTHER_REASONS] = refused - sum(reasons.values())
        return {'asked': self._asked, 'answered': self._asked - refused, 'refused': refused,
                'refusals': reasons, 'unjudged': self._unjudged}
