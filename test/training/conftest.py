# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the training share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import shutil
import sys

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(_TESTS / 'evaluation'), str(_TESTS / 'core')]

import pytest  # noqa: E402
from tiny_suite import make_suite, TinySuite  # noqa: E402
import torch  # noqa: E402
from training_files import training  # noqa: E402


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Compute on one thread: other numbers of them may round differently."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Keep tiny matrices on one thread: waiting for others takes longer than the work."""
    with on_one_thread():
        yield


@pytest.fixture(scope='session')
def suite(tmp_path_factory: pytest.TempPathFactory) -> TinySuite:
    """Return a suite of a lidar and a tiny language model, with two drives to learn from."""
    made = make_suite(tmp_path_factory.mktemp('training'))
    for name in ('first', 'second'):
        made.drive(name, 6)
    return made


@pytest.fixture(scope='session')
def trained_once(suite: TinySuite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished training, for `finished` to copy."""
    folder = tmp_path_factory.mktemp('trained')
    with on_one_thread():     # fixtures of the session begin before those of a test
        training(suite, folder).run()
    return folder


@pytest.fixture
def finished(trained_once: Path, tmp_path: Path) -> Path:
    """Return the folder of a finished training."""
    return Path(shutil.copytree(trained_once, tmp_path / 'finished'))
