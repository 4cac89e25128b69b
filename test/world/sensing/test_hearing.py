# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which sounds can be heard: by their distance, the ego's speed and each other."""

from __future__ import annotations

from box_world import seen
import pytest

from mpnp_ros.world.sensing.hearing import audible, level_db, noise_db, with_levels

PLACE = (0.9, 0.0, 1.7)


def test_a_level_falls_by_six_decibels_per_doubling_and_a_little_more() -> None:
    assert level_db(100.0, 1.0) == pytest.approx(100.0, abs=0.1)
    assert level_db(100.0, 10.0) == pytest.approx(80.0, abs=0.2)
    assert level_db(100.0, 200.0) < 54.0
    assert level_db(100.0, 0.1) == level_db(100.0, 1.0)


def test_only_what_sounds_has_a_level() -> None:
    siren, silent = with_levels(
        [seen('truck', 20.0, 5.0, sound='siren'), seen('car', 5.0, 0.0, actor=1)], PLACE)
    assert 80.0 < siren.level_db < 100.0
    assert silent.level_db == 0.0


def test_a_truck_is_louder_than_a_car() -> None:
    car, truck = with_levels([seen('car', 15.0, 0.0, sound='engine'),
                              seen('truck', 15.0, 0.0, sound='engine', actor=1)], PLACE)
    assert truck.level_db > car.level_db + 6.0


def test_an_engine_is_heard_nearby_and_not_far_away() -> None:
    near, far = with_levels([seen('car', 6.0, 0.0, sound='engine'),
                             seen('car', 90.0, 0.0, sound='engine', actor=1)], PLACE)
    assert audible([near], ego_speed=0.0) == {0}
    assert audible([far], ego_speed=0.0) == frozenset()


def test_driving_drowns_an_engine_but_no_siren() -> None:
    engine, siren = with_levels([seen('car', 10.0, 3.0, sound='engine'),
                                 seen('truck', 60.0, 0.0, sound='siren', actor=1)], PLACE)
    assert audible([engine], ego_speed=0.0) == {0}
    assert audible([engine], ego_speed=15.0) == frozenset()
    assert audible([siren], ego_speed=15.0) == {1}
    assert noise_db(15.0) > noise_db(5.0) > noise_db(0.0)


def test_a_siren_drowns_an_engine() -> None:
    both = with_levels([seen('car', 10.0, 3.0, sound='engine'),
                        seen('truck', 12.0, 0.0, sound='siren', actor=1)], PLACE)
    assert audible(both, ego_speed=0.0) == {1}
