# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Records and figures as tables for spreadsheets: CSV as RFC 4180 has it, UTF-8."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
import csv
import json
from pathlib import Path
from typing import Any, TextIO

from mpnp_ros.evaluation.record import Record
from mpnp_ros.evaluation.run_folder import RunFolder

Cell = str | int | float | None

RECORD_COLUMNS = (
    'id', 'control', 'bag', 'scene', 'stamp_ns', 'type', 'hop', 'condition', 'question',
    'candidates', 'expected', 'answer', 'right', 'confidence', 'scores', 'refusal', 'note',
    'modalities', 'ages_s', 'tokens', 'payload_bytes', 'gates', 'decision', 'flops_encode',
    'flops_fuse', 'flops_answer', 'flops_total')
SCORE_COLUMNS = ('group', 'name', 'figure', 'value')

# A spreadsheet would take a text that begins so for a formula and run it.
_FORMULA = ('=', '+', '-', '@', '\t', '\r')


def write_csv(run: RunFolder) -> None:
    """Write the records of a run as records.csv, and its figures, if there are, as scores.csv."""
    _write(run.path / 'records.csv', RECORD_COLUMNS, map(record_row, run.records()))
    if (run.path / 'scores.json').is_file():
        _write(run.path / 'scores.csv', SCORE_COLUMNS, score_rows(run.read_json('scores.json')))


def record_row(record: Record) -> tuple[Cell, ...]:
    """Return the cells of a record, in the order of RECORD_COLUMNS.

    Lists and mappings are JSON; what is not known is empty.
    """
    used = record.modalities
    flops = record.flops
    return (
        record.id, record.control, record.bag, record.scene, record.stamp_ns, record.type,
        record.hop, record.condition, record.question, _json(record.candidates), record.expected,
        record.answer, None if record.right is None else str(record.right).lower(),
        record.confidence, _json(record.scores), record.refusal, record.note,
        '' if record.refusal else record.modality_set,
        _json({use.modality: use.age_s for use in used}),
        sum(use.tokens for use in used), sum(use.payload_bytes for use in used),
        _json({use.modality: use.gates for use in used}),
        '; '.join(f'{verdict.modality} {"in" if verdict.selected else "out"}: {verdict.reason}'
                  for verdict in record.decision),
        flops.get('encode'), flops.get('fuse'), flops.get('answer'),
        sum(flops.values()) if flops else None)


def score_rows(scores: Mapping[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """Return one row for each figure of a run, in the order of SCORE_COLUMNS.

    `group` and `name` say where scores.json has it ('by.type', 'exist'), `figure` which one it
    is ('accuracy'). In 'confusion.<type>' name and figure are the right and the given answer.
    """
    confusion = {kind: {expected: dict(zip(table['answers'], row))
                        for expected, row in zip(table['answers'], table['counts'])}
                 for kind, table in scores['confusion'].items()}
    calibration = scores['calibration'] and {
        **scores['calibration'],
        'bins': {f'{one["low"]}-{one["high"]}': {
            figure: one[figure] for figure in ('n', 'confidence', 'accuracy')}
            for one in scores['calibration']['bins']}}
    return _leaves((), {**scores, 'confusion': confusion, 'calibration': calibration})


def _leaves(path: tuple[str, ...], figures: Mapping[str, Any]) -> Iterator[tuple[Cell, ...]]:
    for key, value in figures.items():
        if isinstance(value, Mapping):
            yield from _leaves((*path, key), value)
        else:
            yield '.'.join(path[:-1]), path[-1] if path else '', key, value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(',', ':')) if value else ''


def _write(path: Path, header: Iterable[str], rows: Iterable[tuple[Cell, ...]]) -> None:
    unfinished = path.with_name(f'.{path.name}.part')
    # What cannot be UTF-8, half of a surrogate pair, must not cost the whole table.
    with unfinished.open('w', encoding='utf-8', errors='replace', newline='') as file:
        write_rows(file, header, rows)
    unfinished.replace(path)


def write_rows(file: TextIO, header: Iterable[str], rows: Iterable[tuple[Cell, ...]]) -> None:
    """Write a table; lines end with CR LF, and no text can be taken for a formula."""
    writer = csv.writer(file, lineterminator='\r\n')
    writer.writerow(header)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])


def _safe(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
