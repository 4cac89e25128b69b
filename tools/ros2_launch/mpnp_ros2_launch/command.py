# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The command line of `ros2 launch`."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys

from ros2cli.command import CommandExtension
from ros2pkg.api import package_name_completer

from mpnp_ros2_launch.launch_file import (
    describe_arguments,
    find_launch_file,
    LaunchFileError,
    parse_arguments,
    run_launch_file,
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of ros2launch that are served here, under the same names."""
    parser.add_argument(
        '-n', '--noninteractive', default=not sys.stdin.isatty(), action='store_true',
        help='run as if no terminal were attached')
    parser.add_argument(
        '-d', '--debug', action='store_true', help='show what the launch service does')
    parser.add_argument(
        '-s', '--show-args', '--show-arguments', action='store_true',
        help='show the arguments of the launch file and do not run it')
    parser.add_argument(
        '-a', '--show-all-subprocesses-output', action='store_true',
        help='show stdout and stderr of every process')


def find(package_or_path: str, name: str | None) -> Path:
    """Return the launch file that the positional arguments mean."""
    if name:
        return find_launch_file(package_or_path, name)
    path = Path(package_or_path)
    if not path.is_file():
        raise LaunchFileError(
            f'{package_or_path!r} is no file; expected a path, or a package and the name of a '
            'launch file in it')
    return path.resolve()


class LaunchCommand(CommandExtension):
    """Run a launch file."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Declare the arguments of the command."""
        add_flags(parser)
        package = parser.add_argument(
            'package_name', help='package that holds the launch file, or path of a launch file')
        package.completer = package_name_completer   # type: ignore[attr-defined]
        parser.add_argument(
            'words', nargs=argparse.REMAINDER, metavar='[launch_file] [name:=value ...]',
            help='name of the launch file, unless a path was given, and its arguments')

    def main(self, *, parser: argparse.ArgumentParser, args: argparse.Namespace) -> int | str:
        """Show or run the launch file; return the exit code or what is wrong."""
        late = argparse.ArgumentParser(add_help=False)
        add_flags(late)   # they may stand after the file's name too
        args, words = late.parse_known_args(args.words, args)
        name = None
        if words and not Path(args.package_name).is_file():
            name, *words = words
        try:
            path = find(args.package_name, name)
            arguments = parse_arguments(words)
            if args.show_args:
                print(describe_arguments(path))
                return 0
            return run_launch_file(
                path, arguments, argv=words, debug=args.debug, noninteractive=args.noninteractive,
                show_all_output=args.show_all_subprocesses_output)
        except LaunchFileError as error:
            return str(error)
