# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Reading takes the memory of some chunks, not of the bag."""

from __future__ import annotations

from pathlib import Path
import tracemalloc

from bags import cut, sent, write, write_mcap, write_ros1, write_split
import pytest

from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.problem import Problems

MESSAGES = sent(400, picture_bytes=80_000)
BAG_BYTES = sum(len(data) for _, _, data in MESSAGES)   # 16 MB


def whole_mcap(path: Path) -> Path:
    return write(path, MESSAGES)


def cut_mcap(path: Path) -> Path:
    file = write(path, MESSAGES)
    cut(file, -3000)
    return file


def unindexed_mcap(path: Path) -> Path:
    return write_mcap(path.with_suffix('.mcap'), MESSAGES)


def split_mcap(path: Path) -> Path:
    write_split(path, [MESSAGES[at:at + 100] for at in range(0, 400, 100)])
    return path


def whole_sqlite3(path: Path) -> Path:
    return write(path, MESSAGES, storage='sqlite3', compression='none')


def cut_sqlite3(path: Path) -> Path:
    file = write(path, MESSAGES, storage='sqlite3', compression='none')
    cut(file, -50_000)
    return file


def whole_ros1(path: Path) -> Path:
    return write_ros1(path.with_suffix('.bag'), MESSAGES)


def cut_ros1(path: Path) -> Path:
    file = write_ros1(path.with_suffix('.bag'), MESSAGES)
    cut(file, -3000)
    return file


@pytest.mark.parametrize('make', [
    whole_mcap, cut_mcap, unindexed_mcap, split_mcap, whole_sqlite3, cut_sqlite3, whole_ros1,
    cut_ros1])
def test_a_bag_is_read_in_constant_memory(make, tmp_path: Path) -> None:
    file = make(tmp_path / 'drive')
    with Bag(file, Problems()) as bag:   # what is imported and generated once is no matter
        bag.decode(next(bag.messages()))
    tracemalloc.start()
    try:
        with Bag(file, Problems()) as bag:
            count = sum(1 for message in bag.messages() if bag.decode(message))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count >= 398
    assert peak < BAG_BYTES / 3, f'{peak} bytes'
