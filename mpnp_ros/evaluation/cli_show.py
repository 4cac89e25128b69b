# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""`mpnp-evaluate compare`, `report`, `frames` and `rerun`: what is done with finished runs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import sys
from typing import Any

from mpnp_ros.evaluation.cli_exit import DONE
from mpnp_ros.evaluation.figures.compare import compare_runs
from mpnp_ros.evaluation.figures.comparison_text import comparison_markdown, comparison_text
from mpnp_ros.evaluation.pictures.frames import write_frames
from mpnp_ros.evaluation.report.report import write_report
from mpnp_ros.evaluation.rerun_export.rerun_log import write_rrd
from mpnp_ros.evaluation.run_folder import RunError, RunFolder


def add_compare(commands: Any) -> None:
    """Add the command `compare`."""
    parser = commands.add_parser(
        'compare', help='compare two runs, question by question',
        description='Compare the answers of two runs to the same questions: differences with '
                    'their intervals, questions that flipped, costs.')
    parser.add_argument('before', type=Path, metavar='RUN')
    parser.add_argument('after', type=Path, metavar='RUN')
    parser.add_argument('--json', type=Path, default=None, metavar='FILE',
                        help='write the comparison as JSON')
    parser.add_argument('--markdown', type=Path, default=None, metavar='FILE',
                        help='write it as Markdown')
    parser.add_argument('--report', type=Path, default=None, metavar='FILE',
                        help='write a report of the second run that shows the first beside it')
    parser.set_defaults(run=compare)


def compare(options: argparse.Namespace) -> int:
    """Compare two runs."""
    before, after = _run(options.before), _run(options.after)
    result = compare_runs(before, after)
    print(comparison_text(result))
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=1) + '\n', encoding='utf-8')
    if options.markdown is not None:
        options.markdown.write_text(comparison_markdown(result), encoding='utf-8')
    if options.report is not None:
        print(write_report(after, options.report, compare_with=before))
    return DONE


def add_report(commands: Any) -> None:
    """Add the command `report`."""
    parser = commands.add_parser('report', help='write the report of a run anew')
    parser.add_argument('run_folder', type=Path, metavar='RUN')
    parser.add_argument('--out', type=Path, default=None, metavar='FILE',
                        help='default: report.html in the run')
    parser.set_defaults(run=lambda options: _print(
        write_report(_run(options.run_folder), options.out)))


def add_frames(commands: Any) -> None:
    """Add the command `frames`."""
    parser = commands.add_parser(
        'frames', help='draw the moments behind answers: cameras, range image, top view')
    parser.add_argument('run_folder', type=Path, metavar='RUN')
    parser.add_argument('--which', choices=('wrong', 'all'), default='wrong')
    parser.add_argument('--limit', type=int, default=200, metavar='N',
                        help='draw at most N moments (default: 200)')
    parser.set_defaults(run=frames)


def frames(options: argparse.Namespace) -> int:
    """Draw moments and write the report anew, so that it shows them."""
    run = _run(options.run_folder)
    for problem in write_frames(run, bag_paths(run), which=options.which, limit=options.limit):
        print(f'{problem.count} x {problem.what}: {", ".join(problem.places)}', file=sys.stderr)
    return _print(write_report(run))


def add_rerun(commands: Any) -> None:
    """Add the command `rerun`."""
    parser = commands.add_parser(
        'rerun', help='write a bag and its answers for the viewer Rerun (an .rrd file)')
    parser.add_argument('run_folder', type=Path, metavar='RUN')
    parser.add_argument('--bag', default='', metavar='NAME', help='which bag (default: the first)')
    parser.add_argument('--out', type=Path, default=None, metavar='FILE',
                        help='default: BAG.rrd in the run')
    parser.add_argument('--every', type=int, default=1, metavar='N',
                        help='only one in N messages of each sensor')
    parser.add_argument('--max-width', type=int, default=0, metavar='PIXELS',
                        help='scale pictures down to this width (default: as they are)')
    parser.add_argument('--max-points', type=int, default=0, metavar='N',
                        help='thin sweeps out to this many points (default: as they are)')
    parser.set_defaults(run=rerun)


def rerun(options: argparse.Namespace) -> int:
    """Write an .rrd file."""
    run = _run(options.run_folder)
    bags = bag_paths(run)
    name = options.bag or next(iter(bags), '')
    if name not in bags:
        raise RunError(f'{run.path} has no bag {name!r}; it has {", ".join(bags) or "none"}')
    return _print(write_rrd(
        run, bags[name], options.out or run.path / f'{name}.rrd', every=options.every,
        max_width=options.max_width, max_points=options.max_points))


def bag_paths(run: RunFolder) -> dict[str, Path]:
    """Return where the bags of a run lie, by name."""
    return {bag['name']: Path(bag['path']) for bag in run.read_json('run.json')['bags']}


def _run(path: Path) -> RunFolder:
    run = RunFolder(path)
    run.read_json('run.json')   # raises RunError where this is no run
    return run


def _print(written: Path) -> int:
    print(written)
    return DONE
