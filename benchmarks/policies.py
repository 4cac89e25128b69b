# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Record what each set of modalities answers on scenes of the simulated world.

    python benchmarks/policies.py records TRAIN --connectors DIR --sets 8 --out runs/fit
    mpnp-relevance runs/fit --vectors runs/fit/vectors.npz --usability runs/fit/usability.jsonl
                   --out DIR/relevance.safetensors
    python benchmarks/policies.py records TEST --connectors DIR --out runs/test

What was recorded before a stop is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import os
from pathlib import Path
import sys

import torch

from mpnp_ros import shipped
from mpnp_ros.core import weights


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a part of the benchmark; return its exit code."""
    options = _parser().parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        options.run(options)
    except (OSError, ValueError) as error:
        print(f'policies: {error}', file=sys.stderr)
        return 2
    return 0


def records(options: argparse.Namespace) -> None:
    """Record what each set of modalities answers."""
    from policy_benchmark.moments import Scenes
    from policy_benchmark.recording import Recording

    from mpnp_ros.core.flops import prepare_count
    from mpnp_ros.suite.configuration import read_configuration
    from mpnp_ros.suite.loading import load_answerer

    configuration = read_configuration(
        options.suite, {'llm.connectors': str(options.connectors)})
    scenes = Scenes(options.bags, configuration, options.cache, questions=options.questions,
                    per_moment=options.per_moment, seed=options.seed)
    answerer = load_answerer(configuration.llm)
    prepare_count(answerer)
    recording = Recording(answerer, options.out, options.sets, options.seed)
    recording.run(scenes)
    for problem in scenes.problems:
        print(f'{problem.what} ({problem.count} times: {", ".join(problem.places)})')
    if recording.questions:
        print(f'{recording.questions} questions, {recording.rows} answers in '
              f'{recording.seconds:.0f} s with {torch.get_num_threads()} of {os.cpu_count()} '
              f'threads: {recording.seconds / recording.questions:.2f} s a question')
    print(f'{options.out}: records.jsonl, usability.jsonl, vectors.npz')


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--threads', type=int, default=0, help="of torch; 0: torch's own choice")
    commands = parser.add_subparsers(required=True)
    given = commands.add_parser('records', help=records.__doc__)
    given.set_defaults(run=records)
    given.add_argument('bags', nargs='+', type=Path, help='bags with questions, or their folders')
    _add_models(given)
    given.add_argument('--out', required=True, type=Path, help='folder of the records')
    given.add_argument('--questions', type=int, default=1200, help='default: %(default)s')
    given.add_argument('--per-moment', type=int, default=5,
                       help='questions of a moment; default: %(default)s')
    given.add_argument('--sets', type=int, default=0, help='sets of modalities that answer: none, '
                       'all, others drawn for each moment; 0: all sets, as compare needs them')
    given.add_argument('--seed', type=int, default=0)
    given.add_argument('--cache', type=Path, default=weights.cache_root() / 'tokens',
                       help='folder of encoded tokens, that of mpnp-train by default')
    return parser


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--suite', type=Path, default=shipped.configuration('world.yaml'),
                        help='parameter file; default: that of the simulated world')
    parser.add_argument('--connectors', required=True, type=Path, help='their folder')


if __name__ == '__main__':
    sys.exit(main())
