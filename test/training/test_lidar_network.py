# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The lidar encoder's network: what it is taught, that it learns, and how its weights are used."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save_file
import torch

from mpnp_ros.encoders.base import create, View
from mpnp_ros.encoders.lidar_range_view import LidarRangeView
from mpnp_ros.encoders.range_network import RangeNetwork
from mpnp_ros.encoders.range_statistics import NAMES
from mpnp_ros.training.lidar_network.detector import Detector, train
from mpnp_ros.training.lidar_network.sweeps import Sweeps
from mpnp_ros.training.lidar_network.targets import CLASSES, sector_targets
from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.truth import Seen

SECTORS = 8
OPTIONS = {'beams': 8, 'columns': 128, 'sectors': SECTORS, 'bands': 2}
_FAR_M = 19.0  # within the bound of x and y
CAR = CLASSES.index('car')


def post(azimuth: float, reach: float) -> np.ndarray:
    """Return points [P, 4] of a wall 2 m wide that faces the vehicle, and far ones all around."""
    across, up = np.meshgrid(np.linspace(-1.0, 1.0, 41), np.linspace(0.3, 1.4, 12))
    x, y = np.full(across.size, reach), across.ravel()
    cos, sin = math.cos(azimuth), math.sin(azimuth)
    wall = np.stack([cos * x - sin * y, sin * x + cos * y, up.ravel(),
                     np.full(across.size, 50.0)], axis=1)
    around = (np.arange(128) + 0.5) * 2.0 * math.pi / 128  # one in each column
    far = np.stack([_FAR_M * np.cos(around), _FAR_M * np.sin(around), np.full(128, 1.0),
                    np.full(128, 50.0)], axis=1)
    return np.concatenate([wall, far]).astype(np.float32)


def seen(azimuth: float, reach: float) -> Seen:
    place = Pose(reach * math.cos(azimuth), reach * math.sin(azimuth), azimuth)
    return Seen(0, 'car', '', '', Box(place, (0.5, 2.2, 1.5)), hits=400)


def sweep(azimuth: float, reach: float) -> Sweeps:
    encoder = create('lidar_range_view', OPTIONS)
    assert isinstance(encoder, LidarRangeView)
    points = post(azimuth, reach)
    inputs, statistics = encoder.read(points, View('top'))
    presence, distance = sector_targets([seen(azimuth, reach)], points[:, :3], SECTORS)
    return Sweeps(
        inputs[None], statistics.unflatten(0, (SECTORS, 2))[None],
        torch.from_numpy(presence.astype(np.float32))[None], torch.from_numpy(distance)[None])


def test_a_box_is_in_the_sectors_that_returns_from_it_lie_in() -> None:
    points = post(math.pi / 2, 12.0)[:, :3]
    presence, distance = sector_targets([seen(math.pi / 2, 12.0)], points, SECTORS)
    assert np.argwhere(presence).tolist() == [[SECTORS // 4, CAR]]  # left
    assert distance[SECTORS // 4, CAR] == pytest.approx(12.0, abs=0.1)
    assert distance.sum() == distance[SECTORS // 4, CAR]


def test_turning_and_mirroring_a_sweep_is_turning_and_mirroring_what_is_there() -> None:
    for changed, expected in (
            (sweep(0.2, 9.0).turned(3), sweep(0.2 + 3 * 2 * math.pi / SECTORS, 9.0)),
            (sweep(1.4, 9.0).mirrored(), sweep(-1.4, 9.0))):
        assert torch.equal(changed.presence, expected.presence)
        # A point on the edge between two columns may fall to either.
        same = (changed.inputs - expected.inputs).abs().amax(dim=1) < 1e-3
        assert same.float().mean() > 0.9
        told = (changed.statistics - expected.statistics).abs() < 0.05
        assert told.float().mean() > 0.95


def test_training_lowers_the_loss() -> None:
    torch.manual_seed(0)
    drawn = [sweep(azimuth, reach) for azimuth in (0.0, 1.5, 3.0, 4.5) for reach in (6.0, 15.0)]
    sweeps = Sweeps(*(torch.cat([getattr(one, name) for one in drawn]) for name in (
        'inputs', 'statistics', 'presence', 'distance')))
    features = 128 - len(NAMES)
    network = RangeNetwork(features, SECTORS, 2, hidden=8, residuals=1)
    before = network.between[0].weight.detach().clone()
    losses = train(Detector(network, features, 2), sweeps, epochs=12, batch=4)
    assert losses[-1] < 0.6 * losses[0]
    assert not torch.equal(network.between[0].weight, before)


def test_the_encoder_takes_weights_of_a_deeper_network(tmp_path: Path) -> None:
    network = RangeNetwork(128 - len(NAMES), SECTORS, 2, hidden=8, residuals=2)
    path = tmp_path / 'deeper.safetensors'
    save_file(dict(network.state_dict()), path)
    encoder = create('lidar_range_view', {**OPTIONS, 'weights': str(path)})
    assert encoder.trained is True
    view = View('top')
    inputs, statistics = encoder.read(post(0.3, 9.0), view)
    expected = torch.cat([statistics, network(inputs[None])[0]], dim=1)
    tokens = encoder.encode([post(0.3, 9.0)], [view]).tokens
    torch.testing.assert_close(tokens, expected)
