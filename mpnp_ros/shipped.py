# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where the data that comes with the package lies."""

from __future__ import annotations

from pathlib import Path

_DATA = Path(__file__).parent / 'data'
_PACKAGE = 'package://mpnp_ros/'


def connectors(named: str = '') -> Path:
    """Return the directory of connectors that a parameter names.

    Empty: those of one camera and a lidar, trained for the default language model.
    """
    return path_of(named) if named else _DATA / 'connectors'


def demo_drive() -> Path:
    """Return the directory of the demo drive: a rosbag2 bag with its questions."""
    return _DATA / 'demo_drive'


def world_connectors() -> Path:
    """Return the directory of the connectors of the simulated world's sensors."""
    return _DATA / 'world_connectors'


def world_drive() -> Path:
    """Return the directory of a drive of the simulated world: a rosbag2 bag with its questions."""
    return _DATA / 'world_drive'


def path_of(text: str) -> Path:
    """Return the path that a parameter names; `package://mpnp_ros/...` is inside this package."""
    inside = text.removeprefix(_PACKAGE)
    return Path(text) if inside == text else Path(__file__).parent / inside


def configuration(name: str) -> Path:
    """Return a parameter file that comes with the package, e.g. 'demo.yaml'.

    Raises FileNotFoundError where this installation lacks it.
    """
    return _installed('config', name) / name


def message_definitions() -> Path:
    """Return the directory of the package's message definitions (*.msg)."""
    return _installed('msg', 'LatentTokens.msg')


def _installed(folder: str, file: str) -> Path:
    """Return the folder that has a file and that ROS installs to its share folder.

    It lies in the sources, in the share folder of an installed ROS package, or in the data of a
    package that pip installed.
    """
    here = Path(__file__)
    places = [here.resolve().parents[1] / folder, _DATA / folder,
              *(parent / 'share' / 'mpnp_ros' / folder for parent in here.parents)]
    found = next((place for place in places if (place / file).is_file()), None)
    if found is None:
        raise FileNotFoundError(f'no {folder}/{file} comes with this installation')
    return found
