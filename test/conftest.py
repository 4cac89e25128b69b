# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What all tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path

import pytest

from mpnp_ros.core.weights import locate, WeightsMissing


# Their tests start processes and wait for them most of the time.
_WAITING = ('launch', 'faults', 'offboard')


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits most: at the end it would leave other workers without work."""
    items.sort(key=lambda item: Path(item.path).parent.name not in _WAITING)


@pytest.fixture
def need_weights() -> Callable[[str], None]:
    """Return a function that skips the test where pretrained weights are not in the cache."""
    def check(name: str) -> None:
        try:
            locate(name)
        except WeightsMissing as missing:
            pytest.skip(str(missing))
    return check


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """Return a function that gives a folder of real data, and skips the test where it is absent.

    Data sets do not come with the package: `$MPNP_SHARED_DATA` names the folder that holds them,
    otherwise `shared/data` beside the repository.
    """
    beside = Path(__file__).resolve().parents[2] / 'shared' / 'data'
    root = Path(os.environ.get('MPNP_SHARED_DATA') or beside)

    def folder(name: str) -> Path:
        if not (root / name).is_dir():
            pytest.skip(f'no data set {name!r} on this machine; MPNP_SHARED_DATA names its parent')
        return root / name
    return folder


@pytest.fixture(scope='session')
def domain() -> Iterator[int]:
    """Take a DDS domain that no other test run on this machine uses."""
    domain_coordinator = pytest.importorskip(
        'domain_coordinator', reason='ROS 2 is not on this machine')
    with domain_coordinator.domain_id() as domain_id:
        yield int(domain_id)
