# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where the data that comes with the package lies."""

from __future__ import annotations

from pathlib import Path

_DATA = Path(__file__).parent / 'data'


def connectors() -> Path:
    """Return the directory of the connectors trained for the default language model."""
    return _DATA / 'connectors'


def demo_drive() -> Path:
    """Return the directory of the demo drive: a rosbag2 bag with its questions."""
    return _DATA / 'demo_drive'


def configuration(name: str) -> Path:
    """Return a parameter file that comes with the package, e.g. 'demo.yaml'.

    It lies in the sources, in the share folder of an installed ROS package, or in the data of a
    package that pip installed. Raises FileNotFoundError where it is in none of them.
    """
    here = Path(__file__)
    folders = [here.resolve().parents[1] / 'config', _DATA / 'config',
               *(parent / 'share' / 'mpnp_ros' / 'config' for parent in here.parents)]
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        raise FileNotFoundError(f'no parameter file {name} comes with this installation')
    return found
