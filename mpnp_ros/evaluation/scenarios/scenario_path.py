# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The paths that a scenario file names: relative to it, with environment variables, in packages.

`package://<package>/<path>` is what lies in the package's share directory, as in ROS; of mpnp_ros
also what lies in its Python package, so that a machine without ROS finds the same files.
"""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import re

_PACKAGE_URL = re.compile(r'package://([A-Za-z0-9_]+)/(.+)')
_VARIABLE = re.compile(r'\$(?:(\w+)|\{(\w+)\})')
_OURS = 'mpnp_ros'


def resolve_path(text: str, folder: Path) -> Path:
    """Return the path that a scenario file in a folder means; ValueError where there is none."""
    expanded = os.path.expanduser(_VARIABLE.sub(_value, text))
    if not expanded.strip():
        raise ValueError('an empty path')
    if '://' not in expanded:
        path = folder / expanded
        if not path.exists():
            raise ValueError(f'{path} does not exist')
        return path
    package_url = _PACKAGE_URL.fullmatch(expanded)
    if not package_url:
        raise ValueError(f'{expanded}: expected a path or package://<package>/<path>')
    package, inside = package_url.groups()
    places = list(_places(package))
    for place in places:
        if (place / inside).exists():
            return place / inside
    raise ValueError(f'{expanded} does not exist; looked in '
                     f'{", ".join(map(str, places)) or "no place: AMENT_PREFIX_PATH is not set"}')


def _value(variable: re.Match[str]) -> str:
    name = variable[1] or variable[2]
    if name not in os.environ:
        raise ValueError(f'the environment variable {name} is not set')
    return os.environ[name]


def _places(package: str) -> Iterator[Path]:
    share = Path('share') / package
    for prefix in filter(None, os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)):
        if (Path(prefix) / share).is_dir():
            yield Path(prefix) / share
    if package == _OURS:
        yield Path(__file__).parents[2]
        yield Path(__file__).parents[2] / 'data'   # where pip puts what ROS puts into share
        checkout = Path(__file__).resolve().parents[3]
        if (checkout / 'package.xml').is_file():
            yield checkout
