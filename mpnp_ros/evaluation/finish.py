# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What follows when all is answered: scores, tables, pictures, report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import sys

from mpnp_ros.evaluation.figures.csv_export import write_csv
from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.figures.summary import summary
from mpnp_ros.evaluation.pictures.frames import write_frames
from mpnp_ros.evaluation.report.report import write_report
from mpnp_ros.evaluation.run_folder import RunError, RunFolder


def finish(run: RunFolder, bags: Mapping[str, Path], *, frames: int = 40,
           quiet: bool = False) -> None:
    """Score a run, write its table, its pictures and its report, and print a summary."""
    scores = score(run.records(), run.timings())
    run.write_json('scores.json', scores)
    write_csv(run)
    if frames:
        # What could not be read for an answer was told with it; pictures may lack more.
        lacking = write_frames(run, bags, limit=frames)
        problems = run.problems()
        problems.take(lacking)
        run.write_problems(problems)
    report = write_report(run)
    if quiet:
        return
    print(summary(scores, run.problems()))
    took = speed(run)
    if took:
        print(took)
    print(f'records, scores and report: {run.path}')
    print(f'look at it: {report}')
    sys.stdout.flush()


def speed(run: RunFolder) -> str:
    """Return in a line what an offline run took and where the time went; '' for others."""
    try:
        took = run.read_json('timing.json')
    except RunError:
        return ''
    if not took.get('real_time'):
        return ''
    return (
        f'{took["bag_s"]:.1f} s of drive in {took["stage_s"]:.1f} s, {took["real_time"]:.1f} x '
        f'real time (reading {took["read_s"]:.1f}, encoding {took["encode_s"]:.1f}, answering '
        f'{took["answer_s"]:.1f} s, the latter two side by side); controls '
        f'{took["control_s"]:.1f} s; with loading the models {took["wall_s"]:.1f} s')
