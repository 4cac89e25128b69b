# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The command `mpnp-weights`: list, fetch, find and verify pretrained weights."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import os
import sys
import time

from mpnp_ros.core.weights import Progress, Weights, WeightsError, WeightsMismatch, WeightsMissing
from mpnp_ros.core.weights_catalogue import CatalogueError

_EXIT = """exit codes:
  0  all done
  1  weights are not here, or could not be fetched
  2  wrong arguments, or a catalogue that cannot be read
  3  a file differs from what the catalogue pins
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (see `mpnp-weights --help`)."""
    options = _parser().parse_args(arguments)
    # The conversions' own progress bars would mix with ours; read when tqdm is first imported.
    os.environ.setdefault('TQDM_DISABLE', '1')
    try:
        weights = Weights.of_user()
        if options.command == 'list':
            _list(weights)
        elif options.command == 'path':
            print(weights.locate(options.name))
        elif options.command == 'verify':
            for name in options.names or _present(weights):
                weights.verify(name)
                print(f'{name}: as recorded')
        else:
            for name in options.names:
                path = weights.fetch(name, ProgressLine())
                print(path)
    except KeyboardInterrupt:
        print('\ninterrupted; what was downloaded is reused by the next fetch', file=sys.stderr)
        return 130
    except CatalogueError as error:
        print(f'mpnp-weights: {error}', file=sys.stderr)
        return 2
    except WeightsMismatch as error:
        print(f'mpnp-weights: {error}', file=sys.stderr)
        return 3
    except (WeightsError, OSError, ImportError, ValueError) as error:
        print(f'mpnp-weights: {error}', file=sys.stderr)
        return 1
    return 0


class ProgressLine:
    """Print a fetch's progress on standard error: one line that moves on a terminal."""

    def __init__(self) -> None:
        self._stage = ''
        self._printed_at = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show one step of progress."""
        moving = sys.stderr.isatty()
        now = time.monotonic()
        same = progress.stage == self._stage
        if same and (not moving or now - self._printed_at < 0.1):
            return
        if moving and self._stage and not same:
            print(file=sys.stderr)
        self._stage, self._printed_at = progress.stage, now
        text = f'{progress.name}: {progress.stage}'
        if progress.total_bytes:
            megabytes = progress.total_bytes / 1e6
            text += f' {progress.done_bytes / 1e6:.0f} of {megabytes:.0f} MB' if moving else (
                f' {megabytes:.0f} MB')
        end = '\n' if not moving or progress.stage == 'done' else ''
        print(f'\r\033[K{text}' if moving else text, end=end, file=sys.stderr, flush=True)


def _list(weights: Weights) -> None:
    for name, entry in weights.catalogue.items():
        here = 'here' if _is_here(weights, name) else 'not fetched'
        size = f', download {entry.source.download_bytes / 1e6:.0f} MB' \
            if entry.source.download_bytes else ''
        print(f'{name}: {here}')
        print(f'  {entry.about}')
        print(f'  {entry.parameters / 1e6:.1f} M parameters{size}, from {entry.source}')
        print(f'  licence {entry.licence} ({entry.licence_stated})')


def _present(weights: Weights) -> list[str]:
    return [name for name in weights.catalogue if (weights.root / name).is_dir()]


def _is_here(weights: Weights, name: str) -> bool:
    try:
        weights.locate(name)
    except (WeightsMissing, WeightsMismatch):
        return False
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='mpnp-weights', description=__doc__, epilog=_EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    commands.add_parser('list', help='what the catalogue knows, with licences')
    fetch = commands.add_parser('fetch', help='download, check and convert into the cache')
    fetch.add_argument('names', nargs='+', metavar='NAME',
                       help='a name of the catalogue, or a Hugging Face id')
    path = commands.add_parser('path', help='print where weights are')
    path.add_argument('name', metavar='NAME')
    verify = commands.add_parser('verify', help='compare cached files with their sha256')
    verify.add_argument('names', nargs='*', metavar='NAME',
                        help='default: all that are in the cache')
    return parser


if __name__ == '__main__':
    sys.exit(main())
