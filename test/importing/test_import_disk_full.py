# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A disk that fills up during an import leaves no bag that looks finished."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import resource

from imports import left_behind, run
import pytest


@contextmanager
def small_disk(largest_file_bytes: int) -> Iterator[None]:
    """Let the system refuse files beyond a size, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize('options', [[], ['--keep-going', '--storage', 'sqlite3']])
def test_what_cannot_be_written_is_said_and_cleared_away(
    raw_drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    with small_disk(3000):
        code = run('kitti', raw_drive, tmp_path / 'out', '--questions', '0', *options)
    assert code == 1
    said = capsys.readouterr().err
    assert f'mpnp-import: {tmp_path / "out" / raw_drive.name}: cannot be written: ' in said
    assert left_behind(tmp_path / 'out') == []
