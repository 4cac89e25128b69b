# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Record many scenes of the simulated world, with balanced questions about them.

Run as `python -m mpnp_ros.world.generate DIRECTORY --scenes 1000`. Each part of it holds a bag of
all sensors, `truth.jsonl` and `questions.jsonl`. What is there already is kept, so that an
interrupted run goes on where it stopped; questions are chosen anew among all scenes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
import os
from pathlib import Path
import sys

from mpnp_ros.world.asking.ask import ask, condition_of
from mpnp_ros.world.asking.balance import Balance, QUESTIONS as PER_MOMENT
from mpnp_ros.world.progress import ProgressLine
from mpnp_ros.world.recording import record_scenes, TRUTH
from mpnp_ros.world.renderer import NoGraphics
from mpnp_ros.world.sensing.sensor_file import SensorFileError
from mpnp_ros.world.truth_file import read_truth
from mpnp_ros.world.vehicle import SENSOR_FILES, Vehicle

QUESTIONS = 'questions.jsonl'


def write_questions(parts: Sequence[Path], per_moment: int = PER_MOMENT,
                    simple: int = 0) -> int:
    """Choose questions about all moments of recorded parts; return how many there are.

    At most `per_moment` about each, of all kinds, and at most `simple` others that take no hop:
    those have few texts, and a connector that learns from them computes a text only once.

    All parts are balanced as one: take those of a training set together, and those of a test set.
    """
    balance, simpler, written = Balance(per_moment=per_moment), Balance(per_moment=simple), 0
    for part in parts:
        lines = []
        for moment in read_truth(part / TRUTH):
            about = f'seed {moment.seed}, {moment.truth.time_s:g} s'
            asked = ask(moment.truth, about)
            chosen = balance.choose(asked)
            groups = {question.group for question in chosen}
            chosen += simpler.choose([question for question in asked
                                      if not question.hop and question.group not in groups])
            for number, question in enumerate(chosen):
                lines.append(json.dumps(question.line(
                    f'{about}, {number}', moment.stamp_ns, f'seed {moment.seed}',
                    condition_of(moment.truth))))
        unfinished = part / f'{QUESTIONS}.part'
        unfinished.write_text(''.join(f'{line}\n' for line in lines), encoding='utf-8')
        unfinished.rename(part / QUESTIONS)
        written += len(lines)
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (see --help)."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or '').split('\n', 1)[0], prog='python -m mpnp_ros.world.generate')
    parser.add_argument('directory', type=Path)
    parser.add_argument('--scenes', type=int, default=100, help='default: %(default)s')
    parser.add_argument('--first-seed', type=int, default=0, help='default: %(default)s')
    parser.add_argument('--questions', type=int, default=PER_MOMENT,
                        help='most questions about a moment; default: %(default)s')
    parser.add_argument('--simple', type=int, default=0,
                        help='most further ones that take no hop; default: %(default)s')
    parser.add_argument('--width', type=int, default=320, help='of a picture, pixels')
    parser.add_argument('--height', type=int, default=180, help='of a picture, pixels')
    parser.add_argument('--sensors', nargs='+', default=list(SENSOR_FILES), metavar='FILE',
                        help='of config/sensors, without .yaml; default: %(default)s')
    parser.add_argument('--processes', type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    if min(options.scenes, options.processes, options.questions) < 1:
        parser.error('--scenes, --questions and --processes: expected 1 or more')
    if options.simple < 0:
        parser.error('--simple: expected 0 or more')
    seeds = range(options.first_seed, options.first_seed + options.scenes)
    try:
        vehicle = Vehicle.standard(options.width, options.height, options.sensors)
        parts = record_scenes(options.directory, seeds, vehicle, options.processes,
                              ProgressLine('scenes'))
        written = write_questions(parts, options.questions, options.simple)
    except (NoGraphics, SensorFileError, OSError, ValueError) as error:
        print(f'mpnp_ros.world.generate: {error}', file=sys.stderr)
        return 1
    print(f'{options.directory}: {len(seeds)} scenes in {len(parts)} parts, {written} questions')
    return 0


if __name__ == '__main__':
    sys.exit(main())
