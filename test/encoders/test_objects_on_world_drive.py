# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped networks find the vehicles of a drive that they were not trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
import pytest

from mpnp_ros import shipped
from mpnp_ros.core.transforms import TransformTree
from mpnp_ros.core.weights import WeightsMissing
from mpnp_ros.encoders.base import create, Encoded, Encoder
from mpnp_ros.encoders.kind_tokens import PLACES
from mpnp_ros.encoders.object_head import OBJECTS
from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.importing.drive import ANNOTATIONS_TOPIC
from mpnp_ros.suite.configuration import read_configuration
from mpnp_ros.suite.view_geometry import take_transforms, ViewGeometry
from mpnp_ros.training.object_head import picture
from mpnp_ros.world.asking.moment import gaps
from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.recording import TRANSFORMS_TOPIC
from mpnp_ros.world.scene import ego_box

BASE = 'base_link'
KINDS = ('bus', 'car', 'truck')
_NEAR_M, _SIXTH = 25.0, math.radians(36.0)   # a little more: cameras do not look in sixths
_SURE, _FAR = PLACES['sure'].start, PLACES['far'].start
# The first of the three streets, by day.
_DAY_S = 3.6

pytestmark = pytest.mark.weights
Vehicle = tuple[str, float, float]     # kind, azimuth of its middle, metres between outlines


class Drive:
    """The moments of the drive's first street: messages by topic, and the vehicles around."""

    def __init__(self) -> None:
        self.configuration = read_configuration(shipped.configuration('world.yaml'))
        self.tree = TransformTree()
        self.moments: dict[int, dict[str, Any]] = defaultdict(dict)
        with Bag(shipped.world_drive() / 'bag', Problems()) as bag:
            end = bag.start_ns + int(_DAY_S * 1e9)
            topics = [name for name in bag.topics
                      if name.startswith(('/camera', '/lidar')) or name == ANNOTATIONS_TOPIC]
            for message in bag.messages([TRANSFORMS_TOPIC, *topics]):
                if message.topic == TRANSFORMS_TOPIC:
                    take_transforms(self.tree, bag.decode(message))
                elif message.stamp_ns < end:
                    self.moments[message.stamp_ns][message.topic] = bag.decode(message)

    def vehicles(self, stamp_ns: int) -> Iterator[Vehicle]:
        for marker in self.moments[stamp_ns][ANNOTATIONS_TOPIC].markers:
            place, turn = marker.pose.position, marker.pose.orientation
            if marker.ns not in KINDS:
                continue
            box = Box(Pose(place.x, place.y, 2.0 * math.atan2(turn.z, turn.w)),
                      (marker.scale.x, marker.scale.y, marker.scale.z))
            metres = float(gaps(ego_box(Pose(0.0, 0.0)), [box])[0])
            if metres < _NEAR_M:
                yield marker.ns, math.atan2(place.y, place.x), metres

    def encoded(self, modality: str, encoder: Encoder, stamp_ns: int) -> Encoded:
        given = self.configuration.modalities[modality]
        samples, views = [], []
        for name, parameters in given.views.items():
            message = self.moments[stamp_ns].get(given.topic(name))
            if message is None:
                continue
            place = ViewGeometry(name, parameters, BASE, self.tree.lookup)
            place.frame_id = message.header.frame_id
            if encoder.uses_camera_info:
                place.take_info(self.moments[stamp_ns][given.info_topic(name)])
            samples.append(encoder.decode(message))
            views.append(place.view())
        return encoder.encode(samples, views)


@pytest.fixture(scope='module')
def drive() -> Drive:
    return Drive()


def encoder_of(drive: Drive, modality: str) -> Encoder:
    given = drive.configuration.modalities[modality]
    try:
        return create(given.parameters.encoder, given.options)
    except WeightsMissing as missing:
        pytest.skip(str(missing))


def tells(encoded: Encoded, kind: str, azimuth: float) -> tuple[float, float]:
    """Return how sure tokens are of a kind in the sixth of a direction, and the metres to it."""
    rows = [token for token, looks in zip(encoded.tokens.numpy(), encoded.azimuth.tolist())
            if token[OBJECTS.index(kind)] == 1.0
            and abs(math.remainder(looks - azimuth, 2.0 * math.pi)) <= _SIXTH]
    best = max(rows, key=lambda token: token[_SURE])
    sure = float(best[_SURE])
    return sure, math.expm1(float(best[_FAR]) / max(sure, 1e-3) * 4.4)


@pytest.mark.parametrize('modality', ['camera', 'lidar'])
def test_most_vehicles_nearby_are_told_in_their_direction(drive: Drive, modality: str) -> None:
    encoder = encoder_of(drive, modality)
    told, there, off = 0, 0, []
    for stamp_ns, messages in sorted(drive.moments.items()):
        if ANNOTATIONS_TOPIC not in messages:
            continue
        encoded = drive.encoded(modality, encoder, stamp_ns)
        nearest: dict[tuple[str, int], tuple[float, float]] = {}
        for kind, azimuth, metres in drive.vehicles(stamp_ns):
            place = kind, round(azimuth / math.radians(60.0)) % 6
            nearest[place] = min(nearest.get(place, (metres, azimuth)), (metres, azimuth))
        for (kind, _), (metres, azimuth) in nearest.items():
            there += 1
            sure, far = tells(encoded, kind, azimuth)
            if sure > 0.5:
                told += 1
                off.append(abs(far - metres))
    assert there > 10
    assert told > 0.5 * there, (told, there)
    assert float(np.median(off)) < 3.0


def test_what_the_camera_finds_is_drawn(tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / 'objects.jpg'
    monkeypatch.setattr('sys.argv', [
        'picture', str(shipped.world_drive() / 'bag'), '--at', '1.0', '--out', str(out)])
    try:
        assert picture.main() == 0
    except WeightsMissing as missing:
        pytest.skip(str(missing))
    drawn = np.asarray(Image.open(out), dtype=int)
    assert drawn.shape == (540, 1440, 3)
    # Labels are yellow on black, which the street is not.
    yellow = (drawn[..., 0] > 220) & (drawn[..., 1] > 220) & (drawn[..., 2] < 90)
    assert yellow[:270, :480].sum() > 50


def test_a_bag_without_the_suite_s_cameras_is_named(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr('sys.argv', [
        'picture', str(shipped.demo_drive() / 'bag'), '--at', '99', '--out', str(tmp_path / 'a')])
    try:
        assert picture.main() == 2
    except WeightsMissing as missing:
        pytest.skip(str(missing))
    assert "no picture of the suite's cameras from 99 s on" in capsys.readouterr().err
