# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The sensors whose encoders have a head that finds objects, and how their data is read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
import functools
from pathlib import Path
import tempfile

import numpy as np
from safetensors.torch import save_file
from torch import nn

from mpnp_ros.encoders.base import create, Encoder
from mpnp_ros.encoders.camera_objects import CameraObjects, HEAD_INPUTS
from mpnp_ros.encoders.lidar_objects import LidarObjects
from mpnp_ros.encoders.object_head import ObjectHead
from mpnp_ros.encoders.range_detector import RangeDetector
from mpnp_ros.suite.configuration import ModalityConfiguration
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.object_head.examples import Examples
from mpnp_ros.training.object_head.pictures import read_pictures
from mpnp_ros.training.object_head.sweeps import read_sweeps, turned

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """One sensor's examples, and the network that learns from them.

    :ivar read: reads what a folder of recordings has of some times of day.
    :ivar network: makes an untrained one of so many channels and convolutions.
    :ivar circular: whether the maps show a whole turn.
    :ivar views: what an example is called.
    :ivar turned: changes a batch at random, None where nothing may be changed.
    """

    read: Callable[[Path, Collection[str], Progress], Examples]
    network: Callable[[int, int], nn.Module]
    circular: bool
    views: str
    turned: Callable[[Examples, np.random.Generator], Examples] | None = None


def source_of(given: ModalityConfiguration) -> Source:
    """Return the source of a modality; TrainError where its encoder has no such network."""
    if given.parameters.encoder == CameraObjects.name:
        return Source(functools.partial(_pictures, given), _camera_head, False, 'pictures')
    if given.parameters.encoder == LidarObjects.name:
        return Source(functools.partial(_sweeps, given), RangeDetector, True, 'sweeps', turned)
    raise TrainError(f'the encoder {given.parameters.encoder!r} has no network that finds '
                     'objects')


def _camera_head(hidden: int, blocks: int) -> ObjectHead:
    return ObjectHead(HEAD_INPUTS, hidden, blocks)


def _pictures(given: ModalityConfiguration, folder: Path, times: Collection[str],
              progress: Progress) -> Examples:
    encoder = _with_any(given, 'head', _camera_head(64, 1))
    assert isinstance(encoder, CameraObjects)
    return read_pictures(folder, encoder, given, times, progress)


def _sweeps(given: ModalityConfiguration, folder: Path, times: Collection[str],
            progress: Progress) -> Examples:
    encoder = _with_any(given, 'weights', RangeDetector(64, 1))
    assert isinstance(encoder, LidarObjects)
    return read_sweeps(
        folder, encoder, given.topic(next(iter(given.views))), times, progress)


def _with_any(given: ModalityConfiguration, option: str, network: nn.Module) -> Encoder:
    """Return the encoder with weights that mean nothing: what is below them is all it is for."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / 'untrained.safetensors'
        save_file(network.state_dict(), path)
        return create(given.parameters.encoder, {**given.options, option: str(path)})
