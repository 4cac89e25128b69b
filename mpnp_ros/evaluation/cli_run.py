# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""`mpnp-evaluate run`: bags through the suite, without topics or with them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import shutil
import sys
from typing import Any

import yaml

from mpnp_ros import shipped
from mpnp_ros.evaluation.cli_exit import DONE, PROBLEMS
from mpnp_ros.evaluation.finish import finish
from mpnp_ros.evaluation.live.live_launch import evaluate_live, LiveOptions
from mpnp_ros.evaluation.offline.latent_bag import write_latent_bags
from mpnp_ros.evaluation.offline.offline_run import evaluate_offline, OfflineOptions, WORK
from mpnp_ros.evaluation.offline.offline_suite import Ablation
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions, gather
from mpnp_ros.evaluation.questions.question_files import AUTO, FORMATS
from mpnp_ros.evaluation.record import CONTROLS
from mpnp_ros.evaluation.run_folder import RunError, RunFolder
from mpnp_ros.suite.configuration import read_configuration
from mpnp_ros.world.progress import ProgressLine


def add_run(commands: Any) -> None:
    """Add the command `run`."""
    parser = commands.add_parser(
        'run', help='answer the questions of bags, score the answers, write a report',
        description='Answer the questions of bags offline, as fast as the machine allows, and '
                    'write records, scores and a report. Without a bag: the drive that comes '
                    'with the package.')
    parser.add_argument('bags', nargs='*', type=Path, metavar='BAG',
                        help='a bag (rosbag2 folder, .mcap, .db3, ROS 1 .bag), or a folder of '
                             'bags')
    parser.add_argument('--questions', nargs='+', type=Path, default=[], metavar='FILE',
                        help='one file for each bag or one for all: JSON lines, nuScenes-QA or '
                             'DriveLM; otherwise questions.jsonl in or beside each bag')
    parser.add_argument('--format', choices=FORMATS, default=AUTO,
                        help='format of the questions (default: recognise it)')
    parser.add_argument('--params', type=Path, default=None, metavar='FILE',
                        help='parameter file of the suite (default: that of the demo)')
    parser.add_argument('--set', nargs='+', default=[], metavar='NODE.PARAMETER=VALUE',
                        help='values in place of those of the file, in YAML, e.g. '
                             'modality_manager.modalities=[lidar] llm.model=NAME')
    parser.add_argument('--blocks', type=int, default=0, metavar='N',
                        help='let latents into the last N of the connected blocks only')
    parser.add_argument('--gate', nargs='+', default=[], metavar='MODALITY=VALUE',
                        help='gates of a modality, from 0 (closed) to 1')
    parser.add_argument('--settle', type=float, default=0.1, metavar='SECONDS',
                        help="ask this long after the stamp of a question, on the bag's clock "
                             '(default: 0.1)')
    parser.add_argument('--live', choices=('flow', 'hold'), default=None, metavar='MODE',
                        help='play the bags through topics (needs ROS 2). flow: the bag runs on '
                             'while questions are answered; hold: it stands still at each')
    parser.add_argument('--rate', type=float, default=1.0, metavar='FACTOR',
                        help='bag seconds per second of a live run (default: 1)')
    parser.add_argument('--composed', action='store_true',
                        help='run the suite of a live run in one process')
    parser.add_argument('--controls', nargs='*', choices=CONTROLS, default=list(CONTROLS),
                        help='control answers beside the real ones (default: all of them)')
    parser.add_argument('--out', type=Path, default=None, metavar='FOLDER',
                        help='folder of the results (default: runs/NAME)')
    parser.add_argument('--name', default='', help='name of the run (default: of the first bag)')
    parser.add_argument('--latents', type=Path, default=None, metavar='FOLDER',
                        help='also write the latents as bags, which replay without encoders')
    parser.add_argument('--frames', type=int, default=40, metavar='N',
                        help='pictures of at most N moments behind wrong answers (default: 40)')
    add_common(parser)
    parser.set_defaults(run=run)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that `run` and `scenario` share."""
    parser.add_argument('--workers', type=int, default=0, metavar='N',
                        help='processes (default: as many as processors, one a bag at most)')
    parser.add_argument('--ray', default='', metavar='ADDRESS',
                        help="work on a Ray cluster: 'auto', 'local' or its address")
    parser.add_argument('--strict', action='store_true',
                        help='exit with 3 if anything was wrong with the inputs')
    parser.add_argument('--overwrite', action='store_true',
                        help='replace what is in the folder of the results')
    parser.add_argument('--quiet', action='store_true', help='print no table at the end')


def run(options: argparse.Namespace) -> int:
    """Evaluate bags offline."""
    bags = options.bags or [shipped.demo_drive() / 'bag']
    params = options.params or shipped.configuration('demo.yaml')
    overrides = overrides_from(options.set)
    problems = Problems()
    configuration = read_configuration(params, overrides)
    gathered = gather(
        bags, options.questions, sorted(configuration.modalities), problems,
        format=options.format, after_end_s=configuration.llm.max_age_s)
    name = options.name or (gathered[0].name if gathered else 'run')
    given = OfflineOptions(
        params_file=params, overrides=overrides,
        ablation=Ablation(options.blocks, gates_from(options.gate)), settle_s=options.settle,
        controls=tuple(one for one in CONTROLS if one in options.controls),
        workers=options.workers, ray=options.ray, name=name)
    out = options.out or Path('runs') / name
    if options.live is not None:
        result = evaluate_through_topics(gathered, LiveOptions(
            params, overrides, options.settle, options.live, options.rate, name, options.composed),
            out, problems, overwrite=options.overwrite)
    else:
        result = evaluate(gathered, given, out, problems, overwrite=options.overwrite,
                          latents=options.latents)
    finish(result, bags_of(gathered), frames=options.frames, quiet=options.quiet)
    return PROBLEMS if options.strict and len(result.problems()) else DONE


def evaluate(
    bags: Sequence[BagQuestions], options: OfflineOptions, out: Path, problems: Problems, *,
    overwrite: bool = False, latents: Path | None = None,
) -> RunFolder:
    """Run the bags offline into a folder that holds no finished run, or goes on with its own."""
    _prepare(bags, out, problems, overwrite)
    line = ProgressLine('evaluating')
    result = evaluate_offline(
        bags, options, out, problems, keep_work=latents is not None,
        progress=lambda done, total, note: line(done, total, note))
    if latents is not None:
        write_latent_bags(out / WORK, latents, [bag.name for bag in bags])
        shutil.rmtree(out / WORK)
    return result


def evaluate_through_topics(bags: Sequence[BagQuestions], options: LiveOptions, out: Path,
                            problems: Problems, *, overwrite: bool) -> RunFolder:
    """Play the bags through the running suite into a folder that holds no finished run."""
    _prepare(bags, out, problems, overwrite)
    return evaluate_live(bags, options, out, problems)


def _prepare(bags: Sequence[BagQuestions], out: Path, problems: Problems,
             overwrite: bool) -> None:
    if not any(bag.questions for bag in bags):
        for problem in problems:
            print(f'{problem.what} ({", ".join(problem.places)})', file=sys.stderr)
        raise RunError('there is no question that can be asked about these bags')
    if (out / 'run.json').exists():
        if not overwrite:
            raise RunError(f'{out} holds a finished evaluation; name another folder, or '
                           '--overwrite')
        shutil.rmtree(out)


def bags_of(bags: Sequence[BagQuestions]) -> dict[str, Path]:
    """Return the path of each bag by its name."""
    return {bag.name: bag.path for bag in bags}


def overrides_from(given: Sequence[str]) -> dict[str, Any]:
    """Return values by name; raises ValueError for what is not NODE.PARAMETER=VALUE."""
    values = {}
    for text in given:
        name, equals, value = text.partition('=')
        if not equals or '.' not in name:
            raise ValueError(f'--set {text}: expected NODE.PARAMETER=VALUE')
        try:
            values[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ValueError(f'--set {text}: the value is not YAML: {error}') from error
    return values


def gates_from(given: Sequence[str]) -> dict[str, float]:
    """Return gates by modality; raises ValueError for what is not MODALITY=VALUE."""
    gates = {}
    for text in given:
        name, _, value = text.partition('=')
        try:
            gates[name] = float(value)
        except ValueError as error:
            raise ValueError(f'--gate {text}: expected MODALITY=VALUE with a number') from error
    return gates
