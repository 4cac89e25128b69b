# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Conditions are told in words, follow from a seed, and refuse what cannot be."""

import math

import pytest

from mpnp_ros.world.conditions import Conditions

CAMERAS = ('front', 'back')


def test_conditions_are_told_in_words() -> None:
    told = Conditions('night', fog=0.4, dirty=('front',), dead=('camera back',)).names
    assert told == ('night', 'fog', 'dirty lens front', 'dead camera back')


def test_a_seed_gives_one_set_of_conditions() -> None:
    assert Conditions.from_seed(8, CAMERAS) == Conditions.from_seed(8, CAMERAS)


def test_every_condition_occurs() -> None:
    told = {name for seed in range(150)
            for name in Conditions.from_seed(seed, CAMERAS, ('lidar_top',)).names}
    assert told == {
        'day', 'dusk', 'night', 'fog', 'rain', 'dust', 'glare', 'dirty lens front',
        'dirty lens back', 'dead camera front', 'dead camera back', 'dead lidar_top'}


def test_the_sun_does_not_dazzle_at_night() -> None:
    drawn = [Conditions.from_seed(seed, CAMERAS) for seed in range(100)]
    assert not any(one.glare for one in drawn if one.light == 'night')


def test_denser_fog_hides_more() -> None:
    seen = [Conditions(fog=fog).visibility_m for fog in (0.0, 0.2, 0.6, 1.0)]
    assert seen[0] == math.inf and seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(('given', 'expected'), [
    ({'light': 'noon'}, "light 'noon': expected one of day, dusk, night"),
    ({'fog': 1.5}, 'fog 1.5: expected 0 to 1'), ({'dirt': math.nan}, 'dirt nan')])
def test_what_cannot_be_is_refused(given: dict, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Conditions(**given)
