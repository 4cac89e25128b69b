# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A dead sensor gives nothing and says so; a blind sector is empty."""

from __future__ import annotations

from box_world import around, seen, standing, wall_ahead, world
import numpy as np
import pytest

from mpnp_ros.world.sensing.fault import Fault
from mpnp_ros.world.sensing.lidar import sweep
from mpnp_ros.world.sensing.radar import scan
from mpnp_ros.world.sensing.recorder import SensingRecorder
from mpnp_ros.world.sensing.rig import Instant, SensingRig

DEAD = Fault(dead=True)


def test_a_dead_sensor_publishes_nothing_and_the_others_as_ever(rig: SensingRig) -> None:
    instant = Instant(1.0, standing, (), world({}), seed=3)
    for name in ('lidar_top', 'radar_front', 'imu', 'microphones'):
        broken = Instant(1.0, standing, (), world({}), seed=3, faults={name: DEAD})
        recorder = SensingRecorder(rig, 0)
        well, ill = ([topic for topic, _, _ in recorder.record(rig.observe(one))]
                     for one in (instant, broken))
        assert recorder.topic_of(name) in well
        assert ill == [topic for topic in well if topic != recorder.topic_of(name)]


def test_faults_have_words() -> None:
    assert DEAD.conditions('lidar_top') == ('dead lidar_top',)
    assert Fault(sectors_deg=((30.0, 90.0),)).conditions('lidar_top') == (
        'lidar_top blind from 30 to 90 degrees',)
    assert Fault().conditions('lidar_top') == ()


def test_a_dead_sensor_has_no_points(rig: SensingRig) -> None:
    taken = sweep(rig.lidars[0], world({}), np.eye(4), np.random.default_rng(0), fault=DEAD)
    assert len(taken.points) == len(taken.owners) == 0
    echoes = scan(rig.radars[0], around(()), standing(), (), np.random.default_rng(0),
                  fault=DEAD)
    assert len(echoes.echoes) == 0


@pytest.mark.parametrize(('sector', 'inside'), [((31.0, 89.0), 60.0), ((151.0, -151.0), 180.0)])
def test_a_blind_sector_is_empty_and_all_else_is_there(
    rig: SensingRig, sector: tuple[float, float], inside: float
) -> None:
    whole, blind = (
        sweep(rig.lidars[0], world({}), np.eye(4), np.random.default_rng(0), fault=fault).points
        for fault in (Fault(), Fault(sectors_deg=(sector,))))

    def within(points: np.ndarray) -> np.ndarray:
        azimuth = np.degrees(np.arctan2(points['y'], points['x']))
        return np.abs((azimuth - inside + 180.0) % 360.0 - 180.0) <= 29.0
    assert within(whole).sum() > 100
    assert within(blind).sum() == 0
    np.testing.assert_array_equal(whole[~within(whole)], blind)


def test_a_radar_can_be_blind_in_a_sector_too(rig: SensingRig) -> None:
    left = Fault(sectors_deg=((0.0, 90.0),))
    cast, things = world({-1: wall_ahead(15.0)}), (seen('car', 14.0, 5.0),)
    for seed in range(5):
        taken = scan(rig.radars[0], cast, standing(), things, np.random.default_rng(seed),
                     fault=left)
        # Azimuths carry noise: an echo from the seen side may be reported beyond the edge.
        assert (np.degrees(np.arctan2(taken.echoes['y'], taken.echoes['x'])) < 3.0).all()


def test_a_fault_of_a_sensor_that_is_not_there_is_refused(rig: SensingRig) -> None:
    instant = Instant(0.0, standing, (), world({}), seed=0, faults={'sonar': DEAD})
    with pytest.raises(ValueError, match='faults of sonar: the rig has imu, lidar_top'):
        rig.observe(instant)
