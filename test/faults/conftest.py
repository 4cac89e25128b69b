# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One running suite for all tests of faults: what one of them breaks, it has to see mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import sys

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not on this machine')

sys.path.insert(1, str(Path(__file__).parent))   # beside this file, wherever it is loaded from

from running_suite import RunningSuite, save_suite  # noqa: E402, I100
from user import User  # noqa: E402


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.ros)
            item.add_marker(pytest.mark.processes)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope='module')
def suite(domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuite]:
    """Run encoder, manager and LLM node on a tiny model, each in a process of its own."""
    with RunningSuite(save_suite(tmp_path_factory.mktemp('suite')), domain) as running:
        yield running


@pytest.fixture(scope='module')
def user(suite: RunningSuite, domain: int) -> Iterator[User]:
    """Return somebody who asks, and a lidar of 20 Hz, once an answer has used it."""
    one = User(domain, lidar_hz=20.0)
    one.until(one.uses_lidar, 'a first answer that uses the lidar')
    yield one
    one.close()
