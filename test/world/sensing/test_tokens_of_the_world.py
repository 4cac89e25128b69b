# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the simulated sensors give can be told apart by a linear look at the encoders' tokens."""

from __future__ import annotations

from collections.abc import Callable

from box_world import around, seen
import numpy as np
import pytest

from mpnp_ros.encoders.audio_statistics import SCALARS
from mpnp_ros.encoders.base import create, Encoded, View
from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.sensing.recorder import SensingRecorder
from mpnp_ros.world.sensing.rig import Instant, SensingRig
from mpnp_ros.world.sensing.sensor import Sensor
from mpnp_ros.world.truth import EgoMotion, Seen

CASES = 48


def encode(rig: SensingRig, instant: Instant, encoder: str) -> Encoded:
    """Return the tokens of all sensors of a rig that an encoder takes, as from a bag."""
    recorder, made = SensingRecorder(rig, 0), create(encoder)
    messages: dict[str, list[object]] = {}
    for topic, _, message in recorder.record(rig.observe(instant)):
        messages.setdefault(topic, []).append(message)

    def sample(sensor: Sensor) -> np.ndarray:
        given = messages[recorder.topic_of(sensor.name)]
        return made.decode(given if encoder == 'imu_window' else given[-1])
    return made.encode([sample(sensor) for sensor in rig.sensors],
                       [View(one.name, one.base_from_sensor) for one in rig.sensors])


def probe(make: Callable[[np.random.Generator, bool], np.ndarray]) -> float:
    """Return the accuracy of a ridge regression, fitted on two thirds of random cases."""
    random = np.random.default_rng(12)
    labels = np.arange(CASES) % 2 == 0
    rows = np.array([make(random, label) for label in labels])
    split = 2 * CASES // 3
    known = np.hstack([rows - rows[:split].mean(axis=0), np.ones((CASES, 1))])
    kernel = known[:split] @ known[:split].T + np.eye(split)
    weights = known[:split].T @ np.linalg.solve(kernel, np.where(labels[:split], 1.0, -1.0))
    return float(np.mean((known[split:] @ weights > 0.0) == labels[split:]))


def heard(rig: SensingRig, random: np.random.Generator, things: list[Seen]) -> np.ndarray:
    array = rig.microphones[0].model_copy(update={'window_s': 0.5})
    ego = EgoMotion(Pose(0.0, 0.0), speed=random.uniform(0.0, 14.0))
    instant = Instant(random.uniform(0.0, 60.0), lambda _: ego, tuple(things), around(()),
                      int(random.integers(1 << 30)))
    return encode(SensingRig(microphones=(array,)), instant, 'audio_directions')


def anywhere(random: np.random.Generator, nearest: float, furthest: float) -> tuple[float, float]:
    angle, distance = random.uniform(-np.pi, np.pi), random.uniform(nearest, furthest)
    return distance * np.cos(angle), distance * np.sin(angle)


def test_sirens_are_told_from_horns_at_any_place_beside_an_engine(rig: SensingRig) -> None:
    def make(random: np.random.Generator, siren: bool) -> np.ndarray:
        source = seen('truck', *anywhere(random, 10.0, 60.0), sound='siren' if siren else 'horn',
                      actor=int(random.integers(40)))
        engine = seen('car', *anywhere(random, 6.0, 30.0), sound='engine', actor=50)
        return heard(rig, random, [source, engine]).tokens.numpy().ravel()
    assert probe(make) >= 0.9


def test_a_siren_on_the_left_is_told_from_one_on_the_right(rig: SensingRig) -> None:
    def make(random: np.random.Generator, left: bool) -> np.ndarray:
        x, y = anywhere(random, 10.0, 60.0)
        y = abs(y) + 5.0 if left else -abs(y) - 5.0
        source = seen('truck', x, y, sound='siren', actor=int(random.integers(40)))
        return heard(rig, random, [source]).tokens.numpy().ravel()
    assert probe(make) >= 0.9


@pytest.mark.parametrize('azimuth_deg', [0.0, 90.0, 180.0, -135.0])
def test_the_token_towards_a_siren_fits_its_delays_best(
    rig: SensingRig, azimuth_deg: float
) -> None:
    way = np.cos(np.radians(azimuth_deg)), np.sin(np.radians(azimuth_deg))
    siren = seen('truck', 0.9 + 30.0 * way[0], 30.0 * way[1], sound='siren')
    encoded = heard(rig, np.random.default_rng(1), [siren])
    best = int(encoded.tokens[:, SCALARS.index('phase')].argmax())
    off = np.degrees(float(encoded.azimuth[best])) - azimuth_deg
    assert abs((off + 180.0) % 360.0 - 180.0) < 1.0


def test_oncoming_cars_are_told_from_parked_ones_by_a_radar(rig: SensingRig) -> None:
    radars = SensingRig(radars=rig.radars[:1])

    def make(random: np.random.Generator, oncoming: bool) -> np.ndarray:
        distance, side = random.uniform(8.0, 50.0), random.uniform(-4.0, 4.0)
        speed = -random.uniform(3.0, 12.0) if oncoming else 0.0
        car = seen('car', distance, side, velocity=(speed, 0.0))
        parked = [seen('car', *anywhere(random, 12.0, 50.0), actor=k) for k in (1, 2)]
        ego = EgoMotion(Pose(0.0, 0.0), speed=random.uniform(0.0, 10.0))
        things = (car, *parked)
        instant = Instant(1.0, lambda _: ego, things, around(things),
                          int(random.integers(1 << 30)))
        return encode(radars, instant, 'radar_sectors').tokens.numpy().ravel()
    assert probe(make) >= 0.85


def test_a_left_turn_is_told_from_a_right_turn_by_the_inertial_unit(rig: SensingRig) -> None:
    imus = SensingRig(imus=rig.imus)

    def make(random: np.random.Generator, left: bool) -> np.ndarray:
        turn = random.uniform(0.05, 0.4) * (1.0 if left else -1.0)
        ego = EgoMotion(Pose(0.0, 0.0), speed=8.0, acceleration=random.uniform(-3.0, 2.0),
                        yaw_rate=turn)
        instant = Instant(1.0, lambda _: ego, (), around(()),
                          int(random.integers(1 << 30)))
        return encode(imus, instant, 'imu_window').tokens.numpy().ravel()
    assert probe(make) >= 0.95
