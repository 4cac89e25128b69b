# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the sensing tests share: sensors from the shipped files and a world made of boxes."""

from __future__ import annotations

from pathlib import Path
import sys

import pytest

pytest.importorskip('mpnp_ros.world.sensing.rig', reason='pydantic (extra "world") is missing')

# Modules of this folder: pytest's importlib mode leaves it off the path.
sys.path.insert(0, str(Path(__file__).parent))

from mpnp_ros import shipped  # noqa: E402
from mpnp_ros.world.sensing.rig import SensingRig  # noqa: E402
from mpnp_ros.world.sensing.sensor_file import read_sensor_file, rig_of  # noqa: E402


@pytest.fixture(scope='session')
def rig() -> SensingRig:
    """Return the sensors of the shipped files, the lidar with few columns."""
    sensors = [
        sensor for name in ('radar', 'imu', 'microphones')
        for sensor in read_sensor_file(shipped.configuration(f'sensors/{name}.yaml'))]
    lidar = read_sensor_file(shipped.configuration('sensors/lidar_32.yaml'), columns=90)
    return rig_of([*lidar, *sensors])
