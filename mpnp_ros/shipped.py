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
