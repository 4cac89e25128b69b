# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What tests of the importers share: tiny data sets in the official layouts."""

from __future__ import annotations

from pathlib import Path
import sys

# Modules of this folder: pytest's importlib mode leaves it off the path.
sys.path.insert(0, str(Path(__file__).parent))

import pytest  # noqa: E402
from staged_directory import stage_directory  # noqa: E402
from staged_kitti import stage_object, stage_raw_drive  # noqa: E402
from staged_nuscenes import StagedNuscenes  # noqa: E402


@pytest.fixture
def nuscenes(tmp_path: Path) -> StagedNuscenes:
    """Return a nuScenes of two scenes with two keyframes and one sweep each."""
    return StagedNuscenes(tmp_path / 'nuscenes')


@pytest.fixture
def raw_drive(tmp_path: Path) -> Path:
    """Return the folder of a raw KITTI drive of three frames."""
    return stage_raw_drive(tmp_path / 'kitti')


@pytest.fixture
def object_split(tmp_path: Path) -> Path:
    """Return KITTI's object benchmark with three frames, two of one calibration."""
    return stage_object(tmp_path / 'kitti_object')


@pytest.fixture
def own_data(tmp_path: Path) -> Path:
    """Return a folder of own data with a dataset.yaml."""
    return stage_directory(tmp_path / 'own')
