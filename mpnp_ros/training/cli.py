# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The command `mpnp-train`: bags with questions in, connectors with a card out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import shlex
import sys

from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.weights import WeightsError
from mpnp_ros.evaluation.bags.bag import BagError
from mpnp_ros.evaluation.figures.summary import summary
from mpnp_ros.training.accelerated import Accelerated
from mpnp_ros.training.cli_options import add_common, token_folder
from mpnp_ros.training.config_file import load_config
from mpnp_ros.training.cost import cli as cost_cli
from mpnp_ros.training.run import CONNECTORS, Run

_EPILOG = """exit codes:
  0    connectors are trained and written
  2    nothing could be trained, or the training had to stop; the last checkpoint is kept
  3    strict, and something was wrong with the data; what could be was learned from
  130  interrupted; the same command with --resume goes on

mpnp-train plan FILE --budget-... says how many blocks a budget allows (mpnp-train plan --help).
`accelerate launch -m mpnp_ros.training.cli FILE` trains in several processes or on several GPUs.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (see `mpnp-train --help`)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given[:1] == ['plan']:
            return cost_cli.main(given[1:])
        return _train(_parser().parse_args(given), given)
    except KeyboardInterrupt:
        print('\ninterrupted; the same command with --resume goes on from here', file=sys.stderr)
        return 130
    except (BagError, WeightsError, ConnectorMismatch, ImportError, OSError, ValueError) as error:
        print(f'mpnp-train: {error}', file=sys.stderr)
        return 2


def _train(options: argparse.Namespace, given: Sequence[str]) -> int:
    config = load_config(options.config, options.settings)
    processes = Accelerated(config.device)
    out = options.out or Path('runs') / 'train' / config.name
    run = Run(config, out, processes, cache=token_folder(options), resume=options.resume,
              overwrite=options.overwrite, command=['mpnp-train', *map(shlex.quote, given)])
    scores = run.run()
    processes.end()
    if processes.main:
        if scores:
            print(summary(scores, run.problems))
        else:
            for problem in run.problems:
                print(f'{problem.what} ({problem.count} times: {", ".join(problem.places)})')
        print(f'connectors and their card: {out / CONNECTORS}')
    return 3 if options.strict and len(run.problems) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='mpnp-train', description=__doc__, epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common(parser)
    parser.add_argument('--out', type=Path, default=None, metavar='FOLDER',
                        help='folder of the results (default: runs/train/NAME)')
    either = parser.add_mutually_exclusive_group()
    either.add_argument('--resume', action='store_true',
                        help='go on with the training in that folder from its last checkpoint')
    either.add_argument('--overwrite', action='store_true',
                        help='begin again, in place of the training in that folder')
    parser.add_argument('--strict', action='store_true',
                        help='exit with 3 if anything was wrong with the data')
    return parser


if __name__ == '__main__':
    sys.exit(main())
