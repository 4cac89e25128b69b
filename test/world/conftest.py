# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What tests of the simulated world share; they skip where it cannot be simulated."""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
import sys

import pytest

pytest.importorskip('mpnp_ros.world.bag', reason='rosbags or mujoco (extra "world") is missing')

from mpnp_ros import shipped  # noqa: E402
from mpnp_ros.world.frame import Frame, take_frame  # noqa: E402
from mpnp_ros.world.geometry import Pose  # noqa: E402
from mpnp_ros.world.renderer import NoGraphics  # noqa: E402
from mpnp_ros.world.sensors import RIG  # noqa: E402
from mpnp_ros.world.simulator import Simulator  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))  # for `import staged`
import staged  # noqa: E402, I100, I202


@pytest.fixture(scope='session')
def graphics() -> None:
    """Skip the test where MuJoCo cannot draw off screen."""
    try:
        with Simulator(staged.scene(), RIG.cameras):
            pass
    except NoGraphics as error:
        pytest.skip(str(error))


@pytest.fixture(scope='module')
def street_frame(graphics: None) -> Iterator[Frame]:
    """Return what the sensors see of a red car, a pedestrian, a cone and a truck."""
    scene = staged.scene(
        staged.actor('car', 10.0, 0.0), staged.actor('pedestrian', 9.0, 3.0),
        staged.actor('traffic cone', 8.0, -2.5), staged.actor('truck', 16.0, 4.0, yaw=3.1),
        staged.actor('car', -8.0, 0.2, 'blue'))
    with Simulator(scene, RIG.cameras) as simulator:
        yield take_frame(simulator, RIG, Pose(0.0, 0.1, 0.02))


@pytest.fixture(scope='session')
def shipped_drive() -> Path:
    """Return the directory of the demo drive that comes with the package."""
    return shipped.demo_drive()


@pytest.fixture(scope='session')
def shipped_scores() -> dict:
    """Return the scores that came with the connectors."""
    return json.loads((shipped.connectors() / 'scores.json').read_text(encoding='utf-8'))
