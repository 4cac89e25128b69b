# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Many records as columns of small numbers beside tables of texts: the form the report reads."""

from __future__ import annotations

from collections.abc import Mapping
import math
from typing import Any

from mpnp_ros.evaluation.record import AnswerTiming, CONTROLS, Record, Use

NONE = -1   # in a column of numbers: there is none
_MOST_CANDIDATES = 12   # whose scores are kept for a record that has more
_SCORE_STEPS = 10_000
_RIGHT = {None: NONE, False: 0, True: 1}
_TIMES = ('core', 'total', 'round_trip', 'queue', 'fuse', 'prefill', 'decode', 'score')


class RecordColumns:
    """Collect the records of a run, one row for each answer; controls join their answer's row.

    :param starts_ns: where the time of each bag begins; of other bags it is the first record.
    """

    def __init__(self, starts_ns: Mapping[str, int]) -> None:
        self.rows: dict[str, int] = {}
        self._starts_ns = dict(starts_ns)
        self._strings, self._tables = _Table(), {
            name: _Table() for name in ('candidates', 'uses', 'decisions', 'flops', 'sets')}
        self._columns: dict[str, list[Any]] = {}
        self._beside: dict[str, dict[int, list[int]]] = {}
        self._times: dict[str, dict[int, float]] = {}

    def add(self, record: Record) -> None:
        """Take a record; a control whose answer has not come before is left out."""
        if record.control:
            if record.control in CONTROLS:
                self.put_beside(record.control, record)
            return
        start_ns = self._starts_ns.setdefault(record.bag, record.stamp_ns)
        self.rows.setdefault(record.id, len(self._columns.get('id', ())))
        text = self._strings.place
        columns = {
            'id': record.id, 'bag': text(record.bag), 'scene': text(record.scene),
            't_ns': record.stamp_ns - start_ns, 'question': text(record.question),
            'expected': NONE if record.expected is None else text(record.expected),
            'answer': text(record.answer), 'right': _RIGHT[record.right],
            'type': text(record.type), 'hop': NONE if record.hop is None else record.hop,
            'condition': text(record.condition), 'refusal': text(record.refusal),
            'note': text(record.note),
            'candidates': self._place('candidates', [text(one) for one in record.candidates]),
            'scores': _scores(record), 'set': self._place('sets', text(
                '' if record.refusal else record.modality_set)),
            'uses': [number for use in record.modalities for number in self._use(use)],
            'decision': self._place('decisions', [
                [text(one.modality), int(one.selected), text(one.reason)]
                for one in record.decision]),
            'flops': self._place('flops', record.flops),
        }
        for name, value in columns.items():
            self._columns.setdefault(name, []).append(value)

    def put_beside(self, name: str, record: Record) -> None:
        """Put what another run of the same question answered beside its row, if there is one."""
        row = self.rows.get(record.id)
        if row is not None:
            column = self._beside.setdefault(name, {})
            column[row] = [self._strings.place(record.answer or record.refusal),
                           _RIGHT[record.right]]

    def add_timing(self, timing: AnswerTiming) -> None:
        """Take what an answer took; controls are left out."""
        row = self.rows.get(timing.id)
        if row is None or timing.control:
            return
        taken = {name: getattr(timing, f'{name}_ms') for name in _TIMES}
        taken |= {f'age_{name}': age_s * 1e3 for name, age_s in timing.ages_s.items()}
        for name, taken_ms in taken.items():
            if taken_ms is not None:
                self._times.setdefault(name, {})[row] = round(taken_ms, 2)

    def content(self) -> dict[str, Any]:
        """Return all columns and tables, ready for JSON.

        Numbers in `bag`, `question`, ... are places in `strings`; those in `candidates`, `uses`,
        `decision`, `flops` and `set` are places in the tables of that name. `scores` are parts
        of 10,000, each after its candidate's place. `uses` are pairs: what was used, its age in
        ms. `beside` has what each control and the run compared with answered: [answer, right].
        """
        count = len(self._columns.get('id', ()))
        return {
            'count': count, 'strings': self._strings.content, **self._columns,
            'tables': {name: table.content for name, table in self._tables.items()},
            'starts_ns': {bag: str(start_ns) for bag, start_ns in self._starts_ns.items()},
            'times_ms': {name: [taken.get(row) for row in range(count)]
                         for name, taken in self._times.items()},
            'beside': {name: [column.get(row, NONE) for row in range(count)]
                       for name, column in self._beside.items()},
        }

    def _place(self, table: str, item: Any) -> int:
        return self._tables[table].place(item)

    def _use(self, use: Use) -> tuple[int, float]:
        kind = {'modality': use.modality, 'encoder': use.encoder_id, 'tokens': use.tokens,
                'bytes': use.payload_bytes, 'gates': list(use.gates)}
        return self._place('uses', kind), round(use.age_s * 1e3, 1)


def _scores(record: Record) -> list[int]:
    """Return the scores that are worth a bar: all of a few, otherwise the highest and the right.

    Each is preceded by the place of its candidate.
    """
    scores = [score if math.isfinite(score) else 0.0
              for score in record.scores[:len(record.candidates)]]
    ranked = sorted(range(len(scores)), key=lambda place: (-scores[place], place))
    shown = ranked[:_MOST_CANDIDATES] + [
        place for place in ranked[_MOST_CANDIDATES:] if record.candidates[place]
        in (record.expected, record.answer)]
    return [number for place in shown for number in (place, round(scores[place] * _SCORE_STEPS))]


class _Table:
    """Each different item once; `place` tells where."""

    def __init__(self) -> None:
        self.content: list[Any] = []
        self._places: dict[Any, int] = {}

    def place(self, item: Any) -> int:
        key = item if isinstance(item, (str, int)) else repr(item)
        place = self._places.setdefault(key, len(self.content))
        if place == len(self.content):
            self.content.append(item)
        return place
