# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The command `mpnp-import`: data sets in, rosbag2 bags with their questions out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from mpnp_ros.importing.channels import ALL, Channels, NONE
from mpnp_ros.importing.error import DatasetError

_EXIT = """exit codes:
  0  all was imported
  1  the import stopped; finished bags stay, of the others nothing is left
  2  wrong arguments
  3  finished with --keep-going, and something was left out

docs/importing.md describes the layouts, the topics and the files beside a bag.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (see `mpnp-import --help`)."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        print('\ninterrupted; finished bags stay', file=sys.stderr)
        return 130
    except ModuleNotFoundError as missing:
        if missing.name != 'rosbags':
            raise
        print('mpnp-import: bags are written with rosbags: pip install mpnp_ros[evaluation]',
              file=sys.stderr)
        return 1
    except (DatasetError, OSError) as error:
        print(f'mpnp-import: {error}', file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    from mpnp_ros.importing import sources
    from mpnp_ros.importing.drive_writer import DriveWriter, WriteOptions, Written
    from mpnp_ros.world.progress import ProgressLine

    channels = Channels(*(tuple(given) for given in (
        options.cameras, options.lidar, options.radar)))
    if options.command == 'nuscenes':
        found = sources.nuscenes_sources(
            options.dataset, channels, options.version, options.scenes,
            keyframes_only=options.sweeps == 'keyframes')
    elif options.command == 'kitti':
        found = sources.kitti_sources(options.dataset, channels)
    else:
        found = sources.directory_sources(options.dataset, channels)
    writer = DriveWriter(options.output, WriteOptions(
        options.storage, options.keep_going, options.questions, options.seed))
    written: list[Written] = []
    show = options.progress if options.progress is not None else sys.stderr.isatty()
    for source in found:
        try:
            drive = source.build()
            for note in drive.notes:
                print(f'{drive.name}: {note}', file=sys.stderr)
            written.append(writer.write(drive, ProgressLine('import') if show else None))
        except DatasetError as error:
            if not options.keep_going:
                raise
            writer.problems.add(error.what, error.place)
            continue
        one = written[-1]
        print(f'{one.folder}: {one.messages} messages, {one.duration_s:.1f} s, '
              f'{one.questions} questions')
    for problem in writer.problems:
        print(f'mpnp-import: left out {problem.count}: {problem.places[0]}: {problem.what}',
              file=sys.stderr)
    if not written:
        print('mpnp-import: nothing was imported', file=sys.stderr)
        return 1
    return 3 if len(writer.problems) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='mpnp-import', description=__doc__, epilog=_EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True, metavar='LAYOUT')
    nuscenes = _add(commands, 'nuscenes', 'nuScenes: tables with samples and sweeps, or a folder '
                    'with one keyframe (frame.json)')
    nuscenes.add_argument('--version', default='', metavar='NAME',
                          help='folder of the tables, e.g. v1.0-mini (default: the only one)')
    nuscenes.add_argument('--scenes', nargs='+', default=[], metavar='NAME',
                          help='scenes by name, e.g. scene-0061 (default: all)')
    nuscenes.add_argument('--sweeps', choices=('all', 'keyframes'), default='all',
                          help='every measurement, or only those of keyframes (default: all)')
    _add(commands, 'kitti', 'KITTI: raw drives (synchronised and rectified), or the object '
         'benchmark')
    _add(commands, 'directory', 'a folder of own data with a dataset.yaml')
    return parser


def _add(commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str
         ) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=what, description=f'Import {what}.')
    parser.add_argument('dataset', type=Path, metavar='DATASET', help='folder of the data set')
    parser.add_argument('output', type=Path, metavar='OUT', help='folder for the bags')
    for modality in ('cameras', 'lidar', 'radar'):
        parser.add_argument(f'--{modality}', nargs='+', default=[ALL], metavar='NAME',
                            help=f'which to import: names, {ALL} (default) or {NONE}')
    parser.add_argument('--questions', type=_count, default=15, metavar='N',
                        help='most questions for each annotated moment (default: 15)')
    parser.add_argument('--seed', type=int, default=0,
                        help='of the choice of questions (default: 0)')
    parser.add_argument('--storage', choices=('mcap', 'sqlite3'), default='mcap',
                        help='storage of the bags (default: mcap)')
    parser.add_argument('--keep-going', action='store_true',
                        help='leave out what cannot be read, count it and go on')
    parser.add_argument('--progress', action=argparse.BooleanOptionalAction, default=None,
                        help='show how far it is (default: on a terminal)')
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError(f'{text}: expected 0 or more')
    return count


if __name__ == '__main__':
    sys.exit(main())
