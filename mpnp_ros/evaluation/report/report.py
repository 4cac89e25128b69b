# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The report of an evaluation: one HTML file that needs no network and nothing beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mpnp_ros.evaluation.figures.compare import compare_runs
from mpnp_ros.evaluation.report.report_columns import RecordColumns
from mpnp_ros.evaluation.report.report_page import page
from mpnp_ros.evaluation.report.report_pictures import Pictures
from mpnp_ros.evaluation.report.report_verdict import change, verdict
from mpnp_ros.evaluation.run_folder import RunFolder, write_whole

_BEFORE = 'before'
_COMPARED = ('before', 'after', 'shared', 'overall', 'by', 'settings')   # of a comparison


def write_report(
    run: RunFolder, out: Path | None = None, *, title: str | None = None,
    compare_with: RunFolder | None = None,
) -> Path:
    """Write the report of a run and return its path, by default `report.html` in the run.

    Shows what run.json, the records, timings, problems, scores and pictures hold; a part that is
    missing is left out or said to be missing. `title` stands in place of the run's name, and the
    answers and scores of `compare_with` beside the run's. Raises RunError where run.json, the
    records or the scores are missing or damaged, CompareError where the runs share no question.
    """
    described, scores = run.read_json('run.json'), run.read_json('scores.json')
    bags = described.get('bags') or []
    columns = RecordColumns({
        bag['name']: bag['start_ns'] for bag in bags if bag.get('start_ns') is not None})
    pictures = Pictures(run)
    for record in run.records():
        columns.add(record)
        pictures.see(record)
    for timing in run.timings():
        columns.add_timing(timing)
    summary = {'run': described, 'scores': scores, 'problems': _if_there(run, 'problems.json'),
               'took': _if_there(run, 'timing.json')}
    sentences = verdict(scores)
    if compare_with is not None:
        compared = summary[_BEFORE] = _compared(compare_with, run, columns)
        sentences.append(change(compared['difference']))
    name = title or described.get('name') or run.path.name
    shown, files = pictures.content(columns.rows)
    text = page(
        {'title': name, 'verdict': sentences[0], 'more': ' '.join(sentences[1:])},
        {'data-summary': summary, 'data-records': columns.content(), 'data-pictures': shown,
         'data-files': files})
    path = out or run.report_path
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    return path


def _compared(before: RunFolder, run: RunFolder, columns: RecordColumns) -> dict[str, Any]:
    """Put the answers of another run beside the rows; return its scores and the difference."""
    for record in before.records():
        if not record.control:
            columns.put_beside(_BEFORE, record)
    difference = compare_runs(before, run)
    return {
        'run': before.read_json('run.json'), 'scores': before.read_json('scores.json'),
        'difference': {name: difference[name] for name in _COMPARED}}


def _if_there(run: RunFolder, name: str) -> Any:
    return run.read_json(name) if (run.path / name).is_file() else None
