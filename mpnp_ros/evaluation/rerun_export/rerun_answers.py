# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Write the answers of a run into a Rerun recording: texts, decisions, gates, ages, latency."""

from __future__ import annotations

from collections.abc import Sequence
import itertools
from typing import Any

import numpy as np

from mpnp_ros.evaluation.record import AnswerTiming, Record, Verdict
from mpnp_ros.evaluation.rerun_export.rerun_sensors import set_stamp
from mpnp_ros.evaluation.run_folder import RunFolder

ANSWERS, DECISIONS, NOW = 'answers', 'decisions', 'moment'
MODALITIES, GATES, AGES, LATENCY, RIGHT = 'modalities', 'gates', 'age_s', 'latency_ms', 'right'
_RIGHT, _WRONG, _REFUSED, _OPEN = 'right', 'wrong', 'refused', 'not judged'
_MARKS = {_RIGHT: 'right', _WRONG: '**wrong**', _REFUSED: '*refused*', _OPEN: ''}
_COLORS = {_RIGHT: (80, 200, 120), _WRONG: (240, 90, 90), _REFUSED: (240, 180, 70),
           _OPEN: (170, 180, 190)}
_USED, _SELECTED, _LEFT_OUT = 'used', 'selected, not used', 'left out'
_STATES = {_USED: 0x4FAF6EFF, _SELECTED: 0xD9A441FF, _LEFT_OUT: 0x6B7280FF}
_MEASURED = ('core', 'queue', 'total', 'round_trip')


class AnswerLog:
    """The answers of one bag; controls are left out."""

    def __init__(self, rerun: Any, run: RunFolder, bag: str, described: dict[str, Any]) -> None:
        self._rr, self._run = rerun, run
        self._records = sorted(
            (record for record in run.records() if record.bag == bag and not record.control),
            key=lambda record: record.stamp_ns)
        self._model = described.get('model') or {}
        self.modalities = sorted({
            name for record in self._records for name in (
                *(use.modality for use in record.modalities),
                *(verdict.modality for verdict in record.decision))})

    def write(self, recording: Any) -> None:
        """Write all answers of the bag."""
        asked = {record.id for record in self._records}
        timings = {timing.id: timing for timing in self._run.timings()
                   if not timing.control and timing.id in asked}
        self._write_styles(recording, [name for name in _MEASURED if any(
            _measured(timing, name) is not None for timing in timings.values())])
        decided: tuple[Verdict, ...] = ()
        for stamp_ns, group in itertools.groupby(
                self._records, key=lambda record: record.stamp_ns):
            records = list(group)
            set_stamp(recording, stamp_ns)
            self._write_moment(recording, records)
            self._write_uses(recording, records)
            for record in records:
                if record.decision and record.decision != decided:
                    decided = record.decision
                    self._write_text(recording, DECISIONS, _decision_text(decided), 'INFO')
                outcome = _outcome(record)
                self._write_text(
                    recording, f'{ANSWERS}/{record.type or "all"}', _answer_text(record),
                    {_WRONG: 'ERROR', _REFUSED: 'WARN'}.get(outcome, 'INFO'), _COLORS[outcome])
                self._write_timing(recording, timings.get(record.id))

    def _write_styles(self, recording: Any, measured: Sequence[str]) -> None:
        names = [f'block {number}' for number in range(
            int(self._model.get('blocks', 0)) - int(self._model.get('connected_blocks', 0)),
            int(self._model.get('blocks', 0)))]
        for modality in self.modalities:
            if names:
                recording.log(f'{GATES}/{modality}', self._rr.SeriesLines(
                    names=[f'{modality}, {name}' for name in names]), static=True)
            recording.log(f'{AGES}/{modality}', self._rr.SeriesPoints(
                names=modality, marker_sizes=3.0), static=True)
            recording.log(f'{MODALITIES}/{modality}', self._rr.StateConfiguration(
                values=list(_STATES), colors=np.array(list(_STATES.values()), np.uint32)),
                static=True)
        for name in measured:
            recording.log(f'{LATENCY}/{name}', self._rr.SeriesPoints(
                names=name.replace('_', ' '), marker_sizes=3.0), static=True)
        recording.log(RIGHT, self._rr.SeriesLines(names='right answers, share'), static=True)

    def _write_moment(self, recording: Any, records: Sequence[Record]) -> None:
        recording.log(NOW, self._rr.TextDocument(
            _table(records), media_type=self._rr.MediaType.MARKDOWN))
        judged = [record.right for record in records if record.right is not None]
        if judged:
            recording.log(RIGHT, self._rr.Scalars(sum(judged) / len(judged)))

    def _write_uses(self, recording: Any, records: Sequence[Record]) -> None:
        """Write what entered the answers of a moment; a modality is the same in all of them."""
        uses = {use.modality: use for record in records for use in record.modalities}
        for modality, use in uses.items():
            recording.log(f'{AGES}/{modality}', self._rr.Scalars(use.age_s))
            if use.gates:
                recording.log(f'{GATES}/{modality}', self._rr.Scalars(list(use.gates)))
        selected = {verdict.modality for record in records for verdict in record.decision
                    if verdict.selected}
        for modality in self.modalities:
            state = (_USED if modality in uses else
                     _SELECTED if modality in selected else _LEFT_OUT)
            recording.log(f'{MODALITIES}/{modality}', self._rr.StateChange(state=state))

    def _write_timing(self, recording: Any, timing: AnswerTiming | None) -> None:
        for name in _MEASURED:
            value = None if timing is None else _measured(timing, name)
            if value is not None:
                recording.log(f'{LATENCY}/{name}', self._rr.Scalars(value))

    def _write_text(self, recording: Any, entity: str, text: str, level: str,
                    color: tuple[int, int, int] | None = None) -> None:
        recording.log(entity, self._rr.TextLog(text, level=level, color=color))


def _measured(timing: AnswerTiming, name: str) -> float | None:
    value: float | None = getattr(timing, f'{name}_ms')
    return value


def _outcome(record: Record) -> str:
    if record.refusal:
        return _REFUSED
    return _OPEN if record.right is None else _RIGHT if record.right else _WRONG


def _answer_text(record: Record) -> str:
    """Return a question and what became of it in a line."""
    if record.refusal:
        return f'{record.question}  refused: {record.refusal}'
    text = f'{record.question}  "{record.answer}"'
    if record.right is False:
        text += f', expected "{record.expected}"'
    sure = '' if record.confidence is None else f', {record.confidence:.0%} sure'
    return f'{text}  ({record.modality_set}{sure})'


def _decision_text(decision: Sequence[Verdict]) -> str:
    return '; '.join(
        f'{verdict.modality} {"selected" if verdict.selected else _LEFT_OUT}'
        + (f': {verdict.reason}' if verdict.reason else '') for verdict in decision)


def _table(records: Sequence[Record]) -> str:
    """Return the answers of a moment in Markdown."""
    lines = ['| | question | answer | expected | from |', '|---|---|---|---|---|']
    lines += [
        f'| {_MARKS[_outcome(record)]} | {_cell(record.question)} '
        f'| {_cell(record.answer or record.refusal)} | {_cell(record.expected or "")} '
        f'| {_cell(record.modality_set)} |' for record in records]
    return '\n'.join(lines)


def _cell(text: str) -> str:
    return ' '.join(text.split()).replace('|', '\\|')
