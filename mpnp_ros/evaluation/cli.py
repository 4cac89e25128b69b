# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The command `mpnp-evaluate`: bags and their questions in, records, scores and a report out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import sys

from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.weights import WeightsError
from mpnp_ros.evaluation import cli_run, cli_scenario, cli_show
from mpnp_ros.evaluation.bags.bag import BagError
from mpnp_ros.evaluation.cli_exit import FAILED, PROBLEMS, UNUSABLE
from mpnp_ros.evaluation.run_folder import RunError

_EXIT = f"""exit codes:
  0  all was evaluated
  {FAILED}  a floor of the scenario was not reached, or an answer differs where none may
  {UNUSABLE}  nothing could be evaluated: wrong arguments, no bag, no weights, a folder in use
  {PROBLEMS}  strict, and something was wrong with the inputs; what could be was evaluated
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (see `mpnp-evaluate --help`)."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        print('\ninterrupted; the same command goes on from here', file=sys.stderr)
        return 130
    except (BagError, RunError, WeightsError, ConnectorMismatch, ImportError, OSError,
            ValueError) as error:
        print(f'mpnp-evaluate: {error}', file=sys.stderr)
        return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='mpnp-evaluate', description=__doc__, epilog=_EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    cli_run.add_run(commands)
    cli_scenario.add_scenario(commands)
    cli_show.add_compare(commands)
    cli_show.add_report(commands)
    cli_show.add_frames(commands)
    cli_show.add_rerun(commands)
    return parser


if __name__ == '__main__':
    sys.exit(main())
