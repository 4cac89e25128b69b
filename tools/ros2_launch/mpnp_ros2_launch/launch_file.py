# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Find a launch file, show its arguments, run it."""

from __future__ import annotations

import os
from pathlib import Path

from ament_index_python.packages import get_package_share_directory, PackageNotFoundError
from launch import LaunchContext, LaunchDescription, LaunchService
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import AnyLaunchDescriptionSource


class LaunchFileError(RuntimeError):
    """The launch file or one of its arguments cannot be used; the text says why."""


def find_launch_file(package: str, name: str) -> Path:
    """Return the path of a launch file anywhere in a package's share folder."""
    try:
        share = Path(get_package_share_directory(package))
    except (PackageNotFoundError, ValueError) as error:
        raise LaunchFileError(f'package {package!r} not found: {error}') from error
    found = sorted(path for path in share.rglob(name) if path.is_file())
    if not found:
        raise LaunchFileError(f'no file {name!r} in {share}')
    if len(found) > 1:
        places = ', '.join(str(path) for path in found)
        raise LaunchFileError(f'{name!r} is there more than once, give one as a path: {places}')
    return found[0]


def parse_arguments(words: list[str]) -> list[tuple[str, str]]:
    """Return the (name, value) pairs of `name:=value` words; the last of a name wins."""
    pairs: dict[str, str] = {}
    for word in words:
        name, separator, value = word.partition(':=')
        if not name or not separator:
            raise LaunchFileError(f'launch argument {word!r}: expected name:=value')
        pairs[name] = value
    return list(pairs.items())


def describe_arguments(path: Path) -> str:
    """Return a launch file's arguments as text: name, description, default."""
    context = LaunchContext()
    description = AnyLaunchDescriptionSource(str(path)).get_launch_description(context)
    arguments = description.get_launch_arguments(conditional_inclusion=True)
    if not arguments:
        return 'No arguments.'
    return 'Arguments (pass them as name:=value):\n' + '\n'.join(
        describe_argument(argument, context) for argument in arguments)


def describe_argument(argument: DeclareLaunchArgument, context: LaunchContext) -> str:
    """Return the text about one argument."""
    lines = ['', f"    '{argument.name}':", f'        {argument.description}']
    if argument.default_value is None:
        lines.append('        (no default, must be given)')
    else:
        default = ' + '.join(part.describe() for part in argument.default_value)
        lines.append(f'        (default: {default})')
    return '\n'.join(lines)


def run_launch_file(
    path: Path, arguments: list[tuple[str, str]], *, argv: list[str], debug: bool,
    noninteractive: bool, show_all_output: bool,
) -> int:
    """Run a launch file until its processes have ended or an interrupt has stopped them.

    Returns the exit code of the launch service: 0, or 1 when launching failed.
    """
    if show_all_output:
        os.environ['OVERRIDE_LAUNCH_PROCESS_OUTPUT'] = 'both'   # read by launch's actions
    service = LaunchService(argv=argv, noninteractive=noninteractive, debug=debug)
    service.include_launch_description(LaunchDescription([
        IncludeLaunchDescription(
            AnyLaunchDescriptionSource(str(path)), launch_arguments=arguments),
    ]))
    return int(service.run())
